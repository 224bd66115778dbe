"""Bells, doors, footsteps, tools, glass and other things that are struck, rubbed or shaken."""

from __future__ import annotations

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
    level,
    modes,
    noise,
    place,
    room,
    samples,
    scatter,
    silence,
    swell,
    tone,
    unit,
    wander,
)

# Partials of a tuned church bell: hum, prime, minor third, fifth, nominal and the ones above it.
_BELL = (0.5, 1.0, 1.19, 1.5, 2.0, 2.51, 2.66, 3.01, 4.1)
_BELL_GAINS = (0.55, 0.9, 0.8, 0.35, 1.0, 0.35, 0.3, 0.3, 0.2)


def _strike(rng: Rng, seconds: float, low: float, high: float, time: float) -> Signal:
    return noise(rng, seconds, low, high) * decay(seconds, time, 0.0006)


def church_bell(rng: Rng) -> Signal:
    prime, seconds = rng.uniform(250, 360), 2.2
    partials, gains, times = [], [], []
    for ratio, gain in zip(_BELL, _BELL_GAINS, strict=True):
        partials += [prime * ratio, prime * ratio * 1.003]  # two modes a little apart: the bell's slow beat
        gains += [gain, gain * 0.5]
        times += [4.5 / ratio**0.7] * 2
    result = modes(partials, times, gains, seconds)
    place(result, _strike(rng, 0.05, 900, 5000, 0.04), 0, 0.5)
    return unit(result * curve(seconds, (0, 1), (0.75, 1), (1, 0)))


def small_bell(rng: Rng) -> Signal:
    """A hand bell: high, clear, short."""
    base = rng.uniform(1500, 2100)
    return unit(modes([base, base * 2.01, base * 2.98, base * 4.2], [1.0, 0.7, 0.4, 0.2], [1, 0.5, 0.35, 0.15], 0.9))


def bicycle_bell(rng: Rng) -> Signal:
    """A thumbed bell: the hammer trills against a bright cup."""
    base = rng.uniform(2300, 2700)
    ding = modes([base, base * 1.51, base * 2.6], [0.55, 0.4, 0.2], [1, 0.6, 0.4], 0.5)
    result = silence(0.75)
    for onset, loud in ((0, 0.7), (0.055, 0.6), (0.11, 0.75), (0.165, 1)):
        place(result, ding, onset, loud)
    return unit(result)


def door_bell(rng: Rng) -> Signal:
    """Ding, and a major third below it, dong."""
    base = rng.uniform(640, 720)
    result = silence(1.35)
    for onset, pitch in ((0.0, base), (0.45, base / 1.26)):
        place(
            result,
            modes([pitch, pitch * 2, pitch * 3.01, pitch * 5.4], [1.1, 0.6, 0.4, 0.1], [1, 0.3, 0.2, 0.1], 0.9),
            onset,
        )
    return unit(result)


def gong(rng: Rng) -> Signal:
    """A low dense cluster that blooms upward after the stroke."""
    seconds, base = 2.4, rng.uniform(85, 115)
    ratios = np.sort(np.concatenate([[1, 1.48, 2.05], rng.uniform(2.2, 14, 22)]))
    body = modes(list(base * ratios[:6]), [3.5] * 6, [1, 0.7, 0.6, 0.4, 0.3, 0.3], seconds, 0.01)
    bloom = modes(
        list(base * ratios[6:]), list(rng.uniform(1.2, 2.4, len(ratios) - 6)), [0.22] * (len(ratios) - 6), seconds
    )
    return unit(
        (body + bloom * curve(seconds, (0, 0.25), (0.18, 1), (1, 0.4))) * curve(seconds, (0, 1), (0.7, 1), (1, 0))
    )


def triangle(rng: Rng) -> Signal:
    base = rng.uniform(3300, 3900)
    return unit(modes([base, base * 1.42, base * 1.93, base * 2.47], [1.6, 1.2, 1.0, 0.7], [0.7, 1, 0.6, 0.5], 1.2))


