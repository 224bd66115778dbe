"""The clip studio: the same clip for the same seed, motion that can be measured, captions that are true."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ace_core.media import load_frames, probe
from ace_core.studio import clip_cast as cast
from ace_core.studio import clip_words as words
from ace_core.studio import clips
from ace_core.studio.clip_captions import gerund_of, third_person
from ace_core.studio.clip_stage import stage_film
from ace_core.studio.clips import Scene, Thing
from ace_core.studio.film import RATE, SIZE, encode, shoot
from ace_core.studio.language import RARE_VOICE, caption_key
from ace_core.studio.painter import COLOURS, KINDS
from ace_core.studio.painter.places import PLACES

PLAIN = Scene(
    7, 0, "meadow hills", "summer", "noon", "clear", Thing("horse", "black"), "cross", "steady", 2.0, "left to right"
)

# To see the bare stage of a scene: someone of no importance runs through it.
STAGE: dict[str, Any] = {
    "motion": "cross",
    "speed": "fast",
    "direction": "left to right",
    "seconds": 3.0,
    "companion": None,
    "count": 0,
}


@lru_cache(maxsize=64)
def frames(scene: Scene) -> np.ndarray:
    return shoot(stage_film(scene))


@lru_cache(maxsize=16)
def empty(scene: Scene) -> np.ndarray:
    """The same place with nothing in it (H, W, 3): whatever darts through a clip is gone in its median."""
    return np.median(frames(scene).astype(float), axis=0)


def mass(scene: Scene) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What moves, frame by frame: middle x, middle y (NaN where it is out of sight) and size, in pixels."""
    changed = np.abs(frames(scene) - empty(replace(scene, **STAGE))).sum(axis=-1) > 60
    size = changed.sum(axis=(1, 2))
    shown = np.where(size > 25, size, np.nan)
    x = (changed.sum(axis=1) * np.arange(SIZE)).sum(axis=1) / shown
    y = (changed.sum(axis=2) * np.arange(SIZE)).sum(axis=1) / shown
    return x, y, size


def examples(count: int, start: int = 0) -> Iterator[Scene]:
    return (clips.scene(1, index) for index in range(start, start + count))


# The same for the same seed


def test_a_scene_depends_on_seed_and_index_alone() -> None:
    assert [clips.scene(1, i) for i in range(40)] == [clips.scene(1, i) for i in reversed(range(40))][::-1]
    assert clips.scene(1, 5) != clips.scene(2, 5)
    assert len({json.dumps(scene.attributes(), sort_keys=True) for scene in examples(300)}) > 290


def test_bytes_and_captions_are_the_same_every_time() -> None:
    scene = replace(clips.scene(3, 4), seconds=2.0)
    assert clips.render(scene) == clips.render(scene)
    assert clips.captions(scene) == clips.captions(scene)
    assert clips.queries(scene) == clips.queries(scene)


def test_attributes_are_json_and_say_what_the_scene_says() -> None:
    for scene in examples(60):
        attributes = json.loads(json.dumps(scene.attributes()))
        assert attributes["subject"]["kind"] == scene.subject.kind
        assert attributes["motion"] == scene.motion
        assert set(attributes) >= {"place", "time", "weather", "season", "direction", "speed", "event", "companion"}


def test_variety() -> None:
    many = list(examples(600))
    assert len({scene.motion for scene in many}) >= 18
    assert len({scene.event for scene in many}) >= 16
    assert {scene.place for scene in many} == set(cast.SETTINGS)
    assert Counter(scene.motion for scene in many).most_common(1)[0][1] < 0.25 * len(many)


def test_tables_name_only_what_there_is() -> None:
    assert set(cast.SETTINGS) <= set(PLACES)
    assert set(words.PLACES) == set(cast.SETTINGS)
    assert set(words.EVENTS) == set(cast.EVENTS)
    assert set(words.COLOURS) == set(COLOURS)
    for setting in cast.SETTINGS.values():
        assert set(setting.movers) <= set(cast.GAIT_OF)
        assert set(setting.movers) | set(setting.sights) <= set(words.NOUNS)
    assert set(words.NOUNS) <= set(KINDS)
    for motions in cast.MOTIONS_OF.values():
        assert set(motions) <= set(words.MOTIONS)
    assert set(cast.GAIT_OF.values()) == set(cast.MOTIONS_OF) <= set(words.GAITS)


# The file


