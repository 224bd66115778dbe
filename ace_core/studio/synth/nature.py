"""Weather, water and fire: beds that last, and thunder, drops, splashes and pours."""

from __future__ import annotations

import numpy as np

from ace_core.studio.synth.core import (
    Rng,
    Signal,
    band,
    clock,
    convolved,
    curve,
    decay,
    formants,
    level,
    modes,
    noise,
    place,
    room,
    samples,
    scatter,
    shaped,
    silence,
    swell,
    tone,
    unit,
    wander,
)


def _drop_grain(frequency: float, time: float) -> Signal:
    return modes([frequency, frequency * 1.7], [time, time * 0.6], [1, 0.4], time, attack=0.0006)


def _patter(rng: Rng, seconds: float, density: float, low: float, high: float, spread: float = 0.8) -> Signal:
    grains = [_drop_grain(f, 0.014) for f in rng.uniform(low, high, 6)]
    return level(scatter(rng, seconds, density, grains, spread))


def light_rain(rng: Rng, seconds: float) -> Signal:
    hiss = noise(rng, seconds, 2500, 9000, tilt=2)
    return level(0.3 * hiss + _patter(rng, seconds, rng.uniform(45, 80), 2200, 7000, 1.0))


def heavy_rain(rng: Rng, seconds: float) -> Signal:
    roar = noise(rng, seconds, 350, 8000, tilt=3) * wander(rng, seconds, 1.5, 0.85, 1.1)
    return level(roar + 0.45 * _patter(rng, seconds, 900, 1200, 6000, 0.6))


def rain_on_tin_roof(rng: Rng, seconds: float) -> Signal:
    partials = rng.uniform(600, 3600, 9)
    sheet = [modes([f, f * 1.47], [0.09, 0.05], [1, 0.5], 0.1, 0.0008) for f in partials]
    return level(level(scatter(rng, seconds, 95, sheet, 0.8)) + 0.12 * noise(rng, seconds, 1500, 7000))


def wind(rng: Rng, seconds: float) -> Signal:
    """Noise in bands that swell in turn, so that the pitch of the gust seems to move."""
    result = 0.25 * noise(rng, seconds, 60, 350, tilt=4)
    for centre in (220, 330, 480, 680):
        result += noise(rng, seconds, centre * 0.8, centre * 1.25, order=3) * wander(rng, seconds, 0.8, 0, 1) ** 2
    return level(result)


def storm_wind(rng: Rng, seconds: float) -> Signal:
    """A howling gale: narrow whistling bands that climb and fall over a roar."""
    result = 0.7 * noise(rng, seconds, 60, 900, tilt=5) * wander(rng, seconds, 1.2, 0.5, 1.2)
    for base in rng.uniform(450, 800, 2):
        pitch = base * (1 + 0.5 * wander(rng, seconds, 1.1, -0.3, 1))
        jitter = np.cumsum(rng.standard_normal(samples(seconds))) * 0.11
        whistle = np.cos(2 * np.pi * np.cumsum(pitch) / 24000 + jitter).astype(np.float32)
        result += 0.9 * whistle * wander(rng, seconds, 1.3, 0, 1) ** 2
    return level(result)


def sea_waves(rng: Rng, seconds: float) -> Signal:
    """Breakers: each swells slowly, breaks bright and draws back with a hiss."""
    result = 0.12 * noise(rng, seconds, 80, 1200, tilt=4)
    onset = rng.uniform(-1.2, -0.2)
    while onset < seconds:
        length = rng.uniform(2.4, 3.2)
        shape = curve(length, (0, 0), (0.3, 0.35), (0.42, 1), (0.6, 0.5), (1, 0)) ** 1.5
        hiss = curve(length, (0, 0), (0.4, 0.2), (0.6, 0.8), (1, 0)) ** 1.5
        wave = noise(rng, length, 120, 2500, tilt=4) * shape + 0.28 * noise(rng, length, 2500, 9000) * hiss
        place(result, wave.astype(np.float32), onset, rng.uniform(0.8, 1.1))
        onset += rng.uniform(1.9, 2.7)
    return level(result)


def _bubble(frequency: float, time: float) -> Signal:
    """A bubble rings and its pitch climbs as it nears the surface."""
    t = clock(time)
    phase = 2 * np.pi * frequency * (t + 1.2 * t**2 / (2 * time) * 0.5)
    return (np.sin(phase) * decay(time, time * 0.9, 0.002)).astype(np.float32)