def wind_chimes(rng: Rng, seconds: float) -> Signal:
    """Hung tubes of a pentatonic scale, touched by the breeze."""
    base = rng.uniform(900, 1100)
    result = silence(seconds)
    at = 0.02
    while at < seconds - 0.3:
        pitch = base * 2 ** (float(rng.choice([0, 2, 4, 7, 9, 12])) / 12)
        place(
            result,
            modes([pitch, pitch * 2.76, pitch * 5.4], [1.3, 0.7, 0.3], [1, 0.5, 0.2], 1.0),
            at,
            rng.uniform(0.3, 1),
        )
        at += rng.exponential(0.22) + 0.04
    return unit(result * swell(seconds, 0.005, 0.3))


def _wooden(rng: Rng, base: float, time: float, click: float) -> Signal:
    seconds = time * 1.3
    body = modes(
        [base, base * 1.58, base * 2.46, base * 3.9],
        [time, time * 0.8, time * 0.5, time * 0.3],
        [1, 0.6, 0.4, 0.2],
        seconds,
    )
    return unit(body + click * _strike(rng, seconds, 600, 4500, 0.02))


def knock(rng: Rng) -> Signal:
    """Knuckles on a wooden door."""
    return unit(room(rng, _wooden(rng, rng.uniform(150, 210), 0.13, 0.5), 0.25, 0.15, 2500, tail=0.1))


def hammer(rng: Rng) -> Signal:
    """Steel on a nail in wood: a thud with a ringing head."""
    result = silence(0.3)
    place(result, _wooden(rng, rng.uniform(200, 260), 0.1, 0.8), 0)
    ring = rng.uniform(2600, 3300)
    place(result, modes([ring, ring * 1.52, ring * 2.2], [0.22, 0.15, 0.1], [1, 0.7, 0.4], 0.28), 0, 0.4)
    return unit(result)


def anvil(rng: Rng) -> Signal:
    base = rng.uniform(1250, 1500)
    result = modes(
        [base, base * 1.77, base * 2.83, base * 4.05, base * 5.3],
        [0.9, 0.8, 0.6, 0.4, 0.2],
        [0.7, 1, 0.8, 0.5, 0.3],
        0.9,
    )
    place(result, _strike(rng, 0.03, 800, 9000, 0.02), 0, 0.8)
    return unit(result)


def axe_chop(rng: Rng) -> Signal:
    thud = _wooden(rng, rng.uniform(110, 150), 0.16, 0.2)
    split = scatter(rng, 0.2, curve(0.2, (0, 300), (1, 10)), [_strike(rng, 0.012, 900, 6000, 0.01)], 0.6)
    result = silence(0.35)
    place(result, thud, 0)
    place(result, unit(split), 0.005, 0.6)
    return unit(result)


def glass_clink(rng: Rng) -> Signal:
    base = rng.uniform(2300, 2900)
    partials = [base, base * 1.04, base * 2.32, base * 2.39, base * 3.9]
    return unit(modes(partials, [0.5, 0.45, 0.35, 0.3, 0.15], [1, 0.8, 0.6, 0.5, 0.3], 0.5, 0.0005))


def glass_breaking(rng: Rng) -> Signal:
    """The crash, then shards that tinkle to the floor."""
    result = silence(1.2)
    place(result, _strike(rng, 0.25, 1200, 10000, 0.2), 0)
    shards = [modes([f, f * 1.6], [0.12, 0.08], [1, 0.6], 0.13, 0.0004) for f in rng.uniform(2400, 7500, 10)]
    place(result, unit(scatter(rng, 1.1, curve(1.1, (0, 130), (0.3, 45), (1, 4)), shards, 0.7)), 0.02, 0.9)
    return unit(result * curve(1.2, (0, 1), (0.8, 0.8), (1, 0)))


