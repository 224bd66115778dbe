"""What a caption tells, as facts: true of its own scene, and borne by just those scenes of which one could say it.

The oracles ask the scenes themselves, thing by thing, and know nothing of how the sets of facts are made.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ace_core.collection import Collection
from ace_core.studio import clip_captions, clips, picture_captions, pictures, sound_captions, sounds
from ace_core.studio import picture_words as words
from ace_core.studio.language import COMMON_VOICES, RARE_VOICE, Fact
from ace_core.studio.sound_scene import Event

ASSETS = Path(__file__).resolve().parent.parent / "assets"
STUDIOS = {"image": pictures, "audio": sounds, "video": clips}
VOICES = (*COMMON_VOICES, RARE_VOICE)
MANY = 0  # of things: several, not counted


@cache
def some_scenes(studio: ModuleType, count: int = 120) -> list[Any]:
    return [studio.scene(1, index) for index in range(count)]


# As they were


@pytest.mark.parametrize("modality", STUDIOS)
def test_the_queries_are_those_of_the_shipped_collection(modality: str) -> None:
    collection, studio = Collection.load(ASSETS / "manifest.jsonl"), STUDIOS[modality]
    for position in collection.of(modality)[7::150]:  # type: ignore[arg-type]
        item = collection[position]
        scene = studio.scene(1, int(item.id.rpartition("-")[2]))
        assert tuple(caption for caption, _ in studio.told(scene)) == item.queries == tuple(studio.queries(scene))
        assert tuple(studio.captions(scene)) == item.captions


# True


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(list(STUDIOS.values())), st.integers(0, 99), st.integers(0, 999))
def test_what_queries_tell_is_true(studio: ModuleType, seed: int, index: int) -> None:
    scene = studio.scene(seed, index)
    for _, facts in studio.told(scene):
        assert facts
        assert facts <= studio.truths(scene)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 9), st.integers(0, 999), st.sampled_from(VOICES), st.integers(0, 2**31))
def test_what_any_caption_tells_is_true(seed: int, index: int, voice: str, chance: int) -> None:
    rng = np.random.default_rng(chance)
    picture, sound, clip = (studio.scene(seed, index) for studio in STUDIOS.values())
    count = int(rng.integers(2, 5))
    plan = picture_captions.facts_of(picture, rng, count)
    assert picture_captions.say(plan, rng, voice, detail=0.8)[1] <= pictures.truths(picture)
    assert set(sound_captions.tell(rng, sound, voice)[1]) <= sounds.truths(sound)
    assert clip_captions.write(clip, rng, voice, count)[1] <= clips.truths(clip)


def test_details_that_chance_adds_are_told_where_the_words_are_there() -> None:
    rng = np.random.default_rng(0)
    show = replace(clips.scene(1, 0), motion="still", event="fireworks", count=3, time="night", companion=None)
    for _ in range(60):
        text, facts = clip_captions.write(show, rng, RARE_VOICE, 2)
        assert ("three rockets burst" in text) == (("bursts", 3) in facts)
    chase = replace(clips.scene(1, 0), subject=clips.Thing("dog", "white"), companion=clips.Thing("cat", "black"),
                    motion="chase", direction="left to right", event=None)  # fmt: skip
    coloured = {
        things
        for _ in range(60)
        for things in clip_captions.write(chase, rng, RARE_VOICE, 3)[1]
        if things[0] == "things"
    }
    assert coloured == {("things", "dog", own, "cat", its) for own in ("white", "") for its in ("black", "")}
    boats = replace(pictures.scene(1, 0).main, kind="sailboat", count=5, size="big", colour="red")
    for _ in range(60):
        text, (kind, count, size, colour) = picture_captions.name(boats, rng, RARE_VOICE, 0.7)
        assert (kind, count) == ("sailboat", 5 if "five" in text else MANY)
        assert bool(colour) == any(hue in text for hue in words.COLOUR_WORDS["red"])
        assert bool(size) == any(big in text for big in words.SIZE_WORDS["big"])


# Borne by whom


def picture_bears(scene: Any, facts: frozenset[Fact]) -> bool:
    shown = {"place": scene.place, "time": scene.time}
    if scene.place != "coral reef":
        shown["weather"] = scene.weather
    if scene.season_shows and scene.place not in ("city", "harbour", "room", "night market"):
        shown["season"] = scene.season

    def is_it(thing: Any, told: tuple[Any, ...]) -> bool:
        kind, count, size, colour = told
        return (
            thing.kind == kind
            and (thing.count == count or (count == MANY and thing.count > 3))
            and size in ("", thing.size)
            and colour in ("", thing.colour)
        )

    for name, *told in facts:
        if name in ("place", "time", "weather", "season"):
            if shown.get(str(name)) != told[0]:
                return False
            continue
        if name == "kind":
            if all(thing.kind != told[0] for thing in scene.things):
                return False
            continue
        first, second = tuple(told[:4]), tuple(told[4:])
        stand = [(scene.main, scene.partner)] if scene.relation == name else []
        if words.OPPOSITE.get(scene.relation) == name:
            stand.append((scene.partner, scene.main))
        if name == "with":
            stand = list(itertools.permutations(scene.things, 2))
        alone = name == "thing" and any(is_it(thing, first) for thing in scene.things)
        if not alone and not any(second and is_it(one, first) and is_it(other, second) for one, other in stand):
            return False
    return True


def sound_bears(scene: Any, facts: frozenset[Fact]) -> bool:
    heard = {what.sound: what for what in (*scene.actors, *([scene.bed] if scene.bed else []))}
    for kind, sound, *rest in facts:
        if sound not in heard:
            return False
        what = heard[str(sound)]
        if kind in ("order", "overlap"):
            other = heard.get(str(rest[0]))
            if other is None or other.start < what.start or (other.start >= what.end - 0.05) != (kind == "order"):
                return False
        elif kind == "number":
            if (what.count == 1) != (rest[0] == "one"):
                return False
        elif kind != "sound" and str(getattr(what, str(kind), None)) != rest[0]:
            return False
    return True


def clip_bears(scene: Any, facts: frozenset[Fact]) -> bool:
    subject, other = scene.subject, scene.companion
    casts = [[subject, other] if other else [subject]] + ([[other, subject]] if scene.motion == "pass" else [])
    for name, *told in facts:
        if name == "things":
            wanted = list(zip(told[::2], told[1::2], strict=True))
            fits = [
                len(cast) == len(wanted)
                and all(
                    t.kind == kind and colour in ("", t.colour) for t, (kind, colour) in zip(cast, wanted, strict=True)
                )
                for cast in casts
            ]
            if not any(fits):
                return False
        elif name == "kind":
            if all(thing.kind != told[0] for thing in casts[0]):
                return False
        elif name == "way":
            if told[0] not in ((scene.count,) if scene.motion == "hop" else (scene.direction,)):
                return False
        elif name == "bursts":
            if scene.event != "fireworks" or scene.count != told[0]:
                return False
        elif getattr(scene, str(name)) != told[0] or (
            name != "motion" and not clip_captions.tellable(scene, str(name))
        ):
            return False
    return True


ORACLES: dict[ModuleType, Callable[[Any, frozenset[Fact]], bool]] = {
    pictures: picture_bears,
    sounds: sound_bears,
    clips: clip_bears,
}


@pytest.mark.parametrize("modality", STUDIOS)
def test_scenes_bear_what_looking_at_them_confirms(modality: str) -> None:
    """Every fact of some queries against every scene of a pool, alone and together."""
    studio = STUDIOS[modality]
    scenes, oracle = some_scenes(studio), ORACLES[STUDIOS[modality]]
    truths = [studio.truths(scene) for scene in scenes]
    borne = 0
    for asked in scenes[:40]:
        for _, facts in studio.told(asked):
            for part in (facts, *(frozenset({fact}) for fact in facts)):
                found = [part <= truth for truth in truths]
                assert found == [oracle(scene, part) for scene in scenes], part
                borne += sum(found)
    assert borne > 40 * 2 * 3  # more than the scene's own


@pytest.mark.parametrize("picture", [s for s in some_scenes(pictures) if s.main.colour][:6], ids=lambda s: s.index)
def test_another_colour_count_kind_or_relation_is_not_borne(picture: Any) -> None:
    main = picture.main
    own = ("thing", main.kind, main.count, main.size, main.colour)
    assert own in pictures.truths(picture)
    for name, value in (("colour", "another"), ("count", main.count + 1), ("kind", "another")):
        other = replace(picture, things=(replace(main, **{name: value}), *picture.things[1:]))
        assert own not in pictures.truths(other)
    stands = {fact for fact in pictures.truths(picture) if fact[0] in {picture.relation, "with"} - {""}}
    assert bool(stands) == (len(picture.things) > 1)
    assert not stands & pictures.truths(replace(picture, things=(main,), relation=""))


@pytest.mark.parametrize("clip", [s for s in some_scenes(clips) if s.subject.colour][:6], ids=lambda s: s.index)
def test_another_colour_motion_or_direction_is_not_borne(clip: Any) -> None:
    facts = clip_captions.write(clip, np.random.default_rng(0), RARE_VOICE, 99)[1]  # all that there is to tell
    assert facts <= clips.truths(clip)
    assert not facts <= clips.truths(replace(clip, subject=replace(clip.subject, colour="another")))
    assert not facts <= clips.truths(replace(clip, motion="another"))
    if clip.direction:
        assert not facts <= clips.truths(replace(clip, direction="another"))


def test_the_order_of_sounds_and_their_number_matter() -> None:
    scene = next(s for s in some_scenes(sounds) if len(s.actors) > 1 and all(isinstance(a, Event) for a in s.actors))
    first, second = scene.actors[:2]
    turned = (replace(second, start=first.start, end=first.start), replace(first, start=second.end, end=second.end))
    truths = sounds.truths(scene)
    kind = "order" if second.start >= first.end - 0.05 else "overlap"
    assert (kind, first.sound, second.sound) in truths
    assert (kind, first.sound, second.sound) not in sounds.truths(replace(scene, actors=turned))
    more = replace(scene, actors=(replace(first, onsets=(*first.onsets, 9.0)), *scene.actors[1:]))
    assert ("count", first.sound, str(first.count)) in truths - sounds.truths(more)


def test_of_two_that_pass_each_other_neither_comes_first() -> None:
    car, bus = clips.Thing("car", "red"), clips.Thing("bus", "blue")
    scene = replace(clips.scene(1, 0), motion="pass", subject=car, companion=bus)
    turned = replace(scene, subject=bus, companion=car)
    assert clips.truths(scene) == clips.truths(turned)
    assert clips.truths(replace(scene, motion="chase")) != clips.truths(replace(turned, motion="chase"))
