"""Tools to build sounds with: noise, envelopes, tones, resonators, grains, filters and rooms.

Every signal is mono float32 at `SAMPLE_RATE`; every function is deterministic given its generator. Filters work on the
spectrum of the whole signal (zero phase), which keeps them short and fast at a few seconds of length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

SAMPLE_RATE = 24_000

Signal = NDArray[np.float32]
Floats = NDArray[np.floating[Any]]
Rng = np.random.Generator


def samples(seconds: float) -> int:
    return max(1, round(seconds * SAMPLE_RATE))


def clock(seconds: float) -> Signal:
    """Times of the samples, in seconds."""
    return (np.arange(samples(seconds)) / SAMPLE_RATE).astype(np.float32)


def silence(seconds: float) -> Signal:
    return np.zeros(samples(seconds), np.float32)


def unit(signal: Floats) -> Signal:
    """Scaled to a peak of 1; silence stays silence."""
    peak = float(np.abs(signal).max(initial=0.0))
    return (signal / peak).astype(np.float32) if peak > 0 else signal.astype(np.float32)


def level(signal: Floats) -> Signal:
    """Scaled to an RMS of 1; silence stays silence."""
    rms = float(np.sqrt(np.mean(np.square(signal, dtype=np.float64))))
    return (signal / rms).astype(np.float32) if rms > 0 else signal.astype(np.float32)


def place(track: Signal, signal: Signal, onset: float, gain: float = 1.0) -> None:
    """Add `signal` to `track` at `onset` seconds; what reaches over the ends is cut off."""
    start = round(onset * SAMPLE_RATE)
    skip = max(0, -start)
    stop = min(len(track), start + len(signal))
    if stop > start + skip:
        track[start + skip : stop] += gain * signal[skip : stop - start]


# Spectra


def shaped(signal: Floats, gain: Callable[[Signal], Floats]) -> Signal:
    """Filter by `gain(frequencies in Hz)`, zero phase; padded so that nothing wraps around."""
    length = fft.next_fast_len(len(signal) + 2048, real=True)
    spectrum = fft.rfft(signal.astype(np.float32, copy=False), length)
    frequencies = np.linspace(0, SAMPLE_RATE / 2, len(spectrum), dtype=np.float32)
    return fft.irfft(spectrum * gain(frequencies).astype(np.float32), length)[: len(signal)].astype(np.float32)


def band_gain(low: float, high: float, order: int = 2) -> Callable[[Signal], Signal]:
    """Butterworth magnitude between `low` and `high` Hz; 0 and infinity leave that side open."""

    def gain(frequencies: Signal) -> Signal:
        result = np.ones_like(frequencies)
        if low > 0:
            result /= np.sqrt(1 + (low / np.maximum(frequencies, 1e-3)) ** (2 * order))
        if np.isfinite(high):
            result /= np.sqrt(1 + (frequencies / high) ** (2 * order))
        return result

    return gain


def band(signal: Signal, low: float = 0.0, high: float = np.inf, order: int = 2) -> Signal:
    return shaped(signal, band_gain(low, high, order))


def formants(signal: Signal, peaks: Sequence[tuple[float, float, float]], floor: float = 0.02) -> Signal:
    """Resonances (centre Hz, bandwidth Hz, gain) added up over a small floor, as a throat or a box has."""

    def gain(frequencies: Signal) -> Signal:
        result = np.full_like(frequencies, floor)
        for centre, width, height in peaks:
            result += height / (1 + ((frequencies - centre) / (width / 2)) ** 2)
        return result

    return shaped(signal, gain)


def noise(
    rng: Rng, seconds: float, low: float = 0.0, high: float = np.inf, tilt: float = 0.0, order: int = 2
) -> Signal:
    """Noise between `low` and `high` Hz, falling by `tilt` dB an octave, of RMS 1."""
    white = rng.standard_normal(samples(seconds), dtype=np.float32)
    if low <= 0 and not np.isfinite(high) and tilt == 0:
        return white
    edges = band_gain(low, high, order)
    power = -tilt / 6.0206
    return level(shaped(white, lambda f: edges(f) * (np.maximum(f, 20) / 1000) ** power))


# Curves


def wander(rng: Rng, seconds: float, rate: float, low: float = 0.0, high: float = 1.0) -> Signal:
    """A smooth random curve between `low` and `high` that changes its mind about `rate` times a second."""
    count = max(2, int(np.ceil(seconds * rate)) + 2)
    knots = rng.random(count)
    at = clock(seconds) * rate + rng.random()
    left = np.minimum(at.astype(int), count - 2)
    share = np.clip(at - left, 0, 1)
    share = share * share * (3 - 2 * share)
    return (low + (high - low) * (knots[left] * (1 - share) + knots[left + 1] * share)).astype(np.float32)


def curve(seconds: float, *points: tuple[float, float]) -> Signal:
    """Straight lines through (share of the length, value)."""
    at, values = zip(*points, strict=True)
    return np.interp(np.linspace(0, 1, samples(seconds)), at, values).astype(np.float32)


def decay(seconds: float, time: float, attack: float = 0.002) -> Signal:
    """A short rise, then an exponential fall by 60 dB in `time` seconds; ends at zero."""
    t = clock(seconds)
    fall = np.exp(-6.9078 * t / time)
    return (fall * np.minimum(t / max(attack, 1e-4), 1) * np.minimum((seconds - t) / 0.01, 1).clip(0)).astype(
        np.float32
    )


def swell(seconds: float, rise: float, fall: float) -> Signal:
    """Rise and fall over so many seconds with round shoulders, 1 between."""
    t = clock(seconds)
    shape = np.minimum(np.minimum(t / max(rise, 1e-4), (seconds - t) / max(fall, 1e-4)), 1).clip(0)
    return np.sin(shape * (np.pi / 2)).astype(np.float32) ** 2


# Tones


def turns(frequency: ArrayLike, seconds: float) -> NDArray[np.float64]:
    """Phase in radians of a frequency (Hz) that may change along the way."""
    curve_ = np.broadcast_to(np.asarray(frequency, np.float64), (samples(seconds),))
    return 2 * np.pi * np.cumsum(curve_) / SAMPLE_RATE


def tone(frequency: ArrayLike, seconds: float, harmonics: Sequence[float] = (1.0,)) -> Signal:
    """Sum of harmonics (amplitudes from the fundamental up); those above the limit of hearing here are left out."""
    phase = turns(frequency, seconds)
    highest = float(np.max(frequency))
    result = np.zeros(len(phase), np.float32)
    for number, amplitude in enumerate(harmonics, start=1):
        if amplitude and number * highest < 0.47 * SAMPLE_RATE:
            result += (amplitude * np.sin(number * phase)).astype(np.float32)
    return result


def buzz(frequency: ArrayLike, seconds: float, tilt: float = 6.0, top: float = 9000.0) -> Signal:
    """All harmonics up to `top` Hz falling by `tilt` dB an octave: a reed, a throat, an engine."""
    count = int(np.clip(top / max(float(np.max(frequency)), 20.0), 1, 80))
    return tone(frequency, seconds, [n ** (-tilt / 6.0206) for n in range(1, count + 1)])


def modes(
    frequencies: Sequence[float], times: Sequence[float], gains: Sequence[float], seconds: float, attack: float = 0.001
) -> Signal:
    """A struck body: partials (Hz) that each fall by 60 dB in their own time."""
    t = clock(seconds)
    result = np.zeros(len(t), np.float32)
    for frequency, time, gain in zip(frequencies, times, gains, strict=True):
        if frequency < 0.47 * SAMPLE_RATE:
            result += (gain * np.exp(-6.9078 / time * t) * np.sin(2 * np.pi * frequency * t)).astype(np.float32)
    return result * np.minimum(t / attack, 1) * np.minimum((seconds - t) / 0.02, 1).clip(0)


def pluck(rng: Rng, frequency: float, seconds: float, brightness: float = 0.5, sustain: float = 0.996) -> Signal:
    """A plucked string: a burst of noise running round a loop that averages and damps it.

    Karplus and Strong, "Digital synthesis of plucked-string and drum timbres", Computer Music Journal 7(2), 1983.
    A whole round of the loop is done at once; the length of a round is made exact by resampling.
    """
    period = max(4, int(SAMPLE_RATE / frequency))
    rounds = samples(seconds) // period + 2
    # One round of the averaging loop is a product in the loop's spectrum, so all rounds are powers of it. The burst has
    # every harmonic equally strong, only their phases are left to chance: no note comes out hollow.
    turn = sustain * np.cos(np.pi * np.fft.rfftfreq(period))
    spectrum = np.exp(2j * np.pi * rng.random(len(turn))) * np.abs(turn) ** int((1 - brightness) * 12)
    spectrum[0] = 0
    powers = np.abs(turn)[None, :] ** np.arange(rounds)[:, None]
    string = np.fft.irfft(spectrum[None, :] * powers, period, axis=1).ravel()
    at = np.arange(samples(seconds)) * (frequency * period / SAMPLE_RATE)
    return unit(np.interp(at, np.arange(len(string)), string).astype(np.float32)) * swell(seconds, 0.001, 0.03)


# Many small sounds, rooms and distances


def scatter(rng: Rng, seconds: float, density: ArrayLike, grains: Sequence[Signal], spread: float = 1.0) -> Signal:
    """`density` grains a second (a number or a curve) at random moments, of log-normal loudness with `spread`."""
    length = samples(seconds)
    chance = np.broadcast_to(np.asarray(density, np.float64) / SAMPLE_RATE, (length,))
    result = np.zeros(length, np.float32)
    for grain in grains:
        hits = (rng.random(length) < chance / len(grains)) * np.exp(
            np.clip(rng.normal(0, spread, length), -2, 1.4 * spread)
        )
        result += convolved(hits.astype(np.float32), grain)
    return result


def convolved(signal: Signal, kernel: Signal, tail: bool = False) -> Signal:
    """Convolution, cut to the signal's length unless its `tail` is wanted."""
    full = len(signal) + len(kernel) - 1
    length = fft.next_fast_len(full, real=True)
    result = fft.irfft(fft.rfft(signal, length) * fft.rfft(kernel, length), length)
    return result[: full if tail else len(signal)].astype(np.float32)


def room(rng: Rng, signal: Signal, seconds: float, wet: float, high: float = 5000.0, tail: float = 0.5) -> Signal:
    """The signal in a room: exponentially fading noise as the echo, `wet` its share; up to `tail` seconds longer."""
    echo = noise(rng, seconds, 150, high) * decay(seconds, seconds)
    echo /= np.sqrt(np.sum(echo**2))
    full = convolved(signal, echo, tail=True)[: len(signal) + samples(min(tail, seconds))]
    full *= wet
    full[: len(signal)] += (1 - wet) * signal
    fade = min(len(full), samples(0.05))
    full[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return full


def resampled(signal: Signal, speed: float) -> Signal:
    """Played `speed` times as fast (and as high)."""
    at = np.arange(int(len(signal) / speed)) * speed
    return np.interp(at, np.arange(len(signal)), signal).astype(np.float32)
