"""Captions of pictured scenes: a few facts are chosen, worded, and fitted into one of many sentence shapes of a
voice."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ace_core.studio import picture_words as words
from ace_core.studio.language import (
    COLLOQUIAL,
    DESCRIPTIVE,
    RARE_VOICE,
    TERSE,
    UNCOUNTED,
    Fact,
    chance,
    counted,
    pick,
    plural,
)
from ace_core.studio.scenes import Scene, Thing

# Slots: {s} the subject (with its relation), {v} what it does, {t} phrases of place, hour, weather, season; {n} the
# same as bare nouns,
# {p} the first of the bare nouns, {is} is or are. A shape fits where all its slots have something to say.
SHAPES: dict[str, tuple[str, ...]] = (
    {TERSE: ("{s}, {n}", "{n}: {s}", "{n}, {s}", "{s} {t}", "{s} - {n}", "{p} with {s}", "{n} / {s}", "{s}; {n}",
    "{s} ({n})", "{s}", "{p} scene, {s}", "{n} and {s}", "{s} + {n}", "{t}: {s}"),
    DESCRIPTIVE: ("{s} {v} {t}", "{t}, {s} {v}", "there {is} {s} {t}", "{s} {t}", "an illustration of {s} {t}",
    "we see {s} {t}", "{t} there {is} {s}", "the picture shows {s} {t}", "a view of {s} {t}", "{s} {is} shown {t}",
    "a drawing in which {s} {v} {t}", "a peaceful view {t} with {s}", "here {is} {s}, seen {t}",
    "in this scene {s} {v} {t}", "a calm picture of {s} {t}", "depicted {t}: {s}", "{t} one finds {s}",
    "a quiet scene {t}: {s}", "{t} the eye falls on {s}"),
    COLLOQUIAL: ("just {s} {t}", "so there's {s} {t}", "{s} hanging out {t}", "look, {s} {t}", "got {s} here, {t}",
    "you've got {s} {t}, nice", "{s} just chilling {t}", "pic of {s} {t}", "{t} and there's {s}",
    "{s} {t}, pretty sweet", "basically {s} {t}", "it's {s} {t}", "ok so {s} {t}", "{s}, {t}, kind of dreamy",
    "aww, {s} {t}", "{s} doing their thing {t}", "{n} vibes with {s}", "love this: {s} {t}"),
    RARE_VOICE: ("that one where {s} {is} {t}", "looking for {s} {t}", "isn't there a picture with {s} {t}",
    "do you have the one with {s} {t}", "i remember {s}, i think it was {t}", "can you find {s} {t}",
    "what was that picture with {s} {t}", "the one with {s}, {t} i believe", "show me {s} {t}",
    "where's the picture that had {s} {t}", "i need a picture of {s} {t}", "wasn't there something with {s} {t}",
    "trying to find {s}, it was {t}", "anything with {s} {t}", "find me {s} {t} please", "there was one {t} with {s},"
    " where is it", "hoping to see {s} {t} again", "which one had {s} {t}")}
)  # fmt: skip
_BARE = {
    TERSE: ("{s}",),
    DESCRIPTIVE: ("an illustration of {s}", "the picture shows {s}", "we see {s}", "there {is} {s}", "{s} {v}"),
    COLLOQUIAL: ("just {s}", "look, {s}", "so there's {s}", "it's {s}, nothing else really", "basically {s}"),
    RARE_VOICE: ("looking for {s}", "the one with {s}", "that picture with {s}", "do you have {s}", "find me {s}"),
}
_JOINTS = ("with", "with", "and", "near", "along with")
_MANY = 0  # several, and not said how many

Description = tuple[str, int, str, str]  # kind, count, size and colour of a thing; '' where they are not told


@dataclass(frozen=True)
class Facts:
    """What one caption sets out to tell; `settings` are keys of the word lists, in the order they are told."""

    subject: Thing
    other: Thing | None
    relation: str  # of subject to other, '' for a mere companion
    settings: tuple[tuple[str, str], ...]  # ("place", "coast"), ("time", "dusk"), ...


def write_caption(scene: Scene, rng: np.random.Generator, voice: str) -> tuple[str, frozenset[Fact]]:
    """A caption in a voice, telling two to four facts."""
    return say(facts_of(scene, rng, int(rng.integers(2, 5))), rng, voice, detail=0.8)


def write_query(scene: Scene, rng: np.random.Generator) -> tuple[str, frozenset[Fact]]:
    """A request that tells three or four facts, the main thing's among them, in some detail."""
    return say(facts_of(scene, rng, int(rng.integers(3, 5)), main=True), rng, RARE_VOICE, detail=0.93)


