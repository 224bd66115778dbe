"""Several spaces as one: blocks, rankings, and scores that can be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ace_core.collection import Modality
from ace_core.dual_tower import VectorIndex
from ace_core.encoders import ENCODERS, Media
from ace_core.encoders.field import FieldEncoder
from ace_core.encoders.spaces import Block, Spaces
from ace_core.errors import BundleError, ConfigError
from tests.field_checks import TEXTS, check_contract
from tests.tiny import make_tiny_collection
from tests.tiny_field import hub_off, make_clap, make_clip

PICTURES, SOUNDS = frozenset({"image", "video"}), frozenset({"audio"})


class Drawn(FieldEncoder):
    """Vectors drawn at random around a direction of their own, one for each name: `lean` moves the cosines' mean."""

    name = "drawn"

    def __init__(self, dimension: int, modalities: frozenset[Modality], seed: int, lean: float, scale: float) -> None:
        super().__init__(dimension, modalities, scale)
        self.seed, self.lean = seed, lean

    def encode_media(self, media: Sequence[Media]) -> np.ndarray:
        return self._rows([one.id for one in media])

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        return self._rows(texts)

    def reference(self) -> dict[str, Any]:
        return {"kind": self.name, "seed": self.seed}

    def _rows(self, names: Sequence[str]) -> np.ndarray:
        rows = np.zeros((len(names), self.dimension), dtype=np.float32)
        for row, name in zip(rows, names, strict=True):
            generator = np.random.default_rng([self.seed, *name.encode()])
            row[:] = generator.standard_normal(self.dimension)
            row[0] += self.lean
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def media_of(modality: Modality, count: int) -> list[Media]:
    return [Media(Path(f"{modality}-{index}"), modality, f"{modality}-{index}") for index in range(count)]


@st.composite
def drawn_spaces(draw: st.DrawFn) -> Spaces:
    blocks = []
    for modalities in (PICTURES, SOUNDS):
        size, seed = draw(st.integers(4, 24)), draw(st.integers(0, 1000))
        lean, scale = draw(st.floats(-2, 2)), draw(st.floats(5, 100))
        gain, offset = draw(st.floats(0.1, 10)), draw(st.floats(-2, 2))
        blocks.append(Block(Drawn(size, modalities, seed, lean, scale), modalities, gain, offset))
    return Spaces(draw(st.permutations(blocks)))


ASKED = [f"text {index}" for index in range(40)]


@settings(deadline=None, max_examples=25)
@given(drawn_spaces())
def test_rows_are_unit_and_spaces_orthogonal(spaces: Spaces) -> None:
    media = [*media_of("image", 5), *media_of("audio", 6), *media_of("video", 4)]
    rows, texts = spaces.encode_media(media), spaces.encode_text(ASKED)
    assert rows.shape == (15, spaces.dimension)
    assert spaces.dimension == sum(block.encoder.dimension + 1 for block in spaces.blocks)
    for vectors in (rows, texts):
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    heard = np.array([one.modality == "audio" for one in media])
    assert not (rows[heard] @ rows[~heard].T).any()
    features = spaces.encode_features(media[:5])
    assert np.allclose(spaces.pool_features(features, "image"), rows[:5], atol=2e-3)
    assert spaces.encode_text([]).shape == spaces.encode_media([]).shape == (0, spaces.dimension)


@settings(deadline=None, max_examples=25)
@given(drawn_spaces())
def test_scores_are_the_calibrated_cosines(spaces: Spaces) -> None:
    """One length for all, gain and offset of each space; so within a space the ranking is that space's own."""
    texts, lengths = spaces.encode_text(ASKED), []
    for block in spaces.blocks:
        media = media_of(min(block.modalities), 12)
        cosines = block.encoder.encode_text(ASKED) @ block.encoder.encode_media(media).T
        scores = texts @ spaces.encode_media(media).T
        slope, start = np.polyfit(cosines.ravel(), scores.ravel(), 1)
        assert np.allclose(scores, slope * cosines + start, atol=1e-5)
        lengths.append(block.gain / slope)
        assert start == pytest.approx(block.offset * slope / block.gain, abs=1e-4)
        order = np.argsort(-cosines, axis=1)
        gaps = -np.diff(np.take_along_axis(scores, order, axis=1), axis=1)
        assert gaps.min() > -1e-5
    assert lengths[0] == pytest.approx(lengths[1], rel=1e-3)


