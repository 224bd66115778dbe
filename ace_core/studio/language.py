"""Small tools to write captions with: voices, chance, numbers, articles, plurals, clean-up and a de-duplicated set.

A studio writes a caption with a function `write(rng, voice) -> (text, facts)` that tells part of a scene, and calls

    caption_set(rng, training_voices(rng, 6), write)                       # captions for indexing and training
    caption_set(rng, [RARE_VOICE] * 2, write, avoid=captions)              # queries kept for measuring

Voices: `terse` (keywords), `descriptive` (whole sentences), `colloquial` (everyday talk), and the rare `wondering`
(requests and half-remembered descriptions, as people type them into a search box).

A fact is a tuple of plain values, such as `("place", "coast")`. What a studio could truly tell of a scene is a set of
facts of the same form, so a scene bears what a caption tells where the caption's facts are among them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from ace_core.collection import Caption

T = TypeVar("T")
Fact = tuple[str | int, ...]
Writer = Callable[[np.random.Generator, str], tuple[str, Iterable[Fact]]]  # (rng, voice) -> text, what it tells

TERSE, DESCRIPTIVE, COLLOQUIAL = COMMON_VOICES = ("terse", "descriptive", "colloquial")
RARE_VOICE = "wondering"
RARE_SHARE = 0.04  # of training captions: rare, not absent
UNCOUNTED = ("a bunch of", "several", "quite a few")  # four or more

_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_IRREGULAR = {
    "sheep": "sheep",
    "deer": "deer",
    "fish": "fish",
    "goose": "geese",
    "mouse": "mice",
    "person": "people",
    "man": "men",
    "woman": "women",
    "child": "children",
    "foot": "feet",
    "leaf": "leaves",
    "wolf": "wolves",
    "loaf": "loaves",
    "cactus": "cacti",
    "piano": "pianos",
    "buffalo": "buffalo",
    "aircraft": "aircraft",
    "bus": "buses",
    "pony": "ponies",
}
_ASKS = re.compile(r"(is|isn|are|aren|was|wasn|do|does|don|didn|can|could|where|which|what|have|any)\b", re.IGNORECASE)
_AN = re.compile(r"^(?:[aeio]|u(?!ni|se|ti|kulele)|hour|honest)", re.IGNORECASE)


def pick(rng: np.random.Generator, options: Sequence[T], weights: Sequence[float] | None = None) -> T:
    """One of `options`; `weights` need not sum to 1."""
    if weights is None:
        return options[int(rng.integers(len(options)))]
    bounds = np.cumsum(np.asarray(weights, dtype=float))
    return options[min(int(np.searchsorted(bounds, rng.random() * bounds[-1], side="right")), len(options) - 1)]


def sample(rng: np.random.Generator, options: Sequence[T], count: int) -> list[T]:
    """Up to `count` different ones of `options`, in random order."""
    return [options[int(i)] for i in rng.permutation(len(options))[:count]]


def chance(rng: np.random.Generator, probability: float) -> bool:
    return bool(rng.random() < probability)


def say(rng: np.random.Generator, synonyms: Mapping[str, Sequence[str]], word: str) -> str:
    """`word` or one of its synonyms; a word without any speaks for itself."""
    return pick(rng, synonyms[word]) if word in synonyms else word


def article(phrase: str) -> str:
    """'old boat' -> 'an old boat'."""
    return f"{'an' if _AN.match(phrase) else 'a'} {phrase}"


def plural(noun: str) -> str:
    """Plural of a noun or a noun phrase that ends in its noun ('stone house' -> 'stone houses')."""
    head, _, last = noun.rpartition(" ")
    if last in _IRREGULAR:
        many = _IRREGULAR[last]
    elif re.search(r"(s|x|z|ch|sh)$", last):
        many = last + "es"
    elif re.search(r"[^aeiou]y$", last):
        many = last[:-1] + "ies"
    else:
        many = last + "s"
    return f"{head} {many}" if head else many


def number_word(count: int) -> str:
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else str(count)


def times_word(count: int) -> str:
    """1 -> 'once', 2 -> 'twice', 3 -> 'three times'."""
    return {1: "once", 2: "twice"}.get(count) or f"{number_word(count)} times"


def counted(rng: np.random.Generator, count: int, noun: str, voice: str = DESCRIPTIVE, many: str | None = None) -> str:
    """'a boat', 'three boats', 'a bunch of boats'; `noun` may carry adjectives, `many` is its plural if irregular."""
    if count == 1:
        return noun if voice == TERSE and chance(rng, 0.5) else article(noun)
    many = many or plural(noun)
    exact = number_word(count) if voice != TERSE or chance(rng, 0.7) else str(count)
    if voice in (TERSE, DESCRIPTIVE):
        return f"{exact} {many}"
    vague = {2: ["a couple of", "a pair of", "two"], 3: ["a few", "three", "like three"]}
    return f"{pick(rng, [exact, exact, *vague.get(count, UNCOUNTED)])} {many}"


def listed(parts: Sequence[str], last: str = "and") -> str:
    """['a', 'b', 'c'] -> 'a, b and c'."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def finish(rng: np.random.Generator, text: str, voice: str) -> str:
    """Tidy spacing and give the sentence the casing and punctuation of its voice."""
    text = re.sub(r"\s+", " ", text).strip(" ,;")
    text = re.sub(r"\s+([,.;:?!])", r"\1", text)
    text = re.sub(r",\s*([,.?!])", r"\1", text)
    text = re.sub(r"\b([Aa]) (?=[aeio]\w)(?!one\b|once\b)", r"\1n ", text)
    if voice == DESCRIPTIVE:
        return text[0].upper() + text[1:] + ("" if text[-1] in ".?!" else ".")
    if voice == TERSE:
        return text[0].upper() + text[1:] if chance(rng, 0.25) else text
    if chance(rng, 0.4):
        text = text[0].upper() + text[1:]
    question = bool(
        re.match(r"(is|isn|are|aren|was|wasn|do|does|don|didn|can|could|where|which|what|have|any)\b", text, re.I)
    )
    ending = "" if text[-1] in ".?!" else pick(rng, ["?", "?", ""] if question else ["", "", "."])
    return text + ending


