"""Instruments that play one note each, the phrases they play, and drum patterns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ace_core.studio.synth.core import (
    Rng,
    Signal,
    band,
    buzz,
    clock,
    curve,
    decay,
    formants,
    modes,
    noise,
    place,
    pluck,
    room,
    silence,
    swell,
    tone,
    unit,
    wander,
)

Voice = Callable[[Rng, float, float], Signal]  # (generator, frequency in Hz, seconds) -> one note


def pitch_of(midi: float) -> float:
    return float(440 * 2 ** ((midi - 69) / 12))


def _vibrato(seconds: float, rate: float, depth: float) -> Signal:
    """Sets in after the start of the note, as players do."""
    return (
        1 + depth * np.sin(2 * np.pi * rate * clock(seconds)) * curve(seconds, (0, 0), (0.3, 0.2), (0.6, 1), (1, 1))
    ).astype(np.float32)


def piano(rng: Rng, frequency: float, seconds: float) -> Signal:
    """Slightly stretched partials, the higher ones fading sooner, and the knock of the hammer."""
    seconds += 0.35
    count = int(np.clip(9000 / frequency, 3, 14))
    number = np.arange(1, count + 1)
    partials = frequency * number * np.sqrt(1 + 0.0004 * number**2)
    times = np.clip(900 / frequency, 0.8, 4) / number**0.5
    note = modes(list(partials), list(times), list(1 / number**1.3), seconds, 0.003)
    place(note, noise(rng, 0.03, 100, 1800) * decay(0.03, 0.025, 0.001), 0, 0.12)
    return note * swell(seconds, 0.0005, 0.3)


def guitar(rng: Rng, frequency: float, seconds: float) -> Signal:
    string = pluck(rng, frequency, seconds + 0.5, 0.6, 0.996)
    return formants(string, [(110, 60, 0.8), (220, 120, 0.8), (420, 300, 0.6)], 0.8) * swell(seconds + 0.5, 0.0005, 0.3)


def harp(rng: Rng, frequency: float, seconds: float) -> Signal:
    return pluck(rng, frequency, seconds + 0.8, 0.2, 0.998) * swell(seconds + 0.8, 0.0005, 0.5)


def banjo(rng: Rng, frequency: float, seconds: float) -> Signal:
    return formants(pluck(rng, frequency, seconds + 0.1, 1.0, 0.985), [(700, 500, 1), (1900, 1500, 1)], 0.3)


def double_bass(rng: Rng, frequency: float, seconds: float) -> Signal:
    return band(pluck(rng, frequency, seconds + 0.3, 0.2, 0.994), 0, 900) * swell(seconds + 0.3, 0.004, 0.2)


def flute(rng: Rng, frequency: float, seconds: float) -> Signal:
    pitch = frequency * _vibrato(seconds, 5, 0.006)
    breath = noise(rng, seconds, frequency * 0.9, frequency * 3, tilt=3)
    return (tone(pitch, seconds, [1, 0.3, 0.12, 0.04]) + 0.09 * breath) * swell(seconds, 0.06, 0.09)


def violin(rng: Rng, frequency: float, seconds: float) -> Signal:
    """A bowed saw tooth in a box with the resonances of a violin."""
    seconds += 0.06
    pitch = frequency * _vibrato(seconds, 5.8, 0.009) * (1 + 0.001 * wander(rng, seconds, 20, -1, 1))
    box = [(290, 60, 0.6), (480, 90, 0.8), (900, 250, 0.6), (2600, 900, 0.8)]
    return formants(buzz(pitch, seconds, 5, 9000), box, 0.2) * swell(seconds, 0.09, 0.1)


def cello(rng: Rng, frequency: float, seconds: float) -> Signal:
    seconds += 0.08
    pitch = frequency * _vibrato(seconds, 5, 0.008)
    return formants(
        buzz(pitch, seconds, 6, 5000), [(110, 60, 0.6), (230, 90, 1), (420, 150, 0.7), (1200, 600, 0.4)], 0.2
    ) * swell(seconds, 0.12, 0.12)


def trumpet(rng: Rng, frequency: float, seconds: float) -> Signal:
    """Brass grows brighter as it grows louder: a dull and a bright tone cross over."""
    pitch = frequency * _vibrato(seconds, 5.2, 0.005) * curve(seconds, (0, 0.985), (0.06, 1), (1, 1))
    loud = curve(seconds, (0, 0), (0.1, 1), (0.3, 0.8), (0.85, 0.75), (1, 0))
    dull, bright = (
        tone(pitch, seconds, [1, 0.6, 0.25]),
        formants(buzz(pitch, seconds, 1.5, 8000), [(1200, 900, 1), (2400, 1400, 0.7)], 0.2),
    )
    return (dull * loud * 0.7 + bright * loud**2).astype(np.float32)


def trombone(rng: Rng, frequency: float, seconds: float) -> Signal:
    """Brass an octave down, sliding into each note."""
    pitch = frequency * curve(seconds, (0, 0.94), (0.25, 1), (1, 1))
    loud = curve(seconds, (0, 0), (0.15, 1), (0.85, 0.8), (1, 0))
    return (formants(buzz(pitch, seconds, 3, 5000), [(520, 350, 1), (1100, 700, 0.5)], 0.25) * loud).astype(np.float32)


def clarinet(rng: Rng, frequency: float, seconds: float) -> Signal:
    """Odd harmonics, as of a pipe stopped at one end."""
    return tone(
        frequency * _vibrato(seconds, 4.5, 0.002), seconds, [1, 0.03, 0.6, 0.03, 0.35, 0.02, 0.2, 0.02, 0.12]
    ) * swell(seconds, 0.05, 0.07)


def organ(rng: Rng, frequency: float, seconds: float) -> Signal:
    ranks = sum(
        tone(frequency * ratio, seconds + 0.05, [1, 0.2]) * gain
        for ratio, gain in ((0.5, 0.6), (1, 1), (2, 0.6), (3, 0.3), (4, 0.3))
    )
    return np.asarray(ranks, np.float32) * swell(seconds + 0.05, 0.03, 0.06)


def accordion(rng: Rng, frequency: float, seconds: float) -> Signal:
    """Two reeds a few cents apart, beating."""
    pair = buzz(frequency, seconds, 4.5, 7000) + buzz(frequency * 1.008, seconds, 4.5, 7000)
    return pair * swell(seconds, 0.07, 0.08)


def bagpipe(rng: Rng, frequency: float, seconds: float) -> Signal:
    return formants(buzz(frequency, seconds, 1, 8000), [(1100, 600, 1), (2200, 900, 0.9)], 0.3) * swell(
        seconds, 0.015, 0.02
    )


def xylophone(rng: Rng, frequency: float, seconds: float) -> Signal:
    """Bars tuned so that the second partial is the third harmonic."""
    note = modes([frequency, frequency * 3, frequency * 6.3], [0.5, 0.25, 0.1], [1, 0.4, 0.2], 0.5)
    place(note, noise(rng, 0.012, 800, 5000) * decay(0.012, 0.01, 0.0005), 0, 0.15)
    return note


def glockenspiel(rng: Rng, frequency: float, seconds: float) -> Signal:
    return modes([frequency, frequency * 2.76, frequency * 5.4], [1.6, 0.7, 0.2], [1, 0.35, 0.15], 1.1)


def music_box(rng: Rng, frequency: float, seconds: float) -> Signal:
    """Combed steel teeth: nearly pure, with a pluck of the pin."""
    note = modes([frequency, frequency * 1.001, frequency * 6.27], [1.0, 1.1, 0.15], [1, 0.5, 0.3], 0.9)
    place(note, noise(rng, 0.006, 3000, 9000) * decay(0.006, 0.005, 0.0004), 0, 0.12)
    return note


def steel_drum(rng: Rng, frequency: float, seconds: float) -> Signal:
    wobble = 1 + 0.004 * np.exp(-clock(0.7) * 12)
    return (
        tone(frequency * wobble, 0.7, [1, 0.7, 0.3, 0.2])
        * decay(0.7, 0.8, 0.006)
        * curve(0.7, (0, 1), (0.9, 1), (1, 0))
    )


def choir(rng: Rng, frequency: float, seconds: float) -> Signal:
    """Five throats singing 'ah', none quite together."""
    seconds += 0.15
    result = silence(seconds)
    for _ in range(5):
        pitch = frequency * (1 + 0.006 * rng.standard_normal()) * (1 + 0.008 * wander(rng, seconds, 6, -1, 1))
        result += buzz(pitch, seconds, 7, 5000)
    return formants(result, [(750, 130, 1), (1150, 150, 0.6), (2900, 250, 0.25)], 0.01) * swell(seconds, 0.15, 0.2)


def synthesizer(rng: Rng, frequency: float, seconds: float) -> Signal:
    """A square wave, as of the first video games."""
    return tone(frequency, seconds, [1 / n if n % 2 else 0 for n in range(1, 40)]) * swell(seconds, 0.004, 0.02)


# name -> (one note, lowest and highest tonic as MIDI number)
INSTRUMENTS: dict[str, tuple[Voice, int, int]] = {
    "piano": (piano, 43, 79),
    "guitar": (guitar, 43, 67),
    "harp": (harp, 50, 79),
    "banjo": (banjo, 50, 70),
    "double bass": (double_bass, 31, 43),
    "flute": (flute, 67, 84),
    "violin": (violin, 57, 81),
    "cello": (cello, 38, 55),
    "trumpet": (trumpet, 56, 74),
    "trombone": (trombone, 40, 56),
    "clarinet": (clarinet, 52, 74),
    "organ": (organ, 45, 72),
    "accordion": (accordion, 52, 74),
    "bagpipe": (bagpipe, 57, 67),
    "xylophone": (xylophone, 65, 84),
    "glockenspiel": (glockenspiel, 79, 91),
    "music box": (music_box, 74, 86),
    "steel drum": (steel_drum, 57, 74),
    "choir": (choir, 48, 67),
    "video game synth": (synthesizer, 55, 79),
}

_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11, 12), "minor": (0, 2, 3, 5, 7, 8, 10, 12)}
SHAPES = ("rising", "falling", "repeated", "arpeggio", "arch", "alternating", "chord")


def notes_of(shape: str, mode: str, tonic: int, count: int) -> tuple[tuple[int, ...], ...]:
    """MIDI numbers of the phrase, a tuple for each stroke (a chord has several at once)."""
    scale = _SCALES[mode]
    third = scale[2]
    lines: dict[str, list[int]] = {
        "rising": list(scale[:count]),
        "falling": list(reversed(scale[:count])),
        "repeated": [0] * count,
        "arpeggio": [0, third, 7, 12, 12 + third, 19][:count],
        "arch": [*scale[: count // 2 + 1], *reversed(scale[: (count + 1) // 2 - 1])][:count],
        "alternating": [0 if k % 2 == 0 else third for k in range(count)],
    }
    if shape == "chord":
        return tuple((tonic, tonic + third, tonic + 7) for _ in range(count))
    return tuple((tonic + step,) for step in lines[shape])


def phrase(rng: Rng, instrument: str, notes: tuple[tuple[int, ...], ...], step: float) -> Signal:
    """The notes one after the other, `step` seconds apart, in a small hall."""
    voice = INSTRUMENTS[instrument][0]
    result = silence(step * len(notes) + 1.2)
    for k, stroke in enumerate(notes):
        for midi in stroke:
            note = voice(rng, pitch_of(midi), step * 0.95)
            place(result, note, step * k, rng.uniform(0.9, 1.0))
    return unit(room(rng, result[: int((step * len(notes) + 0.7) * 24000)], 0.7, 0.12, 5000, tail=0.2))


# Drums


def kick(rng: Rng) -> Signal:
    pitch = 48 + 110 * np.exp(-clock(0.22) / 0.025)
    return tone(pitch, 0.22) * decay(0.22, 0.25, 0.002)


def snare(rng: Rng) -> Signal:
    return 0.5 * modes([185, 330], [0.12, 0.09], [1, 0.6], 0.18) + 0.6 * noise(rng, 0.18, 1200, 8000) * decay(
        0.18, 0.15, 0.001
    )


def hat(rng: Rng) -> Signal:
    return 0.5 * noise(rng, 0.06, 6000, 11000) * decay(0.06, 0.05, 0.0006)


def tom(rng: Rng, base: float = 120) -> Signal:
    return tone(base * (1 + 0.5 * np.exp(-clock(0.3) / 0.05)), 0.3, [1, 0.25]) * decay(0.3, 0.32, 0.002)


def _pattern(strokes: list[tuple[Signal, str]], step: float, seconds: float) -> Signal:
    """Strokes written as 'x..o': x full, o soft; each line is one drum."""
    result = silence(seconds)
    for k in range(int((seconds - 0.05) / step)):
        for sound, line in strokes:
            mark = line[k % len(line)]
            if mark != ".":
                place(result, sound, 0.005 + k * step, 1.0 if mark == "x" else 0.45)
    return unit(result * swell(seconds, 0.001, 0.05))


def rock_drums(rng: Rng, seconds: float, pace: str = "") -> Signal:
    step = {"slow": 0.24, "quick": 0.13}.get(pace, 0.18)
    return _pattern([(kick(rng), "x.....x."), (snare(rng), "..x...x."), (hat(rng), "xoxoxoxo")], step, seconds)


def march_drums(rng: Rng, seconds: float, pace: str = "") -> Signal:
    step = {"slow": 0.15, "quick": 0.085}.get(pace, 0.11)
    return _pattern([(snare(rng), "x...x.oox...xoxo")], step, seconds)


def tribal_drums(rng: Rng, seconds: float, pace: str = "") -> Signal:
    step = {"slow": 0.22, "quick": 0.12}.get(pace, 0.16)
    return _pattern(
        [(tom(rng, 85), "x..x..x."), (tom(rng, 150), ".oo.o..o"), (tom(rng, 210), "....x..x")], step, seconds
    )


def drum_roll(rng: Rng, seconds: float) -> Signal:
    """A snare roll that grows to a cymbal crash."""
    result = silence(seconds)
    stroke = snare(rng)
    stop = max(0.4, seconds - 0.8)
    for onset in np.arange(0.005, stop, 0.042):
        place(result, stroke, onset, (0.25 + 0.6 * onset / stop) * rng.uniform(0.85, 1))
    place(result, cymbal(rng)[: int((seconds - stop) * 24000)], stop, 1.1)
    return unit(result * swell(seconds, 0.001, 0.15))


def cymbal(rng: Rng) -> Signal:
    seconds = 1.3
    metal = modes(list(rng.uniform(2500, 9500, 24)), list(rng.uniform(0.5, 1.6, 24)), [0.12] * 24, seconds)
    return unit(metal + noise(rng, seconds, 2800, 11000) * decay(seconds, 1.3, 0.001) * 0.9)


def bass_drum(rng: Rng) -> Signal:
    """One deep stroke in a large room."""
    boom = tone(58 + 45 * np.exp(-clock(0.7) / 0.04), 0.7) * decay(0.7, 0.8, 0.002)
    place(boom, noise(rng, 0.03, 150, 1800) * decay(0.03, 0.025, 0.001), 0, 0.25)
    return unit(room(rng, boom, 0.5, 0.15, 1200, tail=0.2))


def tambourine(rng: Rng) -> Signal:
    result = silence(0.35)
    jingle = modes(list(rng.uniform(5200, 10500, 10)), list(rng.uniform(0.12, 0.3, 10)), [0.3] * 10, 0.3)
    for onset, loud in ((0, 1), (0.02, 0.6), (0.05, 0.4)):
        place(result, jingle, onset, loud)
    place(result, noise(rng, 0.04, 400, 9000) * decay(0.04, 0.03, 0.001), 0, 0.5)
    return unit(result)
