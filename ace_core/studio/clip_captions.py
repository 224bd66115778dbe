"""Captions of clips: each tells part of what happens, mostly the motion, in one of several voices.

A caption chooses a few facts (what, its colour, how it moves, which way, how fast, where, when, the weather,
    what happens
meanwhile), puts each into words, and sets them into a sentence of its voice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ace_core.collection import Caption
from ace_core.studio import clip_words as words
from ace_core.studio.language import (
    COLLOQUIAL,
    DESCRIPTIVE,
    RARE_VOICE,
    TERSE,
    Fact,
    article,
    caption_set,
    chance,
    number_word,
    pick,
    sample,
    times_word,
    told_set,
    training_voices,
)

if TYPE_CHECKING:
    from ace_core.studio.clips import Scene, Thing

CAPTIONS, QUERIES = 6, 2
PLURAL_MOTIONS = ("pass",)  # both things do it: 'a car and a bus pass each other'
PAIR_MOTIONS = ("follow", "chase", "overtake")  # one does it to the other
CAMERA_MOTIONS = ("pan", "zoom in", "zoom out")
_PLAIN = ("speed", "place", "time", "weather", "season", "event")  # facts that are a value of the scene
DOUBLED = {
    "run", "stop", "swim", "hop", "skip", "trot", "zip", "spin", "get", "set", "flap", "dip", "plod", "step", "skim",
    "put", "sit",
    "cut", "begin", "jog", "chug", "bob", "scud", "drop", "swap",
}  # fmt: skip

# {S}: the thing, {V}: it moves, {G}: moving, {A}: where and when, one or both, {F}: the same in front with a comma.
SHAPES: dict[str, tuple[str, ...]] = {
    DESCRIPTIVE: (
        "{S} {V} {A}", "{F} {S} {V}", "We see {S} {G} {A}", "{S} can be seen {G} {A}", "The clip shows {S} {G} {A}",
        "There is {S} {G} {A}",
        "{F} there is {S} {G}", "{F} we watch {S} {G}", "This is a short film of {S} {G} {A}",
        "{S} is filmed {G} {A}",
        "The scene shows how {S} {V} {A}", "A short clip in which {S} {V} {A}", "{F} {S} can be seen {G}",
        "Here {S} {V} {A}",
        "We follow {S} {G} {A}", "In this clip {S} {V} {A}", "{S} appears {A}, {G}",
        "The film shows {S} as it {V} {A}",
    ),
    COLLOQUIAL: (
        "{S} just {V} {A}", "there's {S} {G} {A}", "look, {S} {G} {A}", "you can see {S} {G} {A}", "so {S} {V} {A}",
        "it's {S} {G} {A}",
        "this one's got {S} {G} {A}", "{S} kind of {V} {A}", "basically {S} {V} {A}", "{F} {S} {V}",
        "check out {S} {G} {A}",
        "nice one of {S} {G} {A}", "it's just {S} {G} {A}", "here you've got {S} {G} {A}", "oh look, {S} {G} {A}",
        "little video of {S} {G} {A}",
        "{F} there goes {S}, {G}", "{S} {V} {A}, pretty cool", "somebody filmed {S} {G} {A}",
        "all that happens: {S} {V} {A}",
    ),
    RARE_VOICE: (
        "I'm looking for the clip where {S} {V} {A}", "do you have one with {S} {G} {A}?",
        "what was that video where {S} {V} {A}?",
        "I remember {S} {G} {A}, can you find it?", "the one where {S} {V} {A}",
        "wasn't there something with {S} {G} {A}?",
        "can you find me {S} {G} {A}?", "show me {S} {G} {A}, please", "I'd like to see {S} {G} {A}",
        "is there anything where {S} {V} {A}?",
        "trying to find a clip, {S} {G} {A}, I think", "that bit where {S} {V} {A}, which one is it?",
        "any footage of {S} {G} {A}?",
        "I once saw {S} {G} {A}, where is that?", "something like {S} {G} {A}, maybe?",
        "need a video in which {S} {V} {A}",
        "which clip has {S} {G} {A}?", "I have in mind {S} {G} {A}",
    ),
}  # fmt: skip
# How the second thing that happens ({E}, a clause) is joined on.
JOINTS: dict[str, tuple[str, ...]] = {
    DESCRIPTIVE: ("{M} while {E}", "{M} as {E}", "{M}, and {E}", "As {E}, {m}", "{M}; meanwhile {E}",
        "{M} and at the same time {E}", "While {E}, {m}"),
    COLLOQUIAL: ("{M} and {E}", "{M} while {E}", "{M}, oh and {E}", "{E} while {m}", "{M}, and then {E}",
        "{M} just as {E}", "{E} and {m}"),
}  # fmt: skip
# A clip in which the change itself is what happens: {E} the clause, {N} the keyword, {X}: 'with a house' or nothing.
CHANGES: dict[str, tuple[str, ...]] = {
    DESCRIPTIVE: (
        "{F} {E} {X}", "{E} {A} {X}", "We watch as {E} {A} {X}", "The clip shows how {E} {A} {X}",
        "A short film {A} {X} in which {E}",
        "{F} we see how {E} {X}", "Slowly {E} {A} {X}", "The scene changes as {E} {A} {X}",
        "Little by little {E} {A} {X}", "A quiet view {A} {X}, and then {E}",
        "Nothing moves {A} {X} until {E}", "A view {A} {X} while {E}", "Then {E} {A} {X}",
    ),
    COLLOQUIAL: (
        "{E} {A} {X}", "so {E} {A} {X}", "you can watch how {E} {A} {X}", "it's all quiet {A} {X} and then {E}",
        "{F} {E} {X}", "look, {E} {A} {X}",
        "nothing much {A} {X}, then {E}", "here {E} {A} {X}", "it's just a view {A} {X} where {E}",
        "first nothing, then {E} {A} {X}", "and suddenly {E} {A} {X}",
        "pretty scene {A} {X} as {E}",
    ),
    RARE_VOICE: (
        "the one where {E} {A} {X}", "do you have a clip where {E} {A} {X}?",
        "I'm looking for the moment when {E} {A} {X}", "what was that video where {E} {A} {X}?",
        "is there one in which {E} {A} {X}?", "show me how {E} {A} {X}", "I remember a view {A} {X}, and then {E}",
        "can you find the clip where {E} {A} {X}?",
        "that bit when {E} {A} {X}", "I'd like to see how {E} {A} {X}", "something {A} {X} where {E}",
        "which one is it where {E} {A} {X}?",
    ),
}  # fmt: skip
TERSE_SHAPES = ("{b}, {p}", "{p}, {b}", "{b} - {p}", "{p}: {b}", "{b}; {p}", "{b} / {p}")


def captions(scene: Scene) -> list[Caption]:
    """Six captions for training, the rare voice about one in twenty-five."""
    rng = np.random.default_rng((scene.seed, 31, scene.index))
    return caption_set(
        rng, training_voices(rng, CAPTIONS), lambda r, voice: write(scene, r, voice, int(r.integers(2, 5)))
    )


def queries(scene: Scene) -> list[Caption]:
    """Two captions kept for measuring, in the rare voice, told with three or four facts."""
    return [caption for caption, _ in told_queries(scene)]


def told_queries(scene: Scene) -> list[tuple[Caption, frozenset[Fact]]]:
    """The queries, each with the facts it tells."""
    rng = np.random.default_rng((scene.seed, 32, scene.index))
    voices = [RARE_VOICE] * QUERIES
    known = captions(scene)
    return told_set(rng, voices, lambda r, voice: write(scene, r, voice, int(r.integers(3, 5))), avoid=known)


def write(scene: Scene, rng: np.random.Generator, voice: str, count: int) -> tuple[str, frozenset[Fact]]:
    """One caption before casing and punctuation, telling about `count` facts, and what it tells."""
    told = choose(scene, rng, count)
    text = _sentence(scene, rng, voice, told)
    return text, frozenset(_facts(scene, told))


def truths(scene: Scene) -> frozenset[Fact]:
    """Every fact that a sentence could tell of the scene and be right, each thing with its colour or without."""
    names = ("subject", "colour", "companion's colour", "way", *_PLAIN, "bursts")
    told = {name for name in names if tellable(scene, name)}
    readings = [scene]
    if scene.motion in PLURAL_MOTIONS and scene.companion is not None:  # neither comes first
        readings.append(replace(scene, subject=scene.companion, companion=scene.subject))
    return frozenset(
        fact
        for reading in readings
        for left_out in ((), ("colour",), ("companion's colour",), ("colour", "companion's colour"))
        for fact in _facts(reading, told.difference(left_out))
    )


def _facts(scene: Scene, told: AbstractSet[str]) -> set[Fact]:
    """The facts that go by these names. How it moves is always one: what names no motion is about a scene without."""
    facts: set[Fact] = {("motion", scene.motion), *((name, getattr(scene, name)) for name in _PLAIN if name in told)}
    if "subject" in told:
        things: Fact = (scene.subject.kind, scene.subject.colour if "colour" in told else "")
        if scene.companion is not None:
            things += (scene.companion.kind, scene.companion.colour if "companion's colour" in told else "")
        facts |= {("things", *things), *(("kind", kind) for kind in things[::2])}
    if "way" in told:
        facts.add(("way", scene.direction or scene.count))
    if "bursts" in told:
        facts.add(("bursts", scene.count))
    return facts


def _sentence(scene: Scene, rng: np.random.Generator, voice: str, told: set[str]) -> str:
    """Words for what is `told`; details that they give beside it are added to it."""
    change = scene.motion == "still"
    subject, verb, gerund = ("", "", "") if change else _motion(scene, rng, told, voice)
    where = pick(rng, words.PLACES[scene.place][0]) if "place" in told else ""
    settings = [_setting(scene, rng, fact, 0) for fact in ("time", "weather", "season") if fact in told]
    if voice == TERSE:
        return _terse(scene, rng, told, subject, gerund)
    adjuncts = [part for part in (where, *settings) if part]
    if chance(rng, 0.3):
        adjuncts.reverse()
    event = _event(scene, rng, told, 0) if "event" in told else ""
    if event and not change and (voice == RARE_VOICE or chance(rng, 0.35)):
        adjuncts.append(f"{pick(rng, ('while', 'as', 'just as', 'at the moment when'))} {event}")
        event = ""
    along = " ".join(adjuncts)
    slots = {"S": subject, "V": verb, "G": gerund, "A": along, "F": f"{along}," if along else "", "E": event}
    if change:
        with_what = _thing(rng, scene.subject, "colour" in told) if "subject" in told else ""
        slots["X"] = f"{pick(rng, ('with', 'by', 'near', 'around', 'beside'))} {with_what}" if with_what else ""
        return _fill(pick(rng, _usable(CHANGES[voice], bool(along))), slots)
    sentence = _fill(pick(rng, _usable(SHAPES[voice], bool(along))), slots)
    if not event:
        return sentence
    return _join(pick(rng, JOINTS[voice]), sentence, event, f"{subject} {verb} {along}".strip())


def choose(scene: Scene, rng: np.random.Generator, count: int) -> set[str]:
    """Which facts to tell: what moves and how nearly always, the rest by chance, `count` besides the noun itself."""
    if scene.motion == "still":
        told = {"event"}
        rest = {"place": 3.0, "subject": 3.0, "colour": 1.5, "time": 1.0, "season": 0.6, "weather": 0.8}
    else:
        told = {"subject", "motion"}
        rest = {
            "colour": 2.0,
            "way": 2.2,
            "speed": 1.6,
            "place": 2.2,
            "time": 1.3,
            "weather": 1.0,
            "season": 0.5,
            "event": 3.0,
        }
    possible = [fact for fact in rest if fact not in told and tellable(scene, fact)]
    weights = np.array([rest[fact] for fact in possible])
    chosen = rng.choice(len(possible), size=min(count - 1, len(possible)), replace=False, p=weights / weights.sum())
    told |= {possible[int(i)] for i in chosen}
    if scene.motion == "still" and "colour" in told:
        told.add("subject")
    return told


def tellable(scene: Scene, fact: str) -> bool:
    """Does the scene have this fact, and can it be seen?"""
    change = scene.event or ""
    return {
        "colour": bool(scene.subject.colour),
        "companion's colour": scene.companion is not None,
        "way": scene.direction is not None or scene.motion == "hop",
        "speed": scene.speed in ("slow", "fast"),
        "event": scene.event is not None,
        "bursts": scene.event == "fireworks",
        "time": scene.time is not None and change not in ("night falls", "day breaks", "sun rises", "sun sets"),
        "weather": scene.weather not in (None, "clear") and change not in words.CHANGES_WEATHER,
        "season": scene.season in ("autumn", "winter", "spring") and scene.place in words.SEASONAL,
    }.get(fact, True)


def third_person(phrase: str) -> str:
    """'*come in and *stop' -> 'comes in and stops'."""
    return re.sub(r"\*(\w+)", lambda found: _third(found[1]), phrase)


def gerund_of(phrase: str) -> str:
    """'*come in and *stop' -> 'coming in and stopping'."""
    return re.sub(r"\*(\w+)", lambda found: _gerund(found[1]), phrase)


def _third(verb: str) -> str:
    if verb == "be":
        return "is"
    if re.search(r"(s|x|z|ch|sh|o)$", verb):
        return verb + "es"
    return verb[:-1] + "ies" if re.search(r"[^aeiou]y$", verb) else verb + "s"


def _gerund(verb: str) -> str:
    if verb in DOUBLED:
        return verb + verb[-1] + "ing"
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    return verb[:-1] + "ing" if re.search(r"[^eoy]e$", verb) and verb != "be" else verb + "ing"


def _thing(rng: np.random.Generator, thing: Thing, colour: bool, bare: bool = False) -> str:
    noun = pick(rng, words.NOUNS.get(thing.kind, (thing.kind,)))
    if colour and thing.colour and thing.kind in words.DRESSED:
        worn = pick(rng, words.DRESSED[thing.kind]).replace("{colour}", pick(rng, words.COLOURS[thing.colour]))
        return f"{noun if bare else article(noun)} {worn}"
    if colour and thing.colour:
        noun = f"{pick(rng, words.COLOURS[thing.colour])} {noun}"
    return noun if bare else article(noun)


def _motion(scene: Scene, rng: np.random.Generator, told: set[str], voice: str) -> tuple[str, str, str]:
    """(subject, finite verb phrase, gerund phrase) of what moves."""
    bare = voice == TERSE and chance(rng, 0.6)
    subject = _thing(rng, scene.subject, "colour" in told, bare)
    it = ""
    if scene.companion is not None:
        if chance(rng, 0.5):
            told.add("companion's colour")
        it = _thing(rng, scene.companion, "companion's colour" in told, bare)
    if scene.motion in CAMERA_MOTIONS:
        it, subject = subject, ("" if bare else "the ") + pick(rng, words.CAMERA)
    elif scene.motion in PLURAL_MOTIONS:
        subject = f"{subject} and {it}" if chance(rng, 0.5) else f"{it} and {subject}"
    phrase = _verb_phrase(scene, rng, told).replace("{it}", it)
    finite = phrase.replace("*", "") if scene.motion in PLURAL_MOTIONS else third_person(phrase)
    return subject, finite, gerund_of(phrase)


def _verb_phrase(scene: Scene, rng: np.random.Generator, told: set[str]) -> str:
    """A starred verb phrase with its direction and speed where they are told; {it} is left open."""
    with_way, without = words.MOTIONS[scene.motion]
    template = pick(rng, with_way) if "way" in told and with_way else pick(rng, without)
    steady, slow, fast = words.GAITS[scene.gait]
    verbs, adverbs = (words.NEUTRAL if scene.speed == "fast" else steady), None
    if "speed" in told:
        adverbs = words.SLOWLY if scene.speed == "slow" else words.FAST
        if "{go}" in template and chance(rng, 0.6):
            verbs, adverbs = (slow if scene.speed == "slow" else fast), None
    heading = (scene.direction or "").split(" to ")
    slots = {
        "go": pick(rng, verbs),
        "way": pick(rng, words.DIRECTIONS[scene.direction]) if scene.direction in words.DIRECTIONS else "",
        "from": heading[0],
        "to": heading[-1],
        "times": times_word(scene.count),
        "it": "{it}",
    }
    phrase = re.sub(r"\{(\w+)\}", lambda found: slots[found[1]], template)
    return f"{phrase} {pick(rng, adverbs)}" if adverbs else phrase


def _setting(scene: Scene, rng: np.random.Generator, fact: str, form: int) -> str:
    """When, in what weather or season, as a phrase (form 0) or a keyword (form 1)."""
    if fact == "season":
        return pick(rng, words.SEASONS[scene.season][form])
    options = words.TIMES[scene.time][form] if fact == "time" else words.WEATHERS[scene.weather][form]
    dark = scene.time in ("night", "dusk", "dawn")
    return pick(rng, [option for option in options if not (dark and fact == "weather" and "day" in option)])


def _event(scene: Scene, rng: np.random.Generator, told: set[str], form: int) -> str:
    """What changes, as a clause (form 0) or a keyword (form 1)."""
    assert scene.event is not None
    options = list(words.EVENTS[scene.event][form])
    if scene.subject.kind not in words.WINDOWED:
        options = [option for option in options if "window" not in option]
    bursts = f"{number_word(scene.count)} {'rocket bursts' if scene.count == 1 else 'rockets burst'} in the sky"
    if scene.event == "fireworks" and form == 0:
        options += [bursts] * 3
    chosen = pick(rng, options)
    if chosen == bursts:
        told.add("bursts")
    return chosen


def _terse(scene: Scene, rng: np.random.Generator, told: set[str], subject: str, gerund: str) -> str:
    parts = [_setting(scene, rng, fact, 1) for fact in ("time", "weather", "season") if fact in told]
    if "place" in told:
        parts.append(pick(rng, words.PLACES[scene.place][1]))
    event = _event(scene, rng, told, 1) if "event" in told else ""
    if scene.motion == "still":
        core = event
        if "subject" in told:
            parts.append(_thing(rng, scene.subject, "colour" in told, bare=True))
    else:
        core = (
            f"{subject} {gerund}"
            if chance(rng, 0.75)
            else f"{gerund} {subject}"
            if _short(gerund)
            else f"{subject}, {gerund}"
        )
        parts += [event] if event else []
    core = re.sub(r"\b(the|its) ", "", core) if chance(rng, 0.3) else core
    if not parts:
        return core
    rest = pick(rng, (", ", ", ", " + ", " - ")).join(sample(rng, parts, len(parts)))
    return _fill(pick(rng, TERSE_SHAPES), {"b": core, "p": rest})


def _short(gerund: str) -> bool:
    return " " not in gerund


def _usable(shapes: Sequence[str], adjuncts: bool) -> list[str]:
    """Without adjuncts, only shapes that do not lean on them."""
    return [
        shape
        for shape in shapes
        if adjuncts or not re.search(r"\{F\}|view \{A\}|quiet \{A\}|much \{A\}|something \{A\}|appears \{A\}", shape)
    ]


def _fill(shape: str, slots: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: slots[found[1]], shape)


def _join(joint: str, sentence: str, event: str, clause: str) -> str:
    """Tell two things in one sentence; what comes second or after a comma is the plain clause."""
    return _fill(joint, {"M": sentence, "m": clause, "E": event})