def facts_of(scene: Scene, rng: np.random.Generator, count: int, main: bool = False) -> Facts:
    """`count` facts of a scene: a thing, perhaps another, and some of place, hour, weather and season."""
    subject, other, relation = scene.main, scene.partner, scene.relation
    if not main and other is not None and chance(rng, 0.12):
        subject, other, relation = other, None, ""
    elif other is not None and scene.relation in words.OPPOSITE and chance(rng, 0.22):
        subject, other, relation = other, scene.main, words.OPPOSITE[scene.relation]
    if other is not None and not chance(rng, 0.78 if main else 0.62):
        subject, other, relation = (scene.main if main else subject), None, ""
    if other is None and scene.extras and chance(rng, 0.3):
        other, relation = pick(rng, scene.extras), ""
    settings = _settings(scene)
    weights = {
        "place": 1.0,
        "time": 0.7,
        "weather": 0.75 if scene.weather not in ("clear", "cloudy") else 0.3,
        "season": 0.45,
    }
    left = count - 1 - (other is not None)
    chosen: list[tuple[str, str]] = []
    while settings and left > 0:
        told = pick(rng, settings, [weights[name] for name, _ in settings])
        settings.remove(told)
        chosen.append(told)
        left -= 1
    return Facts(subject, other, relation, tuple(chosen))


def _settings(scene: Scene) -> list[tuple[str, str]]:
    told = [("place", scene.place), ("time", scene.time)]
    if scene.place != "coral reef":
        told.append(("weather", scene.weather))
    if scene.season_shows and scene.place not in ("city", "harbour", "room", "night market"):
        told.append(("season", scene.season))
    return told


_WORDS = {
    "place": words.PLACE_WORDS,
    "time": words.TIME_WORDS,
    "weather": words.WEATHER_WORDS,
    "season": words.SEASON_WORDS,
}


def say(facts: Facts, rng: np.random.Generator, voice: str, detail: float) -> tuple[str, frozenset[Fact]]:
    """Words for facts, in one of the voice's shapes, and what these words tell."""
    phrases = [pick(rng, _WORDS[name][key][0]) for name, key in facts.settings]
    nouns = [pick(rng, _WORDS[name][key][1]) for name, key in facts.settings]
    shapes = SHAPES[voice] if phrases else _BARE[voice]
    many = facts.subject.count > 1
    verb = pick(rng, words.DOING[_doing(facts.subject)])[many]
    first, rest, things = _subject(facts, rng, voice, detail)
    shape = pick(rng, shapes)
    settings = facts.settings if "{t}" in shape or "{n}" in shape else facts.settings[: "{p}" in shape]
    if "{s} {v}" in shape:
        shape = shape.replace("{s} {v}", "{a} {v} {r}")
        rest = f"with {rest.removeprefix('and ')}" if rest.startswith("and ") else rest
    shape = shape.replace("{s}", "{a} {r}")
    if voice == COLLOQUIAL and facts.subject.count == 1:
        shape = shape.replace("their thing", "its thing")
    text = shape.format(
        a=first,
        r=rest,
        v=verb,
        t=" ".join(phrases),
        n=", ".join(nouns),
        p=nouns[0] if nouns else "",
        **{"is": "are" if many else "is"},
    )
    kinds: list[Fact] = [("kind", thing.kind) for thing in (facts.subject, facts.other) if thing is not None]
    return text, frozenset({things, *kinds, *settings})


