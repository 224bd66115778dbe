"""Drawn pictures: the same everywhere, true to their captions, small, and rich in words."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
from PIL import Image

from ace_core.studio import picture_words as words
from ace_core.studio import pictures
from ace_core.studio.language import (
    COMMON_VOICES,
    RARE_SHARE,
    RARE_VOICE,
    article,
    caption_key,
    counted,
    finish,
    listed,
    number_word,
    plural,
)  # fmt: skip
from ace_core.studio.painter import (
    COLOURS,
    KINDS,
    PLACES,
    SEASONS,
    TIMES,
    WEATHERS,
    backdrop,
    compose,
    document,
    place,
    put,
    raster,
    sprite,
)  # fmt: skip
from ace_core.studio.painter.ink import box
from ace_core.studio.scenes import CAST, Scene

SEED = 3


@lru_cache(maxsize=1)
def many_scenes() -> list[Scene]:
    return [pictures.scene(SEED, i) for i in range(300)]


def _digest(index: int) -> str:
    return hashlib.sha256(pictures.render(pictures.scene(SEED, index))).hexdigest()


def test_the_same_picture_and_words_in_another_process() -> None:
    code = (
        "import hashlib; from ace_core.studio import pictures as p\n" "for i in (0, 5):\n    s = p.scene(3, i);"
        " print(hashlib.sha256(p.render(s)).hexdigest(), p.captions(s), p.queries(s))"
    )  # fmt: skip
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    here = "".join(
        f"{_digest(i)} {pictures.captions(s)} {pictures.queries(s)}\n"
        for i in (0, 5)
        for s in [pictures.scene(SEED, i)]
    )
    assert there == here
    assert _digest(0) != _digest(5)


def test_scenes_differ_by_seed_and_index_and_are_json() -> None:
    import json

    told = {json.dumps(s.attributes(), sort_keys=True) for s in many_scenes()}
    assert len(told) == len(many_scenes())
    assert pictures.scene(SEED, 1) == pictures.scene(SEED, 1) != pictures.scene(SEED + 1, 1)


def test_pictures_are_small_square_webp() -> None:
    sizes = []
    for scene in many_scenes()[:24]:
        encoded = pictures.render(scene)
        picture = Image.open(io.BytesIO(encoded))
        assert (picture.format, picture.size) == ("WEBP", (256, 256))
        assert np.asarray(picture.convert("L")).std() > 8
        sizes.append(len(encoded))
    assert 3_000 < np.mean(sizes) < 9_500


@pytest.mark.parametrize("name", PLACES)
def test_every_place_can_be_drawn_and_cast(name: str) -> None:
    seen = set()
    for i, time in enumerate(TIMES):
        scene = backdrop(name, time, WEATHERS[i % len(WEATHERS)], SEASONS[i % 4], seed=i)
        things = []
        for zone, kinds in CAST[name].items():
            box = scene.zones[zone]
            assert 0 <= box.x0 < box.x1 <= 256
            assert box.far <= box.near <= 256
            assert box.layer < len(scene.layers)
            things.append(put(scene, kinds[i % len(kinds)], zone, (box.x0 + box.x1) / 2, (box.far + box.near) / 2))
        pixels = raster(compose(scene, things), 64)
        assert pixels.shape == (64, 64, 3)
        seen.add(hashlib.sha256(pixels.tobytes()).hexdigest())
    assert len(seen) == len(TIMES)


def test_things_change_the_picture_and_time_moves_it() -> None:
    still = backdrop("coast", "noon", "clear", "summer", seed=1)
    empty = raster(compose(still), 96)
    boat = put(still, "sailboat", "water", 128, 170, colour="red")
    changed = np.abs(raster(compose(still, [boat]), 96).astype(int) - empty).sum(2) > 40
    _, xs = np.nonzero(changed)
    assert changed.sum() > 200
    assert abs(xs.mean() / 96 * 256 - 128) < 20
    assert (raster(compose(backdrop("coast", "noon", "clear", "summer", seed=1, t=0.7)), 96) != empty).any()
    assert (raster(compose(backdrop("coast", "noon", "clear", "summer", seed=1)), 96) == empty).all()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_stands_on_its_ground_in_its_colour(kind: str) -> None:
    known = KINDS[kind]
    colours = known.colours or ("",)
    ground, drawn = box(0, 0, 256, 256, "#ff00ff"), {}
    for colour in colours:
        svg = document([ground, place(sprite(kind, colour, 0.3), 128, 200, 256 * 0.55 / max(1.0, known.width))])
        drawn[colour] = raster(svg, 96)
    heights = np.nonzero((np.abs(drawn[colours[0]].astype(int) - (255, 0, 255)).sum(2) > 230).sum(1))[0] / 96 * 256
    assert known.on in ("air", "swim", "water") or heights.max() > 184, "it floats"
    assert known.on == "water" or heights.max() < 216, "it sinks"
    assert len({pixels.tobytes() for pixels in drawn.values()}) == len(colours), "a colour makes no difference"
    assert all(colour == "" or colour in COLOURS for colour in colours)
    assert kind in words.KIND_WORDS


def _word_table(lists: dict[str, tuple[str, ...]]) -> dict[str, set[str]]:
    table: dict[str, set[str]] = {}
    for key, told in lists.items():
        for word in told:
            table.setdefault(word, set()).add(key)
            table.setdefault(plural(word), set()).add(key)
    return table


def _finder(table: dict[str, set[str]]) -> Callable[[str], list[set[str]]]:
    """Reads the table's words in a text, the longest first, and gives their meanings."""
    told = "|".join(re.escape(word) for word in sorted(table, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w-])(?:{told})(?![\w-])")
    return lambda text: [table[word] for word in pattern.findall(text)]