def _bubbles(rng: Rng, seconds: float, density: float, low: float, high: float, kinds: int = 14) -> Signal:
    grains = [_bubble(f, float(np.clip(26 / f, 0.012, 0.09))) for f in np.geomspace(low, high, kinds)]
    return level(scatter(rng, seconds, density, grains, 0.7))


def stream(rng: Rng, seconds: float) -> Signal:
    water = 0.35 * noise(rng, seconds, 500, 5000, tilt=4)
    return level(water + _bubbles(rng, seconds, 150, 450, 2600))


def waterfall(rng: Rng, seconds: float) -> Signal:
    rush = noise(rng, seconds, 90, 6500, tilt=3.5) * wander(rng, seconds, 6, 0.9, 1.1)
    return level(rush + 0.5 * noise(rng, seconds, 60, 260) * wander(rng, seconds, 3, 0.5, 1.2))


def underwater(rng: Rng, seconds: float) -> Signal:
    deep = noise(rng, seconds, 40, 260, tilt=5) * wander(rng, seconds, 1, 0.4, 1)
    result = 0.45 * level(deep)
    for onset in np.arange(rng.uniform(0, 0.4), seconds, 0.75):
        for k in range(int(rng.integers(4, 8))):
            frequency = rng.uniform(170, 520)
            place(result, _bubble(frequency, 0.1), onset + 0.07 * k + rng.uniform(0, 0.04), rng.uniform(0.8, 2.2))
    return level(band(result, 0, 1200))


def fire(rng: Rng, seconds: float) -> Signal:
    """A low flutter, a soft hiss and crackles that come in bunches."""
    flutter = noise(rng, seconds, 50, 420, tilt=4) * wander(rng, seconds, 7, 0.5, 1.2)
    snaps = [noise(rng, 0.02, f, 9000) * decay(0.02, 0.012, 0.0005) for f in (900, 1700, 2600, 3800)]
    crackle = scatter(rng, seconds, 26 * wander(rng, seconds, 4, 0, 1) ** 2 + 2, snaps, 1.0)
    return level(0.4 * flutter + 0.12 * noise(rng, seconds, 2500, 8000) + 1.4 * level(crackle))


def leaves(rng: Rng, seconds: float) -> Signal:
    gusts = wander(rng, seconds, 1.4, 0.12, 1) ** 2
    rustle = noise(rng, seconds, 2200, 8500, tilt=1) * gusts * wander(rng, seconds, 26, 0.3, 1.2)
    ticks = [noise(rng, 0.008, 2500, 9000) * decay(0.008, 0.007, 0.0004)]
    return level(level(rustle) + 0.5 * level(scatter(rng, seconds, 130 * gusts, ticks, 0.8)))


def thunder(rng: Rng) -> Signal:
    """A crack, then claps that arrive from ever farther along the bolt and roll away."""
    seconds = rng.uniform(2.1, 2.6)
    rumble = noise(rng, seconds, 28, 170, tilt=3) * wander(rng, seconds, 5, 0.35, 1.2) * decay(seconds, seconds, 0.03)
    claps = scatter(
        rng, 0.5, curve(0.5, (0, 160), (1, 12)), [noise(rng, 0.25, 60, 3000, tilt=5) * decay(0.25, 0.22)], 0.8
    )
    result = 1.3 * rumble
    place(result, level(claps) * curve(0.5, (0, 1), (0.5, 0.6), (1, 0)), 0, 1.1)
    place(result, noise(rng, 0.12, 300, 7000, tilt=3) * decay(0.12, 0.11, 0.001), 0, 1.5)
    return unit(np.tanh(result * 0.6))


def water_drop(rng: Rng) -> Signal:
    """The plink of a drop in a basin."""
    base = rng.uniform(750, 1250)
    seconds = 0.14
    t = clock(seconds)
    ring = tone(base * (1 + 0.9 * t / seconds), seconds) * decay(seconds, 0.11, 0.003)
    result = silence(seconds + 0.02)
    place(result, noise(rng, 0.006, 2500, 8000) * decay(0.006, 0.005, 0.0004), 0, 0.12)
    place(result, ring, 0.014)
    return room(rng, unit(result), 0.45, 0.3, 6000, tail=0.35)


def splash(rng: Rng) -> Signal:
    seconds = 0.95
    slap = noise(rng, 0.12, 150, 1400, tilt=3) * decay(0.12, 0.11, 0.002)
    spray = noise(rng, seconds, 900, 8500, tilt=2) * curve(seconds, (0, 0.3), (0.1, 1), (0.35, 0.3), (1, 0)) ** 1.4
    bubbles = _bubbles(rng, seconds, 110, 350, 1800) * curve(seconds, (0, 0.2), (0.3, 1), (1, 0))
    result = 0.8 * spray + 0.6 * bubbles
    place(result, slap, 0, 1.6)
    return unit(result)