def _subject(facts: Facts, rng: np.random.Generator, voice: str, detail: float) -> tuple[str, str, Fact]:
    """The subject's name, what it is with or how it stands to another thing ('' where alone), and what that tells."""
    first, one = name(facts.subject, rng, voice, detail)
    if facts.other is None:
        return first, "", ("thing", *one)
    second, other = name(facts.other, rng, voice, detail)
    if not facts.relation:
        return first, f"{pick(rng, _JOINTS)} {second}", ("with", *one, *other)
    relations = words.CHATTY_RELATIONS if voice == COLLOQUIAL else words.RELATION_WORDS
    return first, f"{pick(rng, relations[facts.relation])} {second}", (facts.relation, *one, *other)


def truths(scene: Scene) -> frozenset[Fact]:
    """Every fact that a sentence could tell of the scene and be right, each thing in more or less detail."""
    facts: set[Fact] = set(_settings(scene))
    facts |= {("kind", thing.kind) for thing in scene.things}
    facts |= {("thing", *one) for thing in scene.things for one in _descriptions(thing)}
    pairs = [("with", one, other) for one, other in itertools.permutations(scene.things, 2)]
    if scene.partner is not None and scene.relation:
        pairs.append((scene.relation, scene.main, scene.partner))
        if scene.relation in words.OPPOSITE:
            pairs.append((words.OPPOSITE[scene.relation], scene.partner, scene.main))
    for relation, one, other in pairs:
        both = itertools.product(_descriptions(one), _descriptions(other))
        facts |= {(relation, *first, *second) for first, second in both}
    return frozenset(facts)


def _descriptions(thing: Thing) -> list[Description]:
    """All that may be told of a thing."""
    counts = {thing.count, _MANY if thing.count > 3 else thing.count}
    return list(itertools.product([thing.kind], counts, {thing.size, ""}, {thing.colour, ""}))


def name(thing: Thing, rng: np.random.Generator, voice: str, detail: float) -> tuple[str, Description]:
    """A thing with some of its number, size and colour, 'two small red boats', and which of them are told."""
    noun = pick(rng, words.KIND_WORDS[thing.kind])
    head, joint, rest = _split(noun)
    size = ""
    if thing.size and chance(rng, detail * 0.8):
        size = pick(rng, (words.CHATTY_SIZES if voice == COLLOQUIAL else words.SIZE_WORDS)[thing.size])
    colour, after = "", ""
    colour_told = bool(thing.colour) and chance(rng, detail)
    if colour_told:
        hue = pick(rng, words.COLOUR_WORDS[thing.colour])
        if thing.kind in words.WEARERS:
            head, joint, rest = _split(noun.replace(" with a scarf", ""))
            after = pick(rng, words.WEARING[thing.kind]).format(hue)
        elif joint == "of":  # 'a clump of red tulips'
            rest = f"{hue} {rest}"
        else:
            colour = hue
    phrase = " ".join(part for part in (size, colour, head) if part)
    one = counted(rng, thing.count, phrase, voice, many=" ".join(part for part in (size, colour, plural(head)) if part))
    text = " ".join(part for part in (one, joint, rest, _plural_wear(after, thing)) if part)
    count = _MANY if one.startswith(UNCOUNTED) else thing.count
    return text, (thing.kind, count, thing.size if size else "", thing.colour if colour_told else "")


def _plural_wear(after: str, thing: Thing) -> str:
    """'in a red coat' -> 'in red coats' for several."""
    if thing.count == 1 or " a " not in f" {after} ":
        return after
    before, _, garment = after.partition("a ")
    return f"{before}{plural(garment)}"


def _split(noun: str) -> tuple[str, str, str]:
    """'vase of flowers' -> ('vase', 'of', 'flowers'); the first part takes number and colour."""
    parts: Sequence[str] = noun.split(" ")
    for joint in ("of", "with", "in", "turning"):
        if joint in parts:
            at = list(parts).index(joint)
            return " ".join(parts[:at]), joint, " ".join(parts[at + 1 :])
    return noun, "", ""


def _doing(thing: Thing) -> str:
    if thing.zone in ("water", "air", "swim", "rail"):
        return thing.zone
    for group, kinds in (("animal", words.ANIMALS), ("wheels", words.WHEELS), ("plant", words.PLANTS)):
        if thing.kind in kinds:
            return group
    return "other"
