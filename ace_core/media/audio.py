"""Sounds: file -> float32 (S,) or windows (W, S), and the log-mel picture of it."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path

import librosa
import numpy as np
import soxr

from ace_core.media.guard import MediaInfo, decoding, refuse
from ace_core.media.limits import (
    MAX_CHANNELS,
    MAX_SAMPLES_A_BYTE,
    MAX_SECONDS,
    MAX_SOUND_SECONDS,
    PADDING,
    SAMPLE_RATES,
    WHOLE_SHARE,
)
from ace_core.media.sound_file import SoundReader, open_sound


def load_audio(path: Path | str, rate: int = 24_000, max_seconds: float | None = None) -> np.ndarray:
    """Decode a sound to mono float32 (S,) at `rate` hertz; with `max_seconds`, no more than its beginning.

    A sound longer than `limits.MAX_SECONDS` is not read at once: ask for its beginning, or for windows of it.
    """
    path = Path(path)
    with decoding(path, "audio"), open_sound(path) as sound:
        _check(path, sound)
        if max_seconds is None:
            wanted = sound.length()
        else:
            wanted = min(round(max_seconds * sound.rate), sound.announced or sys.maxsize)
        if wanted > MAX_SECONDS * sound.rate:
            what = f"{wanted / sound.rate:.0f} seconds is over the limit of {MAX_SECONDS:.0f} for reading at once"
            raise refuse(path, what, "use a shorter part of it")
        wave = _read(path, sound, 0, wanted)
        if not len(wave):
            raise refuse(path, "the sound has no length", "use a longer sound")
        if max_seconds is None or sound.announced:
            _check_whole(path, wanted, len(wave))
        return _resample(wave, sound.rate, rate)


def load_audio_windows(path: Path | str, rate: int = 24_000, seconds: float = 10.0, count: int = 4) -> np.ndarray:
    """Windows of a sound of any length: float32 (W, S), mono at `rate` hertz, S = round(seconds * rate).

    They are spread evenly, the first at the beginning and the last at the end; a single one lies in the middle. W is
    `count`, or less where fewer cover the whole sound: 1 for one no longer than a window, filled up with silence.
    Only the windows are decoded where the format can seek, and never more than one is held at its own rate.
    """
    path = Path(path)
    if count < 1 or not 0 < seconds * count <= MAX_SECONDS:
        raise refuse(
            path, f"{count} windows of {seconds} s were asked for", f"ask for 1 s to {MAX_SECONDS:.0f} s in all"
        )
    with decoding(path, "audio"), open_sound(path) as sound:
        _check(path, sound)
        length, span = sound.length(), max(1, round(seconds * sound.rate))
        windows = np.zeros((len(starts := window_starts(length, span, count)), round(seconds * rate)), np.float32)
        for window, start in zip(windows, starts.tolist(), strict=True):
            wave = _read(path, sound, start, min(span, length - start))
            _check_whole(path, min(length, start + span), start + len(wave))
            heard = _resample(wave, sound.rate, rate)[: len(window)]
            window[: len(heard)] = heard
        return windows


def window_starts(length: int, span: int, count: int) -> np.ndarray:
    """Where `count` windows of `span` samples begin in a sound of `length` samples: int64 (W,), never falling.

    W = min(count, the number of windows that cover the sound).
    """
    windows = max(1, min(count, -(-length // span)))
    room = max(0, length - span)
    return np.array([room // 2]) if windows == 1 else np.arange(windows) * room // (windows - 1)


def audio_info(path: Path | str) -> MediaInfo:
    path = Path(path)
    with decoding(path, "audio"), open_sound(path) as sound:
        _check(path, sound)
        frames = sound.length()
        return MediaInfo(
            "audio",
            path.stat().st_size,
            seconds=frames / sound.rate,
            frames=frames,
            rate=float(sound.rate),
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


def _read(path: Path, sound: SoundReader, start: int, count: int) -> np.ndarray:
    """Up to `count` samples from `start`; memory goes by what is really there, not by what a header claims."""
    pieces = list(sound.blocks(start, count))
    wave = np.concatenate(pieces) if pieces else np.empty(0, np.float32)
    if not np.isfinite(wave).all():
        raise refuse(path, "holds samples that are not numbers", "export the sound again")
    return wave


def _resample(wave: np.ndarray, given: int, wanted: int) -> np.ndarray:
    return np.ascontiguousarray(wave if given == wanted else soxr.resample(wave, given, wanted), dtype=np.float32)


def _check(path: Path, sound: SoundReader) -> None:
    """Refuse what cannot be a sound as the file announces it, before anything is decoded."""
    low, high = SAMPLE_RATES
    if not low <= sound.rate <= high:
        raise refuse(path, f"{sound.rate} samples a second is outside {low} to {high}", "export it at 44100")
    if not 1 <= sound.channels <= MAX_CHANNELS:
        raise refuse(path, f"{sound.channels} channels is over the limit of {MAX_CHANNELS}", "mix it down to stereo")
    if sound.announced is None:
        return
    if sound.announced <= 0:
        raise refuse(path, "the sound has no length", "use a longer sound")
    size, hours = path.stat().st_size, sound.announced / sound.rate / 3600
    if sound.announced > size * MAX_SAMPLES_A_BYTE:
        what = f"announces {hours:,.1f} hours of sound, which {size:,} bytes cannot hold"
        raise refuse(path, what, "replace it with a whole file")
    if hours * 3600 > MAX_SOUND_SECONDS:
        what = f"{hours:,.1f} hours of sound is over the limit of {MAX_SOUND_SECONDS / 3600:.0f}"
        raise refuse(path, what, "use a shorter part of it")


def _check_whole(path: Path, wanted: int, found: int) -> None:
    if found < WHOLE_SHARE * wanted - PADDING:
        raise refuse(path, f"only {found:,} of {wanted:,} samples are there", "replace it with a whole file")
