"""How a sound is drawn: the loudness of each part of the whole recording, however long it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ace_core.errors import MediaError
from app import media
from app.examine import examine
from app.media import WAVE_BARS, WAVE_RATE, loudness_of
from tests.made_media import TONE, write_sound

LONG = 11 * 60  # seconds; more than is read at once


def swelling(path: Path, seconds: float) -> Path:
    """A tone that grows from nothing to full loudness."""
    moments = np.arange(round(seconds * WAVE_RATE)) / WAVE_RATE
    return write_sound(path, (moments / seconds * np.sin(2 * np.pi * TONE * moments)).astype(np.float32), WAVE_RATE)


def test_every_bar_is_the_peak_of_its_part(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "steps.wav", np.repeat(np.arange(WAVE_BARS) / WAVE_BARS, 200), WAVE_RATE)
    wanted = np.arange(WAVE_BARS) / (WAVE_BARS - 1)
    np.testing.assert_allclose(loudness_of(path), wanted, atol=0.002)
    silent = write_sound(tmp_path / "silent.wav", np.zeros(800), WAVE_RATE)
    assert loudness_of(silent) == (0.0,) * WAVE_BARS
    short = write_sound(tmp_path / "short.wav", np.full(3, 0.5), WAVE_RATE)
    assert loudness_of(short) == (1.0,) * 3 + (0.0,) * (WAVE_BARS - 3)


def test_a_long_sound_is_drawn_from_its_beginning_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = swelling(tmp_path / "long.flac", LONG)
    bars = np.array(loudness_of(path))
    assert np.abs(bars - np.linspace(0, 1, WAVE_BARS)).max() < 0.02
    # What listens to parts only agrees with what listens to all of it.
    whole = swelling(tmp_path / "minutes.flac", 150)
    heard = np.array(loudness_of(whole))
    monkeypatch.setattr(media, "MAX_SECONDS", 100)
    assert np.abs(np.array(loudness_of(whole)) - heard).max() < 0.02


def test_a_visitors_long_sound_is_accepted_and_drawn(tmp_path: Path) -> None:
    found = examine(swelling(tmp_path / "long.flac", LONG), tmp_path / "preview.webp")
    assert (found.modality, found.ending, found.seconds) == ("audio", ".flac", LONG)
    assert found.peaks == loudness_of(tmp_path / "long.flac")
    wide = write_sound(tmp_path / "wide.wav", np.zeros((500_000, 32), np.float32), 8_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.examine.MAX_SAMPLES", 10_000_000)
        with pytest.raises(MediaError, match="too many samples and channels; export it"):
            examine(wide, tmp_path / "preview.webp")