@settings(deadline=None, max_examples=25)
@given(drawn_spaces())
def test_after_calibration_mean_and_spread_agree(spaces: Spaces) -> None:
    found: dict[Modality, np.ndarray] = {
        modality: spaces.encode_media(media_of(modality, count))
        for modality, count in (("image", 30), ("audio", 25), ("video", 10))
    }
    calibrated = spaces.calibrated(ASKED, found)
    texts = calibrated.encode_text(ASKED)
    seen = texts @ np.concatenate([found["image"], found["video"]]).T
    heard = texts @ found["audio"].T
    assert seen.mean() == pytest.approx(heard.mean(), abs=1e-4)
    assert seen.std() == pytest.approx(heard.std(), rel=1e-3)
    assert np.allclose(calibrated.encode_media(media_of("audio", 25)), found["audio"])  # items stay as they were
    again = calibrated.calibrated(ASKED, found)
    assert [block.gain for block in again.blocks] == pytest.approx(
        [block.gain for block in calibrated.blocks], rel=1e-4
    )
    assert calibrated.fingerprint != spaces.fingerprint


def test_one_space_keeps_its_scale_and_its_logits() -> None:
    own = Drawn(16, SOUNDS, 3, 0.5, 20.0)
    spaces = Spaces([Block(own, SOUNDS)])
    media = media_of("audio", 9)
    logits = spaces.scale * spaces.encode_text(ASKED) @ spaces.encode_media(media).T
    expected = 20.0 * own.encode_text(ASKED) @ own.encode_media(media).T
    assert np.allclose(logits, expected, atol=1e-3)
    calibrated = spaces.calibrated(ASKED, {"audio": spaces.encode_media(media)})
    assert (calibrated.blocks[0].gain, calibrated.blocks[0].offset) == pytest.approx((1, 0))


def test_one_index_serves_all_spaces() -> None:
    """Without calibration a space whose cosines are high takes all places; with it both are found."""
    blocks = [Block(Drawn(32, PICTURES, 1, 0.0, 100.0), PICTURES), Block(Drawn(32, SOUNDS, 2, 4.0, 15.0), SOUNDS)]
    spaces = Spaces(blocks)
    found: dict[Modality, np.ndarray] = {m: spaces.encode_media(media_of(m, 100)) for m in ("image", "audio")}
    index = VectorIndex(np.concatenate([found["image"], found["audio"]]))
    before = index.search(spaces.encode_text(ASKED), 20)[0] >= 100
    after = index.search(spaces.calibrated(ASKED, found).encode_text(ASKED), 20)[0] >= 100
    assert before.mean() > 0.9
    assert 0.3 < after.mean() < 0.7


def test_spaces_that_cannot_be() -> None:
    seeing, hearing = Drawn(4, PICTURES, 0, 0, 10), Drawn(4, SOUNDS, 0, 0, 10)
    with pytest.raises(ConfigError, match="belongs to one space"):
        Spaces([Block(seeing, PICTURES), Block(seeing, frozenset({"image"}))])
    with pytest.raises(ConfigError, match="cannot read audio"):
        Spaces([Block(seeing, SOUNDS)])
    with pytest.raises(ConfigError, match="one encoder at least"):
        Spaces([])
    with pytest.raises(ConfigError, match="knows audio, not image"):
        Spaces([Block(hearing, SOUNDS)]).encode_media(media_of("image", 1))
    spaces = Spaces([Block(hearing, SOUNDS)])
    with pytest.raises(ConfigError, match="No items or no texts to calibrate audio with"):
        spaces.calibrated(ASKED, {})
    with pytest.raises(ConfigError, match="All cosines with audio are alike"):
        spaces.calibrated(ASKED[:1], {"audio": spaces.encode_media(media_of("audio", 1))})


# with real encoders


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    with hub_off(monkeypatch, tmp_path / "cache"):
        yield


def test_pictures_clips_and_sounds_together(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    make_clip(tmp_path / "weights" / "open_clip")
    make_clap(tmp_path / "weights" / "clap")
    collection = make_tiny_collection(tmp_path / "media")
    media = [Media(collection.media_path(item), item.modality, item.id) for item in list(collection)[::7]]
    spaces = ENCODERS["spaces"].load(weights=tmp_path / "weights")
    check_contract(spaces, media)
    by_modality = {m: spaces.encode_media([one for one in media if one.modality == m]) for m in spaces.modalities}
    texts = [item.queries[0].text for item in collection]
    calibrated = spaces.calibrated(texts, by_modality)
    told = json.loads(json.dumps(calibrated.reference()))
    again = Spaces.from_reference(told, tmp_path / "weights")
    assert again.fingerprint == calibrated.fingerprint != spaces.fingerprint
    assert again.scale == calibrated.scale
    assert np.array_equal(again.encode_text(TEXTS), calibrated.encode_text(TEXTS))
    told["blocks"][1]["encoder"]["sha256"] = "0" * 64
    with pytest.raises(BundleError, match="not the file of weights"):
        Spaces.from_reference(told, tmp_path / "weights")
    hearing = ENCODERS["spaces"].load({"audio"}, tmp_path / "weights")
    assert hearing.modalities == {"audio"}