def door_creak(rng: Rng, seconds: float) -> Signal:
    """Stick and slip in the hinge: a train of clicks whose rate wanders, ringing in the wood."""
    rate = wander(rng, seconds, 2.5, 45, 160) * curve(seconds, (0, 0.6), (0.5, 1.2), (1, 0.7))
    phase = np.cumsum(rate) / 24000
    ticks = np.diff(np.floor(phase), prepend=0).astype(np.float32) * rng.uniform(0.6, 1.2, len(phase))
    wood = formants(ticks.astype(np.float32), [(620, 60, 1), (1180, 80, 1), (1900, 120, 0.9), (3100, 200, 0.5)], 0.01)
    return unit(wood * swell(seconds, 0.1, 0.15))


def door_slam(rng: Rng) -> Signal:
    result = silence(0.5)
    place(result, noise(rng, 0.3, 45, 400, tilt=4) * decay(0.3, 0.28, 0.001), 0, 1.0)
    place(result, _wooden(rng, 120, 0.15, 1.0), 0, 0.8)
    place(result, _strike(rng, 0.03, 1500, 6000, 0.02), 0.012, 0.5)
    return unit(room(rng, np.tanh(result), 0.5, 0.25, 2000, tail=0.3))


def _steps(seconds: float, pace: str, slow: float, quick: float) -> np.ndarray:
    period = {"slow": slow, "quick": quick}.get(pace, (slow + quick) / 2)
    return np.arange(0.01, seconds - 0.1, period)


def _walk(rng: Rng, seconds: float, pace: str, step: Signal, other: Signal) -> Signal:
    result = silence(seconds)
    for k, onset in enumerate(_steps(seconds, pace, 0.72, 0.3)):
        place(result, other if k % 2 else step, onset + rng.uniform(-0.008, 0.008), rng.uniform(0.8, 1))
    return unit(result * swell(seconds, 0.001, 0.05))


def _crunch(rng: Rng, low: float, high: float, density: float, seconds: float) -> Signal:
    grain = [_strike(rng, 0.012, low, high, 0.01) for _ in range(3)]
    rate = curve(seconds, (0, 0.3), (0.15, 1), (0.45, 0.35), (0.65, 0.8), (1, 0)) * density
    return unit(scatter(rng, seconds, rate, grain, 0.6))


def steps_on_gravel(rng: Rng, seconds: float, pace: str = "") -> Signal:
    step, other = (_crunch(rng, 900, 7000, 700, 0.24) for _ in range(2))
    return _walk(rng, seconds, pace, step, other)


def steps_on_wood(rng: Rng, seconds: float, pace: str = "") -> Signal:
    """Heel and sole on floor boards."""
    pair = []
    for base in rng.uniform(95, 135, 2):
        step = silence(0.24)
        place(step, _wooden(rng, base, 0.12, 0.35), 0)
        place(step, _wooden(rng, base * 1.5, 0.06, 0.3), 0.085, 0.35)
        pair.append(room(rng, step, 0.25, 0.15, 2500, tail=0.1))
    return _walk(rng, seconds, pace, pair[0], pair[1])


def steps_in_snow(rng: Rng, seconds: float, pace: str = "") -> Signal:
    """A soft squeaky compression of fine grains."""
    pair = []
    for _ in range(2):
        length = 0.3
        creak = noise(rng, length, 500, 2600, tilt=2) * wander(rng, length, 70, 0, 1) ** 2
        pair.append(unit(creak * curve(length, (0, 0), (0.3, 0.8), (0.55, 1), (1, 0)) ** 1.5))
    return _walk(rng, seconds, pace, pair[0], pair[1])


def steps_in_puddles(rng: Rng, seconds: float, pace: str = "") -> Signal:
    pair = []
    for _ in range(2):
        slap = noise(rng, 0.2, 300, 7000, tilt=2) * curve(0.2, (0, 0.6), (0.1, 1), (0.4, 0.25), (1, 0)) ** 1.3
        drip = tone(curve(0.08, (0, 1), (1, 1.8)) * rng.uniform(500, 800), 0.08) * decay(0.08, 0.07, 0.004)
        place(slap, drip, 0.06, 0.8)
        pair.append(unit(slap))
    return _walk(rng, seconds, pace, pair[0], pair[1])


