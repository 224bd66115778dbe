"""Sounds: file -> float32 (S,), and the log-mel picture of it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import librosa
import numpy as np
import soundfile
import soxr

from ace_core.media.guard import MediaInfo, decoding, refuse
from ace_core.media.limits import MAX_CHANNELS, MAX_SECONDS, SAMPLE_RATES


def load_audio(path: Path | str, rate: int = 24_000, max_seconds: float | None = None) -> np.ndarray:
    """Decode a sound to mono float32 (S,) at `rate` hertz; with `max_seconds`, no more than its beginning."""
    path = Path(path)
    with decoding(path, "audio"), soundfile.SoundFile(path) as sound:
        _check(path, sound, max_seconds)
        wanted = sound.frames if max_seconds is None else min(sound.frames, round(max_seconds * sound.samplerate))
        samples = sound.read(wanted, dtype="float32", always_2d=True)
        if len(samples) < wanted:
            raise refuse(path, f"only {len(samples):,} of {wanted:,} samples are there", "replace it with a whole file")
        wave = samples.mean(axis=1)
        if not np.isfinite(wave).all():
            raise refuse(path, "holds samples that are not numbers", "export the sound again")
        if sound.samplerate != rate:
            wave = soxr.resample(wave, sound.samplerate, rate)
        if not len(wave):
            raise refuse(path, "the sound has no length", "use a longer sound")
        return np.ascontiguousarray(wave, dtype=np.float32)


def audio_info(path: Path | str) -> MediaInfo:
    path = Path(path)
    with decoding(path, "audio"), soundfile.SoundFile(path) as sound:
        return MediaInfo(
            "audio",
            path.stat().st_size,
            seconds=sound.frames / sound.samplerate,
            frames=sound.frames,
            rate=float(sound.samplerate),
            channels=sound.channels,
        )


def log_mel(waveform: np.ndarray, rate: int, bands: int = 64, window: int = 1024, hop: int = 480) -> np.ndarray:
    """Natural log of mel-band power of a mono waveform (S,) -> float32 (frames, bands), frames = 1 + S // hop.

    Hann windows of `window` samples centred every `hop` samples (the ends mirrored); the mel filters are librosa's
    (Slaney), 0 to rate / 2 hertz. A floor of 1e-6 stands for silence, so values lie above log(1e-6) = -13.8.
    """
    wave = np.asarray(waveform, dtype=np.float32)
    if not len(wave):
        raise ValueError("log_mel needs at least one sample.")
    # A sound shorter than the mirror is filled up with silence first: it cannot be mirrored further than it is long.
    padded = np.pad(wave, (0, max(0, window // 2 + 1 - len(wave))))
    padded = np.pad(padded, window // 2, mode="reflect")
    count = 1 + len(wave) // hop
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop][:count]
    power = np.abs(np.fft.rfft(frames * _hann(window), axis=1)) ** 2 / window
    return np.log(np.maximum(power @ _mel_filters(rate, window, bands).T, 1e-6)).astype(np.float32)


@lru_cache(maxsize=8)
def _mel_filters(rate: int, window: int, bands: int) -> np.ndarray:
    return librosa.filters.mel(sr=rate, n_fft=window, n_mels=bands).astype(np.float32)  # (bands, window // 2 + 1)


@lru_cache(maxsize=8)
def _hann(window: int) -> np.ndarray:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32)


def _check(path: Path, sound: soundfile.SoundFile, max_seconds: float | None) -> None:
    low, high = SAMPLE_RATES
    if not low <= sound.samplerate <= high:
        raise refuse(path, f"{sound.samplerate} samples a second is outside {low} to {high}", "export it at 44100")
    if not 1 <= sound.channels <= MAX_CHANNELS:
        raise refuse(path, f"{sound.channels} channels is over the limit of {MAX_CHANNELS}", "mix it down to stereo")
    if sound.frames <= 0:
        raise refuse(path, "the sound has no length", "use a longer sound")
    seconds = sound.frames / sound.samplerate
    if min(seconds, max_seconds or seconds) > MAX_SECONDS:
        raise refuse(path, f"{seconds:.0f} seconds is over the limit of {MAX_SECONDS:.0f}", "use a shorter part of it")
