"""What holds for every published encoder: checked on tiny random models, and on real weights where there is a hub."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ace_core.encoders import ENCODERS, Encoder, Media
from ace_core.encoders.field import FieldEncoder
from ace_core.errors import BundleError, ConfigError, MediaError

TEXTS = ["a red circle on the left", "", "a deep tone, heard twice " * 30, "naïve café 🎈"]


def check_contract(encoder: FieldEncoder, media: Sequence[Media]) -> None:
    """Shapes, unit lengths, and features that are the vectors."""
    assert isinstance(encoder, Encoder)
    vectors, texts = encoder.encode_media(media), encoder.encode_text(TEXTS)
    for rows, count in ((vectors, len(media)), (texts, len(TEXTS))):
        assert rows.shape == (count, encoder.dimension)
        assert rows.dtype == np.float32
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert encoder.encode_media([]).shape == encoder.encode_text([]).shape == (0, encoder.dimension)
    features = encoder.encode_features(media)
    assert features.dtype == np.float16
    assert features.shape == (len(media), 1, encoder.feature_dimension)
    assert np.allclose(encoder.pool_features(features, media[0].modality), vectors, atol=1e-3)
    assert 1 < encoder.scale < 200


def check_batch_is_one_by_one(encoder: FieldEncoder, media: Sequence[Media], tolerance: float = 1e-5) -> None:
    together = encoder.encode_media(media)
    for row, one in zip(together, media, strict=True):
        assert np.allclose(row, encoder.encode_media([one])[0], atol=tolerance)
    texts = encoder.encode_text(TEXTS)
    for row, text in zip(texts, TEXTS, strict=True):
        assert np.allclose(row, encoder.encode_text([text])[0], atol=tolerance)


def check_loaded_again(encoder: FieldEncoder, media: Sequence[Media], weights: Path | None = None) -> None:
    """The reference survives JSON and leads to the very same encoder; one with other weights is refused."""
    told = json.loads(json.dumps(encoder.reference()))
    again = ENCODERS[told["kind"]].from_reference(told, weights)
    assert again.fingerprint == encoder.fingerprint
    assert again.reference() == encoder.reference()
    assert np.array_equal(again.encode_media(media), encoder.encode_media(media))
    assert np.array_equal(again.encode_text(TEXTS), encoder.encode_text(TEXTS))
    with pytest.raises(BundleError, match="not the file of weights"):
        ENCODERS[told["kind"]].from_reference(told | {"sha256": "0" * 64}, weights)


def check_bad_files(encoder: FieldEncoder, media: Sequence[Media], folder: Path) -> None:
    modality = media[0].modality
    broken = folder / f"broken{media[0].path.suffix}"
    broken.write_bytes(media[0].path.read_bytes()[:40])
    for bad in (broken, folder / "nowhere.bin"):
        with pytest.raises(MediaError, match=bad.name):
            encoder.encode_media([media[0], Media(bad, modality), *media[1:]])
    other = "audio" if modality != "audio" else "image"
    with pytest.raises(ConfigError, match=f"not {other}"):
        encoder.encode_media([media[0], Media(broken, other)])