def high_heels(rng: Rng, seconds: float, pace: str = "") -> Signal:
    """Sharp taps on a stone floor with an echo."""
    pair = [room(rng, _wooden(rng, f, 0.035, 1.0), 0.5, 0.15, 5000, tail=0.2) for f in rng.uniform(1000, 1300, 2)]
    return _walk(rng, seconds, pace, pair[0], pair[1])


def horse_gallop(rng: Rng, seconds: float, pace: str = "") -> Signal:
    """Three beats and a breath, over and over."""
    period = {"slow": 0.62, "quick": 0.4}.get(pace, 0.5)
    hoof = unit(_wooden(rng, rng.uniform(130, 165), 0.09, 0.6) + 0.0)
    dirt = _crunch(rng, 300, 2500, 500, 0.1)
    result = silence(seconds)
    for start in np.arange(0.01, seconds - 0.15, period):
        for k, loud in enumerate((0.7, 0.8, 1.0)):
            onset = start + 0.21 * period * k
            place(result, hoof, onset, loud * rng.uniform(0.85, 1))
            place(result, dirt, onset, 0.3 * loud)
    return unit(result * swell(seconds, 0.001, 0.05))


def horse_walk(rng: Rng, seconds: float, pace: str = "") -> Signal:
    """Clip-clop of shod hooves on cobbles: two hollow pitches in turn."""
    period = {"slow": 0.42, "quick": 0.24}.get(pace, 0.32)
    clip, clop = (_wooden(rng, f * rng.uniform(0.95, 1.05), 0.07, 0.5) for f in (720, 980))
    result = silence(seconds)
    for k, onset in enumerate(np.arange(0.01, seconds - 0.1, period)):
        place(result, clop if k % 2 else clip, onset, rng.uniform(0.75, 1))
    return unit(result)


def clock_ticking(rng: Rng, seconds: float, pace: str = "") -> Signal:
    period = {"slow": 0.6, "quick": 0.22}.get(pace, 0.4)
    tick, tock = (_wooden(rng, f, 0.03, 1.0) for f in (rng.uniform(2000, 2400), rng.uniform(1400, 1700)))
    result = silence(seconds)
    for k, onset in enumerate(np.arange(0.02, seconds - 0.05, period)):
        place(result, tock if k % 2 else tick, onset)
    return unit(result)


def typewriter(rng: Rng, seconds: float, pace: str = "") -> Signal:
    """Type bars at an uneven pace; the bell and the carriage at the end of the line."""
    gap = {"slow": 0.24, "quick": 0.095}.get(pace, 0.14)
    key = _strike(rng, 0.06, 900, 6500, 0.03)
    place(key, modes([1700, 2900, 4300], [0.05, 0.04, 0.03], [1, 0.8, 0.5], 0.055), 0.004, 0.8)
    result = silence(seconds)
    at = 0.01
    while at < seconds - 0.55:
        place(result, unit(key), at, rng.uniform(0.6, 1))
        at += gap * rng.uniform(0.7, 1.5)
    place(result, modes([2950, 5900], [0.5, 0.3], [1, 0.3], 0.4), seconds - 0.5, 0.5)
    return unit(result * swell(seconds, 0.001, 0.03))


def keyboard(rng: Rng, seconds: float, pace: str = "") -> Signal:
    """Soft plastic keys."""
    gap = {"slow": 0.22, "quick": 0.09}.get(pace, 0.13)
    keys = [unit(_wooden(rng, f, 0.022, 0.6) + 0.0) for f in rng.uniform(380, 620, 4)]
    result = silence(seconds)
    at = 0.01
    while at < seconds - 0.08:
        place(result, keys[int(rng.integers(4))], at, rng.uniform(0.5, 1))
        at += gap * rng.uniform(0.6, 1.6)
    return unit(result)