@pytest.mark.parametrize("index", [0, 2])
def test_a_clip_decodes_to_the_frames_that_were_drawn(tmp_path: Path, index: int) -> None:
    scene = clips.scene(1, index)
    file = tmp_path / f"clip{clips.SUFFIX}"
    file.write_bytes(clips.render(scene))
    info = probe(file, "video")
    assert (info.width, info.height, info.rate) == (SIZE, SIZE, RATE)
    assert info.frames == round(scene.seconds * RATE)
    assert load_frames(file, 5, size=96).shape == (5, 96, 96, 3)
    every = load_frames(file, info.frames)
    assert np.abs(every.astype(int) - frames(scene)).mean() < 6


def test_clips_are_small() -> None:
    sizes = [len(encode(frames(scene))) for scene in examples(12, start=40)]
    assert np.mean(sizes) < 20_000


def test_the_file_starts_with_its_index() -> None:
    content = encode(frames(PLAIN)[:4])
    assert 0 < content.find(b"moov") < content.find(b"mdat")


# What moves, measured on the pixels

MOVERS = [Thing("horse", "black"), Thing("tractor", "red"), Thing("rabbit", "brown")]


def seen(values: np.ndarray) -> np.ndarray:
    return values[~np.isnan(values)]


@pytest.mark.parametrize("thing", MOVERS, ids=lambda thing: thing.kind)
@pytest.mark.parametrize(("direction", "sign"), [("left to right", 1), ("right to left", -1)])
def test_things_go_the_way_they_are_said_to(thing: Thing, direction: str, sign: int) -> None:
    scene = replace(PLAIN, subject=thing, direction=direction)
    x = seen(mass(scene)[0])
    assert sign * (x[-1] - x[0]) > 0.6 * SIZE
    x, _, size = mass(replace(scene, motion="move", speed="slow", seconds=3.0))
    assert (size > 25).all()  # in sight from beginning to end
    assert 0.1 * SIZE < sign * (x[-1] - x[0]) < 0.6 * SIZE
    x, _, size = mass(replace(scene, motion="come"))
    assert sign * (seen(x)[0] - SIZE / 2) < -0.2 * SIZE
    assert abs(x[-1] - x[-5]) < 2  # stands still in the end
    x, _, size = mass(replace(scene, motion="leave"))
    assert abs(x[4] - x[0]) < 2
    assert sign * (seen(x)[-1] - x[0]) > 0.15 * SIZE
    assert size[-1] < 0.3 * size[0]
    x, _, size = mass(replace(scene, motion="return"))
    there = seen(x)
    turn = int(np.argmax(sign * there))
    assert 0.2 * len(there) < turn < 0.8 * len(there)
    assert abs(there[0] - there[-1]) < 0.2 * SIZE


def test_fast_is_faster_than_steady_is_faster_than_slow() -> None:
    def speed(**change: object) -> float:
        x = mass(replace(PLAIN, **change))[0]  # type: ignore[arg-type]
        return float(np.nanmedian(np.abs(np.diff(x))))

    slow, steady, fast = speed(motion="move", speed="slow", seconds=3.0), speed(), speed(speed="fast")
    assert 1.5 * slow < steady < fast / 1.5
    circle = replace(PLAIN, subject=Thing("bird", "black"), motion="circle", direction=None)
    turning = [float(np.nanmean(np.abs(np.diff(mass(replace(circle, speed=s))[0])))) for s in ("slow", "fast")]
    assert turning[1] > 1.5 * turning[0]


@pytest.mark.parametrize("thing", [Thing("horse", "black"), Thing("airplane", "red")], ids=lambda thing: thing.kind)
def test_what_comes_closer_grows_and_what_goes_away_shrinks(thing: Thing) -> None:
    for motion, sign in (("approach", 1), ("recede", -1)):
        size = mass(replace(PLAIN, subject=thing, motion=motion, direction=None))[2].astype(float)
        assert sign * np.corrcoef(size, np.arange(len(size)))[0, 1] > 0.8
        assert max(size[0], size[-1]) > 6 * max(1.0, min(size[0], size[-1]))


@pytest.mark.parametrize("speed", ["slow", "steady", "fast"])
def test_what_rises_goes_up_and_what_descends_goes_down(speed: str) -> None:
    for motion, sign in (("rise", -1), ("descend", 1)):
        balloon = replace(PLAIN, subject=Thing("hot-air balloon", "red"), motion=motion, direction=None, speed=speed)
        y = seen(mass(balloon)[1])
        assert sign * (y[-1] - y[0]) > 0.2 * SIZE


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_jumps_can_be_counted(count: int) -> None:
    _, y, _ = mass(
        replace(PLAIN, subject=Thing("dog", "black"), motion="hop", direction=None, count=count, seconds=3.0)
    )
    low, high = y.max(), y.min()
    up = y < (low + high) / 2
    assert (np.diff(up.astype(int)) == 1).sum() == count


