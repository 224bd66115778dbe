"""Drawn pictures: a scene by chance, its WebP of 256 x 256, and captions about it."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from ace_core.collection import Caption
from ace_core.studio.language import RARE_VOICE, Fact, caption_set, told_set, training_voices
from ace_core.studio.painter import backdrop, compose, put, raster
from ace_core.studio.picture_captions import truths, write_caption, write_query
from ace_core.studio.scenes import Scene, make_scene

__all__ = ["SUFFIX", "Scene", "captions", "draw", "queries", "render", "scene", "told", "truths"]

SUFFIX = ".webp"
SIZE = 256
QUALITY = 90
_PICTURES = 0  # this modality's place in every seed


def scene(seed: int, index: int) -> Scene:
    """The scene of one picture; the same for the same seed and index on any machine."""
    return make_scene(np.random.default_rng((seed, _PICTURES, index)), seed, index)


def draw(scene: Scene) -> str:
    """The picture as an SVG file."""
    place = backdrop(scene.place, scene.time, scene.weather, scene.season, scene.backdrop_seed)
    placed = []
    for spot in scene.spots:
        thing = scene.things[spot.thing]
        placed.append(
            put(
                place,
                thing.kind,
                thing.zone,
                spot.x,
                spot.y,
                colour=thing.colour,
                phase=spot.phase,
                flip=spot.flip,
                height=spot.height,
            )
        )
    return compose(place, placed)


def render(scene: Scene) -> bytes:
    """The picture as an encoded WebP."""
    encoded = io.BytesIO()
    Image.fromarray(raster(draw(scene), SIZE)).save(encoded, "WEBP", quality=QUALITY, method=4)
    return encoded.getvalue()


def captions(scene: Scene) -> list[Caption]:
    """Six captions for indexing and training, each telling a part of the scene."""
    rng = np.random.default_rng((scene.seed, _PICTURES, scene.index, 1))
    return caption_set(rng, training_voices(rng, 6), lambda chance, voice: write_caption(scene, chance, voice))


def queries(scene: Scene) -> list[Caption]:
    """Two captions in the rare voice, kept for measuring; none of them is among `captions`."""
    return [caption for caption, _ in told(scene)]


def told(scene: Scene) -> list[tuple[Caption, frozenset[Fact]]]:
    """The queries, each with the facts it tells."""
    rng = np.random.default_rng((scene.seed, _PICTURES, scene.index, 2))
    return told_set(rng, [RARE_VOICE] * 2, lambda chance, _: write_query(scene, chance), avoid=captions(scene))