def training_voices(rng: np.random.Generator, count: int = 6) -> list[str]:
    """The common voices in turn and shuffled, each giving way to the rare one with probability `RARE_SHARE`."""
    voices = [COMMON_VOICES[i % len(COMMON_VOICES)] for i in rng.permutation(count)]
    return [RARE_VOICE if chance(rng, RARE_SHARE) else voice for voice in voices]


def caption_key(text: str) -> str:
    """What two captions share when they differ in casing and punctuation only."""
    return " ".join(re.findall(r"\w+", text.lower()))


def unique(captions: Iterable[Caption], avoid: Iterable[Caption] = ()) -> list[Caption]:
    """Captions without repetitions, and without those of `avoid`; casing and punctuation do not tell two apart."""
    seen = {caption_key(caption.text) for caption in avoid}
    kept = []
    for caption in captions:
        key = caption_key(caption.text)
        if key not in seen:
            seen.add(key)
            kept.append(caption)
    return kept


def caption_set(
    rng: np.random.Generator,
    voices: Sequence[str],
    write: Writer,
    avoid: Iterable[Caption] = (),
    attempts: int = 50,
) -> list[Caption]:
    """One finished caption a voice, all different from each other and from `avoid`.

    Raises `ValueError` where `write` has too little to say to differ `attempts` times in a row.
    """
    return [caption for caption, _ in told_set(rng, voices, write, avoid, attempts)]


def told_set(
    rng: np.random.Generator,
    voices: Sequence[str],
    write: Writer,
    avoid: Iterable[Caption] = (),
    attempts: int = 50,
) -> list[tuple[Caption, frozenset[Fact]]]:
    """The captions of `caption_set`, each with the facts it tells."""
    known = list(avoid)
    told: list[tuple[Caption, frozenset[Fact]]] = []
    for voice in voices:
        for _ in range(attempts):
            text, facts = write(rng, voice)
            fresh = unique([Caption(finish(rng, text, voice), voice)], avoid=known)
            if fresh:
                known += fresh
                told.append((fresh[0], frozenset(facts)))
                break
        else:
            raise ValueError(f"No new caption in the voice {voice!r} after {attempts} attempts; told: {known}")
    return told
