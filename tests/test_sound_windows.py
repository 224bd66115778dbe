"""Windows of long sounds: in the right places, without reading the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ace_core.errors import MediaError
from ace_core.media import audio, load_audio, load_audio_windows, probe
from tests.made_media import TONE, tone, write_packed, write_sound


def staircase(path: Path, seconds: int, rate: int = 8_000) -> Path:
    """A sound whose loudness tells how much of it has passed: a tone that swells from 0.1 to 0.9."""
    moments = np.arange(seconds * rate) / rate
    wave = (0.1 + 0.8 * moments / seconds) * np.sin(2 * np.pi * TONE * moments)
    if path.suffix in (".m4a", ".aac"):
        return write_packed(path, "aac", wave[:, None].astype(np.float32), rate, "mono")
    return write_sound(path, wave.astype(np.float32), rate)


def passed(window: np.ndarray) -> float:
    """The share of the sound that has passed in the middle of a window."""
    middle = window[len(window) // 4 : -len(window) // 4]
    return (np.abs(middle).max() - 0.1) / 0.8


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3", "m4a", "aac"])
def test_windows_lie_evenly_over_a_sound(tmp_path: Path, ending: str) -> None:
    path = staircase(tmp_path / f"long.{ending}", 20)
    windows = load_audio_windows(path, 8_000, 1.0, 5)
    assert windows.shape == (5, 8_000)
    assert windows.dtype == np.float32
    shares = np.array([passed(window) for window in windows])
    assert np.abs(shares - (0.025, 0.2625, 0.5, 0.7375, 0.975)).max() < 0.1
    if ending in ("wav", "flac", "ogg", "mp3"):  # the decoder of AAC fills noise in anew each time
        whole = load_audio(path, 8_000)
        starts = audio.window_starts(probe(path, "audio").frames or 0, 8_000, 5)
        for window, start in zip(windows, starts, strict=True):
            part = whole[start : start + 8_000]  # what an MP3 counts and does not play is silence at the end
            np.testing.assert_allclose(window, np.pad(part, (0, 8_000 - len(part))), atol=1e-4)


def test_an_hour_is_read_by_its_windows_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = staircase(tmp_path / "hour.flac", 3600, rate=1_000)
    assert probe(path, "audio").seconds == 3600
    read: list[int] = []
    real = audio._read
    monkeypatch.setattr(audio, "_read", lambda *given: (read.append(given[3]), real(*given))[1])
    windows = load_audio_windows(path, 1_000, 10.0, 4)
    assert windows.shape == (4, 10_000)
    assert np.abs([passed(window) - i / 3 for i, window in enumerate(windows)]).max() < 0.02
    assert read == [10_000] * 4
    assert len(load_audio(path, 1_000, max_seconds=3.0)) == 3_000
    with pytest.raises(MediaError, match="3600 seconds is over the limit of 600 for reading at once"):
        load_audio(path)


def test_windows_of_short_sounds(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "short.wav", tone(0.5, 8_000), 8_000)
    windows = load_audio_windows(path, 8_000, 1.0, 4)
    assert windows.shape == (1, 8_000)
    np.testing.assert_array_equal(windows[0, :4_000], load_audio(path, 8_000))
    assert not windows[0, 4_000:].any()
    assert load_audio_windows(path, 16_000, 0.2, 4).shape == (3, 3_200)
    for seconds, count in ((1.0, 0), (0.0, 3), (100.0, 7), (float("nan"), 1)):
        with pytest.raises(MediaError, match="windows of"):
            load_audio_windows(path, 8_000, seconds, count)


@given(length=st.integers(1, 10**9), span=st.integers(1, 10**6), count=st.integers(1, 50))
def test_window_starts_are_even_and_inside(length: int, span: int, count: int) -> None:
    starts = audio.window_starts(length, span, count)
    assert len(starts) == min(count, -(-length // span))
    assert starts.min() >= 0
    assert starts.max() + min(span, length) <= length
    if len(starts) > 1:
        assert (starts[0], starts[-1]) == (0, length - span)
        assert np.ptp(np.diff(starts)) <= 1
    if len(starts) < count:  # then nothing is left between them
        assert (np.diff(starts) <= span).all()
