"""Published encoders with their real weights: `pytest -m hub` where a model hub can be reached (about 4 GB)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image, ImageDraw

from ace_core.encoders import ENCODERS, Media, clap, open_clip_model
from ace_core.encoders.field import FieldEncoder
from ace_core.errors import ConfigError
from tests.field_checks import check_bad_files, check_batch_is_one_by_one, check_contract, check_loaded_again
from tests.tiny import make_tiny_collection

pytestmark = [pytest.mark.hub, pytest.mark.timeout(3600)]

CLIPS = [open_clip_model.SMALL, open_clip_model.LARGE, ("hf-hub:timm/MobileCLIP2-S0-OpenCLIP", None)]
CLAPS = [clap.LAION, (clap.TRANSFORMERS, None)]
RATE = 48_000  # Hz


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Media]]:
    collection = make_tiny_collection(tmp_path_factory.mktemp("hub") / "media")
    found: dict[str, list[Media]] = {"image": [], "audio": [], "video": []}
    for item in collection:
        found[item.modality].append(Media(collection.media_path(item), item.modality, item.id))
    return found


@pytest.fixture(scope="module", params=CLIPS, ids=lambda pair: pair[0])
def seeing(request: pytest.FixtureRequest) -> FieldEncoder:
    return loaded("open_clip", *request.param)


@pytest.fixture(scope="module", params=CLAPS, ids=lambda pair: pair[0])
def hearing(request: pytest.FixtureRequest) -> FieldEncoder:
    return loaded("clap", *request.param)


def loaded(kind: str, *how: Any) -> FieldEncoder:
    try:
        return ENCODERS[kind].load(*how)
    except ConfigError as error:
        if "hub that can be reached" in str(error):
            pytest.skip(str(error))
        raise


def test_open_clip(seeing: FieldEncoder, media: dict[str, list[Media]], tmp_path: Path) -> None:
    mixed = [*media["image"][:3], *media["video"][:2]]
    check_contract(seeing, mixed)
    check_batch_is_one_by_one(seeing, mixed, tolerance=1e-3)
    check_bad_files(seeing, media["image"][:2], tmp_path)
    check_loaded_again(seeing, media["image"][:2])


def test_open_clip_knows_colours_and_shapes(seeing: FieldEncoder, tmp_path: Path) -> None:
    pictures, texts = [], []
    for colour in ("red", "green", "blue"):
        for shape in ("circle", "square"):
            picture = Image.new("RGB", (256, 256), "white")
            pen = ImageDraw.Draw(picture)
            (pen.ellipse if shape == "circle" else pen.rectangle)((48, 48, 208, 208), fill=colour)
            picture.save(tmp_path / f"{colour}-{shape}.png")
            pictures.append(Media(tmp_path / f"{colour}-{shape}.png", "image"))
            texts.append(f"a {colour} {shape}")
    best = (seeing.encode_text(texts) @ seeing.encode_media(pictures).T).argmax(axis=1)
    assert (best == np.arange(6)).sum() >= 5


def test_clap(hearing: FieldEncoder, media: dict[str, list[Media]], tmp_path: Path) -> None:
    check_contract(hearing, media["audio"][:3])
    check_batch_is_one_by_one(hearing, media["audio"][:3], tolerance=1e-3)
    check_bad_files(hearing, media["audio"][:2], tmp_path)
    check_loaded_again(hearing, media["audio"][:2])


def test_clap_knows_noise_from_a_tone(hearing: FieldEncoder, tmp_path: Path) -> None:
    """Also where it comes only in the second half of a minute."""
    time, noise = np.arange(30 * RATE) / RATE, np.random.default_rng(0).standard_normal(30 * RATE)
    beep, rush = 0.3 * np.sin(2 * np.pi * 1000 * time), 0.1 * noise
    for name, wave in (("beep", beep), ("rush", rush), ("late", np.concatenate([0 * beep, rush]))):
        soundfile.write(tmp_path / f"{name}.wav", wave.astype(np.float32), RATE)
    vectors = hearing.encode_media([Media(tmp_path / f"{name}.wav", "audio") for name in ("beep", "rush", "late")])
    scores = hearing.encode_text(["an electronic beep, a pure tone", "white noise, static"]) @ vectors.T
    assert scores[0, 0] > scores[0, 1]
    assert scores[1, 1] > scores[1, 0]
    assert scores[1, 2] > scores[1, 0]


def test_spaces(media: dict[str, list[Media]]) -> None:
    spaces = loaded("spaces")
    mixed = [found[row] for row in range(2) for found in media.values()]
    check_contract(spaces, mixed)
    vectors = {modality: spaces.encode_media(found[:10]) for modality, found in media.items()}
    calibrated = spaces.calibrated(["a dog barks", "a red circle", "a deep tone", "two people", "rain"], vectors)
    told = json.loads(json.dumps(calibrated.reference()))
    assert ENCODERS["spaces"].from_reference(told).fingerprint == calibrated.fingerprint