def test_two_things_pass_overtake_and_chase() -> None:
    black, red = Thing("horse", "black"), Thing("tractor", "red")

    def places(motion: str, thing: Thing, other: Thing) -> np.ndarray:
        """Middle x of the red tractor in every frame."""
        scene = replace(PLAIN, subject=thing, companion=other, motion=motion, seconds=3.0, speed="steady")
        pixels = frames(scene).astype(int) - empty(replace(PLAIN, **STAGE))
        redder = (pixels[..., 0] - pixels[..., 1] > 60) & (pixels[..., 0] > -20)
        count = redder.sum(axis=(1, 2))
        return (redder.sum(axis=1) * np.arange(SIZE)).sum(axis=1) / np.where(count > 20, count, np.nan)

    left = replace(PLAIN)
    assert left.direction == "left to right"
    subject, companion = places("pass", red, black), places("pass", black, red)
    assert seen(subject)[-1] - seen(subject)[0] > 0.5 * SIZE
    assert seen(companion)[-1] - seen(companion)[0] < -0.5 * SIZE
    subject, companion = places("overtake", red, black), places("overtake", black, red)
    assert np.nanmedian(np.diff(subject)) > 2 * np.nanmedian(np.diff(companion)) > 0
    subject, companion = places("follow", red, black), places("follow", black, red)
    first = [int(np.flatnonzero(~np.isnan(x))[0]) for x in (subject, companion)]
    assert first[1] < first[0]  # the one in front is seen first


def test_the_camera_pans_and_zooms() -> None:
    scene = replace(PLAIN, subject=Thing("castle", "pink"), motion="pan", direction="right")
    for direction, sign in (("right", 1), ("left", -1)):
        shots = frames(replace(scene, direction=direction)).mean(axis=-1)
        middle = len(shots) // 2
        shifts = range(-20, 21)
        cost = [np.abs(np.roll(shots[middle], shift, axis=1) - shots[middle + 2])[:, 24:-24].mean() for shift in shifts]
        assert sign * shifts[int(np.argmin(cost))] < -3  # the view goes one way, the picture the other
    into, out = (frames(replace(scene, motion=motion, direction=None)) for motion in ("zoom in", "zoom out"))
    assert np.abs(into[0].astype(int) - out[-1]).mean() < 1
    assert np.abs(into[-1].astype(int) - out[0]).mean() < 1
    assert np.abs(into[0].astype(int) - into[-1]).mean() > 10


@pytest.mark.parametrize(
    ("event", "conditions", "sign"),
    [
        ("night falls", {"time": "noon"}, -1),
        ("day breaks", {"time": "night"}, 1),
        ("sun rises", {"time": "dawn"}, 1),
        ("sun sets", {"time": "golden hour"}, -1),
        ("lights go on", {"time": "night"}, 1),
        ("lights go out", {"time": "night"}, -1),
    ],
)
def test_it_grows_dark_or_light(event: str, conditions: dict[str, str], sign: int) -> None:
    scene = replace(PLAIN, subject=Thing("house", "red"), motion="still", direction=None, event=event, **conditions)  # type: ignore[arg-type]
    bright = frames(scene).astype(float).mean(axis=(1, 2, 3))
    assert sign * (bright[-1] - bright[0]) > (0.1 if "lights" in event else 15)
    assert (sign * np.diff(bright) > -1.5).all()


@pytest.mark.parametrize("kind", ["rain", "snow"])
def test_it_starts_and_stops(kind: str) -> None:
    def restless(shots: np.ndarray) -> float:
        return float(np.abs(np.diff(shots.astype(float), axis=0)).mean())

    base = replace(PLAIN, season="winter" if kind == "snow" else "summer", motion="still", direction=None, seconds=3.0)
    start = frames(replace(base, subject=Thing("house", "red"), event=f"{kind} starts"))
    stop = frames(replace(base, subject=Thing("house", "red"), weather=kind, event=f"{kind} stops"))
    assert restless(start[-6:]) > 5 * restless(start[:4])
    assert restless(stop[:6]) > 5 * restless(stop[-4:])


def test_fireworks_are_as_many_as_said() -> None:
    scene = replace(
        PLAIN, subject=Thing("house", "red"), motion="still", direction=None, time="night", event="fireworks"
    )
    sky = slice(0, 90)
    still = frames(replace(scene, event=None))[0, sky].astype(float)
    for count in (1, 3):
        lit = np.abs(frames(replace(scene, count=count, seconds=3.0))[:, sky] - still).sum(axis=(1, 2, 3))
        assert lit.max() > 3e4
        assert (lit > 1e4).sum() > 5 * count


