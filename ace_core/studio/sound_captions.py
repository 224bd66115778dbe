"""Sentences about soundscapes: each mentions some of what sounds, some of how, and in which order.

A caption is a frame of its voice around a core (what happens when), and cores are made of mentions of single sources as
finite clauses, participles or nouns: `{a:f}` "a dog barks twice", `{a:p}` "a dog barking twice", `{a:n}` "two woofs".
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

import numpy as np

from ace_core.collection import Caption
from ace_core.studio import sound_words as words
from ace_core.studio.language import (
    COLLOQUIAL,
    DESCRIPTIVE,
    RARE_VOICE,
    TERSE,
    Fact,
    article,
    caption_set,
    chance,
    counted,
    number_word,
    pick,
    plural,
    times_word,
    told_set,
    training_voices,
)
from ace_core.studio.sound_scene import Actor, Bed, Event, Scene
from ace_core.studio.synth.catalogue import SOURCES

Rng = np.random.Generator
_DETAILS = ("change", "count", "distance", "pace", "shape", "register", "mode")  # of beds, events and phrases

# What happens when. Keys: one event, two in turn, two at once, three in turn.
_CORES: dict[str, dict[str, tuple[str, ...]]] = {
    "f": {
        "a": ("{a:f}",),
        "ab": (
            "{a:f}, then {b:f}",
            "{a:f} and then {b:f}",
            "{a:f} before {b:f}",
            "first {a:f}, after that {b:f}",
            "{b:f} after {a:n}",
            "{a:f}; a moment later {b:f}",
            "{a:f}, followed by {b:n}",
            "after {a:n}, {b:f}",
            "{a:f} and afterwards {b:f}",
            "right after {a:n}, {b:f}",
        ),
        "ab&": (
            "{b:f} while {a:f}",
            "{a:f} as {b:f}",
            "{a:f} and meanwhile {b:f}",
            "{a:f} and at the same time {b:f}",
            "over {a:n}, {b:f}",
            "{b:f} in the middle of {a:n}",
        ),
        "abc": (
            "{a:f}, then {b:f}, and finally {c:f}",
            "first {a:f}, then {b:f}, and last of all {c:f}",
            "{a:f}, followed by {b:n} and then {c:n}",
            "{a:f} and {b:f} before {c:f}",
            "after {a:n} and {b:n}, {c:f}",
            "{a:f}, next {b:f}, and to end with {c:f}",
        ),
    },
    "p": {
        "a": ("{a:p}",),
        "ab": (
            "{a:p}, then {b:p}",
            "{a:p} and then {b:p}",
            "{a:p} before {b:n}",
            "{a:p}, followed by {b:n}",
            "{b:p} after {a:n}",
            "{a:p}, later {b:p}",
        ),
        "ab&": (
            "{b:p} while {a:f}",
            "{a:p} with {b:p} over it",
            "{a:p} and {b:p} at the same time",
            "{b:p} along with {a:n}",
        ),
        "abc": (
            "{a:p}, then {b:p}, then {c:p}",
            "{a:p}, followed by {b:n} and {c:n}",
            "{a:p}, then {b:p}, finally {c:p}",
        ),
    },
    "n": {
        "a": ("{a:n}",),
        "ab": (
            "{a:n}, then {b:n}",
            "{a:n} followed by {b:n}",
            "{a:n} before {b:n}",
            "{b:n} after {a:n}",
            "{a:n} and then {b:n}",
            "{a:n}, next {b:n}",
        ),
        "ab&": ("{b:n} during {a:n}", "{a:n} and {b:n} together", "{a:n} with {b:n}", "{b:n} over {a:n}"),
        "abc": ("{a:n}, {b:n}, {c:n} in this order", "{a:n}, then {b:n}, then {c:n}", "{a:n}, next {b:n}, last {c:n}"),
    },
}

# Frames of each voice around a core `{F}`, `{P}` or `{N}`, without and with the bed `{w}`.
_FRAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    TERSE: (
        ("{N}", "{P}", "{N}", "{P}", "{N}, short sound", "sound of {P}", "recording: {N}", "audio, {N}"),
        (
            "{N}, {w:n}",
            "{w:n}, {N}",
            "{P}, {w:n}",
            "{N} over {w:n}",
            "{w:p}, {P}",
            "{w:n} with {N}",
            "{P} against {w:n}",
            "{w:n}; {N}",
            "{N}, {w:n} behind",
            "{w:p}: {N}",
            "{w:n} and {P}",
            "background {w:n}, {N}",
        ),
    ),
    DESCRIPTIVE: (
        (
            "{F}",
            "{F}",
            "in this recording, {F}",
            "one hears {P}",
            "the recording holds {N}",
            "in a short sound, {F}",
            "the sound of {P}",
            "at some point {F}",
            "listen to {P}",
            "this is the sound of {N}",
            "among other things, {P}",
            "here {F}",
        ),
        (
            "{F} while {w:f}",
            "while {w:f}, {F}",
            "{w:f}, and {F}",
            "over {w:n}, {F}",
            "{F}, with {w:n} in the background",
            "against {w:n}, {F}",
            "as {w:f}, {F}",
            "{w:f} throughout; {F}",
            "one hears {P} over {w:n}",
            "a soundscape of {w:n}, in which {F}",
            "behind it all {w:f}: {F}",
            "{w:f}; in front of it {F}",
            "with {w:p} all along, {F}",
            "a recording of {P} amid {w:n}",
        ),
    ),
    COLLOQUIAL: (
        (
            "you can hear {P}",
            "so {F}",
            "it's got {P}",
            "there's {P}",
            "ok so {F}",
            "basically {N}",
            "sounds like {P}",
            "I hear {P}",
            "{F}, you know",
            "listen, {F}",
            "you get {N} in this one",
            "oh nice, {N}",
            "haha {F}",
        ),
        (
            "you can hear {P} with {w:n} going on",
            "{w:f} and {F}",
            "there's {w:n} and {P}",
            "so {w:f}, right, and {F}",
            "sounds like {P} with {w:n}",
            "it's {w:n}, plus {N}",
            "{F}, and all the time {w:f}",
            "I hear {w:n} and on top of that {P}",
            "{P} while {w:f}",
            "ok so {w:f} and {F}",
            "{w:n} in the back, and {F}",
            "you've got {w:n} and you've got {P}",
            "{P}, oh and {w:n}",
        ),
    ),
    RARE_VOICE: (
        (
            "that one where {F}",
            "looking for {P}",
            "isn't there a recording with {N}",
            "the sound in which {F}, which one was it",
            "do you have {P}",
            "I remember {P}",
            "where can I find {N}",
            "I need the one with {P}",
            "what was the one where {F}",
            "can you find me {N}",
            "is there anything with {P}",
            "trying to find {P}",
            "searching for a sound where {F}",
        ),
        (
            "that one where {F} while {w:f}",
            "looking for {P} with {w:n} behind",
            "isn't there a recording with {w:n} and {N}",
            "the sound in which {w:f} and {F}",
            "do you have {P} over {w:n}",
            "I remember {w:n}, and {P}",
            "where can I find {N} in {w:n}",
            "I need the one with {w:n} where {F}",
            "what was the one where {w:f} and {F}",
            "can you find me {N} plus {w:n}",
            "is there anything with {P} and {w:n}",
            "trying to find {w:n} in which {F}",
            "searching for a sound where {F}, with {w:n} around",
        ),
    ),
}


@dataclass
class _Telling:
    """One caption on its way: how it speaks, how much it likes to tell, and what it has told."""

    rng: Rng
    voice: str
    generosity: float
    facts: list[Fact] = field(default_factory=list)

    def shares(self, *fact: str) -> bool:
        """Whether to tell this detail too."""
        told = chance(self.rng, self.generosity)
        if told:
            self.facts.append(fact)
        return told


@dataclass
class _Mention:
    """An event, phrase or bed that formats itself as `f`inite clause, `p`articiple or `n`oun."""

    what: Actor | Bed
    telling: _Telling

    def __format__(self, form: str) -> str:
        self.telling.facts.append(("sound", self.what.sound))
        if isinstance(self.what, Bed):
            return _say_bed(self.what, form, self.telling)
        if isinstance(self.what, Event):
            return _say_event(self.what, form, self.telling)
        return _say_phrase(self.what, form, self.telling)


def _say_bed(bed: Bed, form: str, telling: _Telling) -> str:
    rng, known = telling.rng, words.BED_WORDS[bed.sound]
    changing = bool(bed.change) and telling.shares("change", bed.sound, bed.change)
    if form == "n":
        noun = pick(rng, known.nouns)
        if not changing:
            return noun
        if chance(rng, 0.5):
            return f"{noun} {pick(rng, words.CHANGE_PARTICIPLES[bed.change])}"
        return _with_adjectives(noun, [pick(rng, words.CHANGE_ADJECTIVES[bed.change])])
    subject, verb, participle = pick(rng, known.clauses)
    clause = f"{subject} {verb if form == 'f' else participle}"
    return f"{clause}, {pick(rng, words.CHANGE_PARTICIPLES[bed.change])}" if changing else clause


def _say_event(event: Event, form: str, telling: _Telling) -> str:
    rng, known = telling.rng, words.EVENT_WORDS[event.sound]
    countable = SOURCES[event.sound].kind == "hit"
    count = (
        countable and (event.count > 1 or chance(rng, 0.4)) and telling.shares("count", event.sound, str(event.count))
    )
    distance = bool(event.distance) and telling.shares("distance", event.sound, event.distance)
    pace = bool(event.pace) and telling.shares("pace", event.sound, event.pace)
    if form == "n":
        telling.facts.append(_number(event))
        adjectives = [pick(rng, words.DISTANCE_ADJECTIVES[event.distance])] if distance else []
        adjectives += [pick(rng, words.PACE_ADJECTIVES[event.pace])] if pace else []
        noun = " ".join([*adjectives, pick(rng, known.nouns)])
        if event.count == 1:
            return f"a single {noun}" if count else counted(rng, 1, noun, telling.voice)
        many = plural_phrase(noun)
        if not count:
            return pick(rng, [many, f"some {many}", f"repeated {many}"])
        return f"{number_word(event.count)} {many}"
    subject, verb, participle = pick(rng, known.clauses)
    parts = [subject, verb if form == "f" else participle]
    parts += [times_word(event.count)] if count else []
    parts += [pick(rng, words.PACE_WORDS[event.pace])] if pace else []
    parts += [pick(rng, words.DISTANCE_WORDS[event.distance])] if distance else []
    return " ".join(parts)


def _number(event: Event) -> Fact:
    """What a noun tells by being singular or plural."""
    return "number", event.sound, "one" if event.count == 1 else "several"


def _say_phrase(phrase: Actor, form: str, telling: _Telling) -> str:
    assert not isinstance(phrase, Event)
    rng = telling.rng
    instrument = pick(rng, words.INSTRUMENT_WORDS[phrase.sound])
    adjectives: list[str] = []
    for kind, value, known in (
        ("pace", phrase.pace, words.PHRASE_PACE_WORDS),
        ("register", phrase.register, words.REGISTER_WORDS),
        ("mode", phrase.mode, words.MODE_WORDS),
    ):
        if value and len(adjectives) < 2 and telling.shares(kind, phrase.sound, value):
            adjectives.append(pick(rng, known[value]))
    if not adjectives and not telling.shares("shape", phrase.sound, phrase.shape):
        figure = pick(rng, ["a few notes", "a short tune", "something", "a little phrase"])
    else:
        telling.facts.append(("shape", phrase.sound, phrase.shape))
        shape = pick(rng, words.SHAPE_WORDS[phrase.shape])
        if "{n}" in shape:
            telling.facts.append(("count", phrase.sound, str(phrase.count)))
        figure = shape.replace("{n}", number_word(phrase.count)).replace("*", " ".join(adjectives)).strip()
        figure = re.sub(r"^an? +(.*)", lambda match: article(match[1]), re.sub(r" +", " ", figure))
    sings = phrase.sound == "choir"
    if form == "n":
        return (
            pick(rng, [f"{figure} on {article(instrument)}", f"{article(instrument)} with {figure}"])
            if not sings
            else (f"{figure} sung by {article(instrument)}")
        )
    verb = ("sings" if sings else "plays") if form == "f" else ("singing" if sings else "playing")
    return f"{article(instrument)} {verb} {figure}"


def _with_adjectives(noun: str, adjectives: list[str]) -> str:
    """'a gale' + 'fading' -> 'a fading gale'; names without an article get none."""
    match = re.match(r"(an?|the) (.*)", noun)
    if not match:
        return " ".join([*adjectives, noun])
    rest = " ".join([*adjectives, match[2]])
    return f"the {rest}" if match[1] == "the" else article(rest)


def plural_phrase(noun: str) -> str:
    """'clap of thunder' -> 'claps of thunder'; the word before the preposition is the one to change."""
    head, rest = re.fullmatch(r"(.*?)((?: (?:of|on|in|with|being|and)\b.*)?)", noun).groups()  # type: ignore[union-attr]
    return plural(head) + rest


def _in_turn(before: Actor, after: Actor) -> bool:
    return after.start >= before.end - 0.05


def _chosen(rng: Rng, scene: Scene, thorough: bool) -> tuple[str, list[Actor]]:
    """Which events to tell of, and the key of the cores that fit them."""
    actors = list(scene.actors)
    most = min(len(actors), pick(rng, [1, 2, 3], [0.1, 0.45, 0.45] if thorough else [0.3, 0.55, 0.15]))
    first = int(rng.integers(len(actors) - most + 1))
    told = actors[first : first + most]
    if most == 3 and not (_in_turn(told[0], told[1]) and _in_turn(told[1], told[2])):
        told = told[:2] if chance(rng, 0.5) else told[1:]
    if len(told) == 2:
        return ("ab" if _in_turn(*told) else "ab&"), told
    return ("a" if len(told) == 1 else "abc"), told


def tell(rng: Rng, scene: Scene, voice: str, thorough: bool = False) -> tuple[str, list[Fact]]:
    """A sentence that tells part of the scene, and the facts in it; `thorough` ones tell more."""
    key, told = _chosen(rng, scene, thorough)
    telling = _Telling(rng, voice, 0.85 if thorough else 0.55)
    with_bed = scene.bed is not None and chance(rng, 0.8 if thorough else 0.6)
    frame = pick(rng, _FRAMES[voice][with_bed])
    form = re.search(r"\{([FPN])\}", frame)[1].lower()  # type: ignore[index]
    core = pick(rng, _CORES[form][key])
    mentions = {name: _Mention(actor, telling) for name, actor in zip("abc", told, strict=False)}
    if with_bed and scene.bed:
        mentions["w"] = _Mention(scene.bed, telling)
    text = re.sub(r"\{[FPN]\}", lambda _: core, frame).format(**mentions)
    telling.facts += [_timing(before, after) for before, after in itertools.pairwise(told)]
    return text, list(dict.fromkeys(telling.facts))


def _timing(before: Actor, after: Actor) -> Fact:
    return "order" if _in_turn(before, after) else "overlap", before.sound, after.sound


def truths(scene: Scene) -> frozenset[Fact]:
    """Every fact that a sentence could tell of the scene and be right."""
    facts = {_timing(before, after) for before, after in itertools.combinations(scene.actors, 2)}
    for what in (*scene.actors, *([scene.bed] if scene.bed else [])):
        facts.add(("sound", what.sound))
        facts |= {(kind, what.sound, str(value)) for kind in _DETAILS if (value := getattr(what, kind, ""))}
        if isinstance(what, Event):
            facts.add(_number(what))
    return frozenset(facts)


def _write(scene: Scene, thorough: bool, least: int, most: int, rng: Rng, voice: str) -> tuple[str, list[Fact]]:
    """A telling with so many facts, or the nearest to it of a few. What a noun's number tells is no fact of its own."""
    best: tuple[str, list[Fact]] = ("", [])
    gap = 99
    for _ in range(12):
        text, facts = tell(rng, scene, voice, thorough)
        count = sum(kind != "number" for kind, *_ in facts)
        off = max(least - count, count - most, 0) + (text.count("while ") > 1)
        if off < gap:
            best, gap = (text, facts), off
        if off == 0:
            break
    return best


def training_captions(scene: Scene) -> list[Caption]:
    rng = np.random.default_rng((scene.caption_seed, 0))
    return caption_set(rng, training_voices(rng, 6), lambda r, voice: _write(scene, False, 2, 5, r, voice))


def told_queries(scene: Scene) -> list[tuple[Caption, frozenset[Fact]]]:
    rng = np.random.default_rng((scene.caption_seed, 1))
    return told_set(
        rng, [RARE_VOICE] * 2, lambda r, voice: _write(scene, True, 4, 6, r, voice), avoid=training_captions(scene)
    )