def hand_saw(rng: Rng, seconds: float, pace: str = "") -> Signal:
    """Back and forth: teeth rasping, brighter on the push."""
    period = {"slow": 0.85, "quick": 0.4}.get(pace, 0.6)
    t = clock(seconds)
    stroke = (t / period) % 1
    push = stroke < 0.5
    speed = np.abs(np.sin(2 * np.pi * stroke)).astype(np.float32)
    teeth = 0.5 + 0.5 * np.sin(2 * np.pi * np.cumsum(60 + 110 * speed) / 24000)
    rasp = noise(rng, seconds, 900, 6500, tilt=1) * push + 0.7 * noise(rng, seconds, 600, 3000, tilt=2) * ~push
    return unit(formants(rasp * teeth * speed**1.2, [(1400, 500, 1), (3200, 900, 1)], 0.3) * swell(seconds, 0.02, 0.05))


def sweeping(rng: Rng, seconds: float, pace: str = "") -> Signal:
    period = {"slow": 0.9, "quick": 0.45}.get(pace, 0.65)
    stroke = ((clock(seconds) / period) % 1).astype(np.float32)
    shape = np.interp(stroke, [0, 0.15, 0.5, 0.6, 1], [0, 1, 0.3, 0, 0])
    return unit(noise(rng, seconds, 1400, 7500, tilt=2) * shape * wander(rng, seconds, 90, 0.3, 1))


def rocking_chair(rng: Rng, seconds: float, pace: str = "") -> Signal:
    """A short groan of wood each way."""
    period = {"slow": 1.1, "quick": 0.6}.get(pace, 0.8)
    result = silence(seconds)
    groans = [door_creak(rng, 0.32), door_creak(rng, 0.28)]
    for k, onset in enumerate(np.arange(0.02, seconds - 0.3, period / 2)):
        place(result, groans[k % 2], onset, 1.0 if k % 2 == 0 else 0.6)
    return unit(result)


def bouncing_ball(rng: Rng, seconds: float) -> Signal:
    """Ever quicker and softer."""
    bounce = _wooden(rng, rng.uniform(260, 340), 0.07, 0.4)
    result = silence(seconds)
    at, gap, loud = 0.01, 0.52, 1.0
    while at < seconds - 0.06 and gap > 0.03:
        place(result, bounce, at, loud)
        at, gap, loud = at + gap, gap * 0.76, loud * 0.82
    return unit(result)


def coins(rng: Rng) -> Signal:
    kinds = [
        modes([f, f * 1.53, f * 2.2], [0.2, 0.14, 0.08], [1, 0.7, 0.5], 0.22, 0.0005)
        for f in rng.uniform(3200, 5200, 5)
    ]
    return unit(scatter(rng, 0.7, curve(0.7, (0, 60), (0.5, 22), (1, 2)), kinds, 0.5) * swell(0.7, 0.001, 0.1))


def keys_jingle(rng: Rng, seconds: float) -> Signal:
    kinds = [modes([f, f * 1.4], [0.06, 0.04], [1, 0.6], 0.07, 0.0005) for f in rng.uniform(3800, 8000, 8)]
    shakes = (0.3 + 0.7 * np.maximum(0, np.sin(2 * np.pi * 3.2 * clock(seconds))) ** 2) * 70
    return unit(scatter(rng, seconds, shakes, kinds, 0.5) * swell(seconds, 0.01, 0.05))


def camera_shutter(rng: Rng) -> Signal:
    result = silence(0.22)
    for onset, loud in ((0.0, 1.0), (0.03, 0.5), (0.11, 0.8)):
        place(
            result,
            _strike(rng, 0.03, 1800, 8000, 0.02) + 0.8 * _wooden(rng, 1200, 0.0231, 0.5)[: samples(0.03)],
            onset,
            loud,
        )
    return unit(result)


def paper_tear(rng: Rng) -> Signal:
    seconds = rng.uniform(0.55, 0.7)
    rip = noise(rng, seconds, 1500, 9000) * (wander(rng, seconds, 240, 0, 1) ** 3 + 0.1)
    return unit(rip * curve(seconds, (0, 0.2), (0.3, 0.7), (0.85, 1), (1, 0)))