# Captions


def test_every_scene_has_six_captions_and_two_queries() -> None:
    for scene in examples(150):
        told, asked = clips.captions(scene), clips.queries(scene)
        assert len(told) == 6
        assert len(asked) == 2
        assert {caption.voice for caption in asked} == {RARE_VOICE}
        keys = [caption_key(caption.text) for caption in (*told, *asked)]
        assert len(set(keys)) == len(keys)
        assert not re.search(r"[{}*]|  |an? an?|None", " ".join(caption.text for caption in (*told, *asked)))


def test_voices_and_vocabulary() -> None:
    told = [caption for scene in examples(400) for caption in clips.captions(scene)]
    voices = Counter(caption.voice for caption in told)
    assert 0.02 < voices[RARE_VOICE] / len(told) < 0.07
    assert min(voices[voice] for voice in ("terse", "descriptive", "colloquial")) > 0.25 * len(told)
    vocabulary = {word for caption in told for word in re.findall(r"[a-z]+", caption.text.lower())}
    assert len(vocabulary) > 400


def test_no_two_clips_are_asked_for_in_the_same_words() -> None:
    asked = Counter(caption_key(caption.text) for scene in examples(600) for caption in clips.queries(scene))
    told = {caption_key(caption.text) for scene in examples(600) for caption in clips.captions(scene)}
    assert sum(count for count in asked.values() if count > 1) <= 4
    assert len(set(asked) & told) <= 2


def mentions(text: str, options: Iterator[str] | tuple[str, ...] | list[str]) -> bool:
    return any(re.search(rf"\b{re.escape(option)}\b", text) for option in options)


def test_captions_tell_the_truth() -> None:
    """Whatever words are bound to one value of a fact are used only where the scene has that value."""
    for scene in examples(500):
        things = [scene.subject, *([scene.companion] if scene.companion else [])]
        event = cast.EVENTS[scene.event] if scene.event else None
        for caption in (*clips.captions(scene), *clips.queries(scene)):
            text = caption.text.lower()
            things_only = re.sub(
                "sky turns black|pink petals|white snow|white landscape|red cliffs|red rocks", "", text
            )
            things_only = things_only.replace("blue-green", "teal")
            if mentions(text, ["left to right", "to the right", "towards the right"]):
                assert scene.direction in ("left to right", "right") or scene.motion == "return", text
            if mentions(text, ["right to left", "to the left", "towards the left"]):
                assert scene.direction in ("right to left", "left") or scene.motion == "return", text
            if (
                mentions(text, ["slowly", "leisurely", "unhurriedly", "crawls", "snail's"])
                and "slowly " not in text[:8]
            ):
                assert scene.speed == "slow" or "little by little" in text, text
            if mentions(text, ["at full speed", "races", "racing", "hurtling", "quickly"]):
                assert scene.speed == "fast", text
            for number, word in enumerate(("once", "twice", "three times", "four times"), start=1):
                if mentions(text, [word]) and scene.motion == "hop" and "i once" not in text:
                    assert scene.count == number, text
            for colour, names in words.COLOURS.items():
                plain = [name for name in names if name not in ("golden", "dark", "pale")]
                if mentions(things_only, plain):
                    assert colour in {thing.colour for thing in things}, text
            for weather, (phrases, _) in words.WEATHERS.items():
                if mentions(text, phrases):
                    assert weather == scene.weather, text
            for hour, (phrases, _) in words.TIMES.items():
                if mentions(text, phrases):
                    assert hour == scene.time, text
            for place, (phrases, _) in words.PLACES.items():
                if mentions(text, phrases):
                    assert place == scene.place or scene.place in _alike(phrases), text
            for name, (clauses, _) in words.EVENTS.items():
                if mentions(text, clauses):
                    assert event is not None, text
                    assert name == event.name, text


def _alike(phrases: tuple[str, ...]) -> set[str]:
    """Places that share one of these phrases as a part of theirs."""
    return {
        place
        for place, (others, _) in words.PLACES.items()
        if any(mentions(other, phrases) or mentions(phrase, [other]) for other in others for phrase in phrases)
    }


def test_verbs() -> None:
    assert third_person("*come in and *stop") == "comes in and stops"
    assert third_person("*pass by, then *go and *hurry, *be gone") == "passes by, then goes and hurries, is gone"
    assert gerund_of("*come in and *stop") == "coming in and stopping"
    assert gerund_of("*be, *run, *dye, *see, *tie, *swim") == "being, running, dyeing, seeing, tying, swimming"