def pouring(rng: Rng, seconds: float) -> Signal:
    """Water running into a vessel whose air column shortens: the gurgle climbs in pitch."""
    water = level(0.25 * noise(rng, seconds, 600, 6500, tilt=2) + _bubbles(rng, seconds, 170, 600, 2400))
    pieces = 6
    hop = seconds / pieces
    result = silence(seconds)
    for k in range(pieces + 1):
        length = samples(2 * hop)
        start = samples(max(0.0, (k - 1) * hop)) if k > 0 else 0
        part = water[start : start + length]
        centre = 420 * (3.2 ** (k / pieces))
        coloured = formants(part, [(centre, 130, 1), (centre * 2.9, 300, 0.35)], 0.06)
        window = np.interp(np.arange(len(part)) + start, np.array([k - 1, k, k + 1]) * hop * 24000, [0, 1, 0])
        result[start : start + len(part)] += (coloured * window).astype(np.float32)
    return unit(result * swell(seconds, 0.06, 0.08))


def bubbling(rng: Rng, seconds: float) -> Signal:
    """A pot on the boil."""
    return level(_bubbles(rng, seconds, 55, 180, 700) + 0.08 * noise(rng, seconds, 1500, 6000))


def vinyl_crackle(rng: Rng, seconds: float) -> Signal:
    pops = [noise(rng, 0.003, 1200, 9000) * decay(0.003, 0.0025, 0.0002), modes([900], [0.004], [1.0], 0.004, 0.0003)]
    dust = scatter(rng, seconds, 55, pops, 1.0)
    return level(level(dust) + 0.15 * noise(rng, seconds, 80, 5000, tilt=3))


def whoosh(rng: Rng) -> Signal:
    """Something swung through the air."""
    seconds = 0.5
    rising = noise(rng, seconds, 300, 1200) * curve(seconds, (0, 0), (0.4, 1), (1, 0)) ** 2
    bright = noise(rng, seconds, 1200, 5000) * curve(seconds, (0, 0), (0.5, 1), (0.8, 0.1), (1, 0)) ** 3
    return unit(rising + bright)


def firework(rng: Rng) -> Signal:
    """The whistle of the rocket, the bang, and the crackle of the stars."""
    climb = 0.7
    result = silence(2.0)
    pitch = curve(climb, (0, 1500), (1, 3000)) * (1 + 0.012 * np.sin(2 * np.pi * 28 * clock(climb)))
    place(result, tone(pitch, climb) * curve(climb, (0, 0.2), (0.8, 1), (1, 0)), 0, 0.3)
    bang = noise(rng, 0.6, 35, 700, tilt=4) * decay(0.6, 0.5, 0.001)
    place(result, np.tanh(bang * 1.5).astype(np.float32), climb)
    snaps = [noise(rng, 0.012, f, 9500) * decay(0.012, 0.01, 0.0004) for f in (1500, 3000)]
    stars = scatter(rng, 1.1, curve(1.1, (0, 0), (0.15, 120), (1, 0)), snaps, 0.8)
    place(result, unit(stars), climb + 0.15, 0.5)
    return unit(room(rng, result, 0.9, 0.18, 3000, tail=0.3))


def hail(rng: Rng, seconds: float) -> Signal:
    stones = [modes([f, f * 2.3], [0.03, 0.015], [1, 0.5], 0.03, 0.0004) for f in rng.uniform(900, 2600, 6)]
    return level(level(scatter(rng, seconds, 38, stones, 0.9)) + 0.1 * noise(rng, seconds, 2000, 8000))


def echoing_cave(rng: Rng, seconds: float) -> Signal:
    """Drops falling in a wide stone hall."""
    dry = silence(seconds)
    at = rng.uniform(0.05, 0.4)
    while at < seconds:
        ring = tone(curve(0.09, (0, 1), (1, 1.5)) * rng.uniform(700, 1700), 0.09) * decay(0.09, 0.08, 0.003)
        place(dry, ring, at, rng.uniform(0.3, 1))
        at += rng.uniform(0.18, 0.7)
    echo = noise(rng, 1.8, 250, 4500) * decay(1.8, 1.8)
    hall = dry + 1.2 * convolved(dry, echo / np.sqrt(np.sum(echo**2)))
    return level(level(hall) + 0.1 * shaped(noise(rng, seconds, 60, 500), lambda f: 1 / (1 + (f / 200) ** 2)))