def zipper(rng: Rng) -> Signal:
    seconds = rng.uniform(0.5, 0.65)
    rate = curve(seconds, (0, 70), (0.7, 190), (1, 150))
    teeth = np.maximum(0, np.sin(2 * np.pi * np.cumsum(rate) / 24000)) ** 3
    tilted = band(noise(rng, seconds, 1200, 8000) * teeth, 0, np.inf)
    return unit(formants(tilted, [(2600, 900, 1), (4500, 1200, 0.8)], 0.15) * swell(seconds, 0.03, 0.04))


def hand_clap(rng: Rng) -> Signal:
    clap = _strike(rng, 0.16, 700, 5000, 0.07)
    place(clap, _strike(rng, 0.02, 900, 6000, 0.015), 0.009, 0.7)
    return unit(room(rng, formants(clap, [(1100, 500, 1), (2300, 900, 0.6)], 0.15), 0.3, 0.2, 4500, tail=0.1))


def applause(rng: Rng, seconds: float) -> Signal:
    claps = [_strike(rng, 0.05, 600, 4500, 0.035) for _ in range(6)]
    return level(formants(scatter(rng, seconds, 190, claps, 0.5), [(1300, 900, 1), (2600, 1200, 0.6)], 0.2))


def heartbeat(rng: Rng, seconds: float, pace: str = "") -> Signal:
    """Lub-dub."""
    period = {"slow": 1.0, "quick": 0.52}.get(pace, 0.75)
    result = silence(seconds)
    lub, dub = (
        tone(curve(0.14, (0, f), (1, f * 0.6)), 0.14, [1, 0.7, 0.4, 0.2]) * decay(0.14, 0.13, 0.012) for f in (88, 112)
    )
    for onset in np.arange(0.02, seconds - 0.4, period):
        place(result, lub, onset)
        place(result, dub, onset + 0.17 + 0.08 * period, 0.75)
    return unit(result + 0.25 * band(np.abs(result) * result, 100, 400))


def whistle(rng: Rng) -> Signal:
    """Somebody whistles to call: up, then down."""
    seconds = rng.uniform(0.7, 0.85)
    pitch = rng.uniform(1250, 1500) * curve(seconds, (0, 0.85), (0.25, 0.9), (0.5, 1.45), (0.7, 1.4), (1, 0.95))
    voice = tone(pitch, seconds, [1, 0.05]) + 0.04 * noise(rng, seconds, 1000, 4000)
    return unit(voice * swell(seconds, 0.05, 0.1))


def referee_whistle(rng: Rng) -> Signal:
    """The pea in the whistle chops a shrill pair of tones."""
    seconds = rng.uniform(0.5, 0.65)
    trill = 0.6 + 0.4 * np.sin(2 * np.pi * rng.uniform(34, 42) * clock(seconds))
    base = rng.uniform(2500, 2800)
    voice = tone(base * (1 + 0.012 * trill), seconds, [1, 0.2]) + 0.7 * tone(base * 1.12, seconds)
    return unit((voice + 0.15 * noise(rng, seconds, 2000, 6000)) * trill * swell(seconds, 0.02, 0.05))


def crowd_murmur(rng: Rng, seconds: float) -> Signal:
    """Many voices at once: syllables of a dozen throats on different pitches and vowels."""
    vowels = [(700, 1150), (400, 2000), (320, 800), (550, 1750), (620, 1000)]
    result = silence(seconds)
    for _ in range(8):
        pitch = rng.choice([110, 125, 140, 190, 215, 235]) * (1 + 0.12 * wander(rng, seconds, 4, -1, 1))
        first, second = vowels[int(rng.integers(len(vowels)))]
        voice = formants(buzz(pitch, seconds, 8, 3500), [(first, 120, 1), (second, 180, 0.5), (2600, 300, 0.15)], 0.01)
        syllables = np.maximum(0, wander(rng, seconds, 8, -0.6, 1)) * wander(rng, seconds, 1, 0.2, 1)
        result += level(voice) * syllables
    return level(band(level(result) + 0.15 * noise(rng, seconds, 200, 3000, tilt=4), 100, 4000))