def _phrases(lists: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    return {key: phrases for key, (phrases, _) in lists.items()}


def test_captions_tell_nothing_that_is_not_so() -> None:
    settings = {
        "place": words.PLACE_WORDS,
        "time": words.TIME_WORDS,
        "weather": words.WEATHER_WORDS,
        "season": words.SEASON_WORDS,
    }
    phrases = {name: _word_table(_phrases(lists)) for name, lists in settings.items()}
    find = {name: _finder(table) for name, table in phrases.items()}
    # What settings are called may have colours and things of its own ('red rock canyon'); it is read as a whole.
    told: dict[str, set[str]] = {
        word: set() for lists in settings.values() for pair in lists.values() for word in sum(pair, ())
    }
    plain = {
        kind: tuple(re.split(r" with | of (?=flowers)", noun)[0] for noun in nouns)
        for kind, nouns in words.KIND_WORDS.items()
    }
    colours = _finder(told | _word_table(words.COLOUR_WORDS))
    numbers = _finder(told | {number_word(i): {str(i)} for i in range(2, 6)})
    kinds = _finder(told | _word_table(plain))
    checked: Counter[str] = Counter()
    for scene in many_scenes():
        for caption in pictures.captions(scene) + pictures.queries(scene):
            text = caption.text.lower()
            for name, found in find.items():
                for meaning in found(text):
                    assert getattr(scene, name) in meaning, (caption, scene.attributes())
                    checked[name] += 1
            things = {
                "count": (numbers, {str(thing.count) for thing in scene.things}),
                "colour": (colours, {thing.colour for thing in scene.things}),
                "kind": (kinds, {thing.kind for thing in scene.things}),
            }
            for name, (found, true) in things.items():
                for meaning in filter(None, found(text)):
                    assert meaning & true, (name, caption, scene.attributes())
                    checked[name] += 1
            sizes = {thing.size for thing in scene.things}
            assert not re.search(r"\b(huge|sizeable|massive|giant)\b", text) or "big" in sizes
            assert not re.search(r"\b(teeny|wee|tiny)\b", text) or "small" in sizes
    assert set(checked) == {"place", "time", "weather", "season", "colour", "kind", "count"}
    assert min(checked.values()) > 150


def test_relations_are_as_drawn() -> None:
    checked: Counter[str] = Counter()
    for scene in many_scenes():
        if not scene.relation:
            continue
        first = [spot for spot in scene.spots if spot.thing == 0]
        second = [spot for spot in scene.spots if spot.thing == 1]
        x_a, x_b = (float(np.mean([spot.x for spot in spots])) for spots in (first, second))
        y_a, y_b = (float(np.mean([spot.y for spot in spots])) for spots in (first, second))
        checked[scene.relation] += 1
        match scene.relation:
            case "left of":
                assert x_a < x_b - 8
            case "right of":
                assert x_a > x_b + 8
            case "in front of":
                assert y_a > y_b
            case "behind":
                assert y_a < y_b
            case "above":
                assert y_a < y_b
            case "below":
                assert y_a > y_b
            case "between":
                assert min(s.x for s in second) < x_a < max(s.x for s in second)
            case "beside":
                assert abs(y_a - y_b) < 30
    assert len(checked) == 8


def test_things_are_on_the_canvas_and_main_ones_large_enough() -> None:
    for scene in many_scenes():
        assert all(-12 <= spot.x <= 268 and 0 < spot.y <= 252 for spot in scene.spots), scene
        assert all(sum(spot.thing == i for spot in scene.spots) == thing.count for i, thing in enumerate(scene.things))
        tallest = max(spot.height * max(1.0, KINDS[scene.main.kind].width) for spot in scene.spots if spot.thing == 0)
        assert tallest > 16, scene


def test_voices_and_queries() -> None:
    voices: Counter[str] = Counter()
    shapes: Counter[str] = Counter()
    for scene in many_scenes():
        told, asked = pictures.captions(scene), pictures.queries(scene)
        assert len(told) == 6
        assert len(asked) == 2
        assert {caption.voice for caption in asked} == {RARE_VOICE}
        keys = [caption_key(caption.text) for caption in told + asked]
        assert len(set(keys)) == 8, keys
        voices.update(caption.voice for caption in told)
        shapes.update(" ".join(caption.text.lower().split()[:2]) for caption in told)
    total = sum(voices.values())
    assert abs(voices[RARE_VOICE] / total - RARE_SHARE) < 0.02
    assert all(0.28 < voices[voice] / total < 0.37 for voice in COMMON_VOICES)
    assert shapes.most_common(1)[0][1] < total * 0.06
    vocabulary = {
        word
        for scene in many_scenes()
        for caption in pictures.captions(scene)
        for word in caption_key(caption.text).split()
    }
    assert len(vocabulary) > 500


def test_words_are_put_together_well() -> None:
    rng = np.random.default_rng(0)
    assert [article(w) for w in ("old boat", "umbrella", "unicorn", "horse", "ukulele")] == [
        "an old boat", "an umbrella", "a unicorn", "a horse", "a ukulele",
    ]  # fmt: skip
    assert [plural(w) for w in ("red bus", "sheep", "butterfly", "fox", "stone house")] == [
        "red buses", "sheep", "butterflies", "foxes", "stone houses",
    ]  # fmt: skip
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert counted(rng, 3, "red boat", "descriptive") == "three red boats"
    assert finish(rng, "there is a orange boat , at sea", "descriptive") == "There is an orange boat, at sea."
    assert finish(rng, "is there a  boat", "wondering").lower().rstrip("?") == "is there a boat"
