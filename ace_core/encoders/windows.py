"""Long sounds as windows of the length that a model was trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ace_core.media import load_audio, load_audio_windows

MOST = 60  # windows a sound: one of up to ten minutes is heard whole in windows of 10 s, a longer one in samples of it


def sound_windows(path: Path, rate: int, length: int, most: int = MOST) -> np.ndarray:
    """A sound file -> float32 (W, `length`) mono samples at `rate` hertz, W >= 1.

    A sound no longer than one window is repeated as often as it fits and filled up with silence, as CLAP was trained
    (arXiv 2211.06687); of a longer one the windows are spread evenly from its beginning to its end and cover all of it
    where `most` are enough.
    """
    beginning = load_audio(path, rate, max_seconds=length / rate + 0.01)  # a little more tells a longer one
    if len(beginning) <= length:
        return repeat_to(beginning, length)[None]
    return load_audio_windows(path, rate, seconds=length / rate, count=most)


def repeat_to(wave: np.ndarray, length: int) -> np.ndarray:
    """float32 (S,), 1 <= S <= length -> (length,): whole repetitions, then silence."""
    repeated = np.tile(wave, length // len(wave))
    return np.pad(repeated, (0, length - len(repeated)))
