"""Published captioners with their real weights: `pytest -m hub` where a model hub can be reached (about 4 GB)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image, ImageDraw

from ace_core.captioners.cleaning import clean
from ace_core.captioners.describers import DESCRIBERS, Describer
from ace_core.captioners.texts import write_texts
from ace_core.encoders import ENCODERS, Media
from ace_core.errors import ConfigError
from ace_core.files import sha256_file
from tests.tiny import make_tiny_collection

pytestmark = [pytest.mark.hub, pytest.mark.timeout(3600)]

CAPTIONERS = [
    ("blip", "Salesforce/blip-image-captioning-base"),
    ("blip", "Salesforce/blip-image-captioning-large"),
    ("video", "microsoft/git-base-vatex"),
    ("video", "microsoft/git-base-coco"),
    ("audio", "MU-NLPC/whisper-tiny-audio-captioning"),
    ("audio", "MU-NLPC/whisper-small-audio-captioning"),
]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> list[Media]:
    collection = make_tiny_collection(tmp_path_factory.mktemp("hub") / "media")
    return [Media(collection.media_path(item), item.modality, item.id) for item in collection]


def loaded(name: str, *how: str, **needs: object) -> Describer:
    try:
        return DESCRIBERS[name].load(*how, **needs)
    except ConfigError as error:
        if "hub cannot be reached" in str(error):
            pytest.skip(str(error))
        raise


@pytest.mark.parametrize(("name", "model"), CAPTIONERS, ids=lambda value: value)
def test_captions_are_sentences_that_depend_on_seed_and_content(name: str, model: str, media: list[Media]) -> None:
    describer = loaded(name, model)
    files = [one for one in media if one.modality in describer.modalities][:3]
    whole = describer.describe(files, 4, seed=0)
    assert whole == describer.describe(files, 4, seed=0)
    assert whole != describer.describe(files, 4, seed=1)
    for texts in whole:
        assert 1 <= len(texts) <= 4
        assert texts == clean(texts)
        assert all(len(text.split()) > 1 for text in texts)


def test_blip_knows_colours(tmp_path: Path) -> None:
    describer = loaded("blip")
    for colour in ("red", "blue"):
        picture = Image.new("RGB", (384, 384), "white")
        ImageDraw.Draw(picture).ellipse((72, 72, 312, 312), fill=colour)
        picture.save(tmp_path / f"{colour}.png")
    red, blue = describer.describe(
        [Media(tmp_path / f"{colour}.png", "image") for colour in ("red", "blue")], 6, seed=0
    )
    assert any("red" in text for text in red)
    assert any("blue" in text for text in blue)
    assert not any("blue" in text for text in red)


def test_whisper_knows_a_beep_from_rain(tmp_path: Path) -> None:
    describer = loaded("audio")
    time, noise = np.arange(160_000) / 16_000, np.random.default_rng(0).standard_normal(160_000)
    for name, wave in (("beep", 0.3 * np.sin(2 * np.pi * 1000 * time)), ("rush", 0.1 * noise)):
        soundfile.write(tmp_path / f"{name}.wav", wave.astype(np.float32), 16_000)
    beep, rush = describer.describe([Media(tmp_path / f"{name}.wav", "audio") for name in ("beep", "rush")], 6, seed=0)
    assert beep != rush
    assert any(word in text for text in beep for word in ("beep", "tone", "high", "pitch", "buzz", "ring", "hum"))


@pytest.mark.parametrize("kind", ["open_clip", "clap"])
def test_tags(kind: str, media: list[Media]) -> None:
    try:
        encoder = ENCODERS[kind].load()
    except ConfigError as error:
        pytest.skip(str(error))
    describer = loaded("tags", encoder=encoder)
    files = [one for one in media if one.modality in describer.modalities][:4]
    assert all(describer.describe(files, 6, seed=0))


def test_all_together(media: list[Media], tmp_path: Path) -> None:
    few = [*media[:2], *media[30:32], *media[50:52]]
    describers = [loaded(name) for name in ("blip", "video", "audio")] + [loaded("names")]
    keys = [sha256_file(one.path) for one in few]
    texts = write_texts(describers, few, keys, tmp_path, count=3, progress=False)
    assert all(texts)
    assert texts == write_texts(describers, few, keys, tmp_path, count=3, progress=False)
