"""Engines, vehicles, horns, sirens, telephones and other signals."""

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


def _passing(seconds: float, closest: float = 0.5, speed: float = 24.0, distance: float = 9.0) -> tuple[Signal, Signal]:
    """Loudness and Doppler factor of a source that drives past at `speed` m/s and `distance` m."""
    t = clock(seconds) - seconds * closest
    reach = np.sqrt(distance**2 + (speed * t) ** 2)
    return (distance / reach).astype(np.float32), (1 / (1 + speed**2 * t / reach / 343)).astype(np.float32)


def _engine(rng: Rng, seconds: float, firing: np.ndarray | float, rough: float = 0.35, top: float = 2500) -> Signal:
    """Firing pulses of uneven strength under noise that beats with them."""
    phase = np.cumsum(np.broadcast_to(np.asarray(firing, np.float64), (samples(seconds),))) / 24000
    strengths = rng.uniform(0.6, 1.3, 4)
    pulses = strengths[np.floor(phase).astype(int) % 4] * np.exp(-6 * (phase % 1))
    body = band((pulses - pulses.mean()).astype(np.float32), 25, top)
    return level(level(body) + rough * noise(rng, seconds, 150, top, tilt=4) * (0.4 + pulses).astype(np.float32))


def car_passing(rng: Rng, seconds: float) -> Signal:
    loud, shift = _passing(seconds)
    tyres = noise(rng, seconds, 250, 4500, tilt=2.5) * loud**1.3
    motor = _engine(rng, seconds, rng.uniform(70, 95) * shift, 0.3, 900)
    bright = noise(rng, seconds, 1500, 7000) * loud**3
    return unit((tyres + 0.6 * motor * loud + 0.35 * bright) * swell(seconds, 0.25, 0.3))


def motorbike(rng: Rng, seconds: float) -> Signal:
    """Racing past: a rasping exhaust whose note drops as it goes by."""
    loud, shift = _passing(seconds, 0.5, 30, 9)
    revs = rng.uniform(95, 120) * curve(seconds, (0, 0.9), (0.5, 1.05), (1, 1.2)) * shift**1.5
    rasp = np.tanh(1.5 * _engine(rng, seconds, revs, 0.4, 4000))
    return unit(rasp * (0.15 + loud) * swell(seconds, 0.3, 0.35))


def tractor(rng: Rng, seconds: float) -> Signal:
    """A slow diesel: separate thumps."""
    return unit(_engine(rng, seconds, rng.uniform(13, 17), 0.5, 1600) * swell(seconds, 0.25, 0.3))


def lawn_mower(rng: Rng, seconds: float) -> Signal:
    revs = rng.uniform(46, 52) * (1 + 0.03 * wander(rng, seconds, 2, -1, 1))
    blade = noise(rng, seconds, 900, 5000) * (0.6 + 0.4 * np.sin(2 * np.pi * np.cumsum(revs) / 24000))
    return unit((_engine(rng, seconds, revs, 0.5, 3000) + 0.3 * blade) * swell(seconds, 0.15, 0.2))


def chainsaw(rng: Rng, seconds: float) -> Signal:
    """A two-stroke scream that is blipped and leans into the wood."""
    revs = rng.uniform(115, 140) * curve(seconds, (0, 0.7), (0.15, 1.25), (0.4, 1.2), (0.5, 0.95), (0.9, 0.9), (1, 0.7))
    saw = np.tanh(1.8 * level(buzz(revs, seconds, 2, 6500)) + 0.5 * noise(rng, seconds, 800, 6000))
    return unit(saw * wander(rng, seconds, 22, 0.7, 1) * swell(seconds, 0.06, 0.15))


def helicopter(rng: Rng, seconds: float) -> Signal:
    """Blade slaps a dozen times a second over the whine of the turbine."""
    rate = rng.uniform(11, 13.5)
    phase = (clock(seconds) * rate) % 1
    slap = np.exp(-9 * phase).astype(np.float32)
    chop = noise(rng, seconds, 50, 700, tilt=3) * slap + 0.3 * noise(rng, seconds, 600, 4000, tilt=2) * slap**2
    return unit((chop + 0.03 * tone(rng.uniform(1500, 1900), seconds)) * swell(seconds, 0.4, 0.4))


def propeller_plane(rng: Rng, seconds: float) -> Signal:
    loud, shift = _passing(seconds, 0.5, 70, 60)
    drone = level(buzz(rng.uniform(78, 98) * shift, seconds, 4, 3000)) * wander(rng, seconds, 8, 0.8, 1)
    return unit((drone + 0.3 * noise(rng, seconds, 100, 1500, tilt=4)) * loud * swell(seconds, 0.4, 0.4))


def jet_plane(rng: Rng, seconds: float) -> Signal:
    """A roar overhead with a whine in it that sinks."""
    loud, shift = _passing(seconds, 0.45, 90, 80)
    roar = noise(rng, seconds, 60, 3500, tilt=3) * wander(rng, seconds, 10, 0.8, 1.1)
    whine = tone(2100 * shift, seconds) + 0.6 * tone(3170 * shift, seconds)
    return unit((roar + 0.18 * whine) * loud**1.2 * swell(seconds, 0.45, 0.45))


def car_horn(rng: Rng) -> Signal:
    seconds, base = rng.uniform(0.38, 0.5), rng.uniform(390, 420)
    pair = buzz(base, seconds, 3, 6000) + buzz(base * 1.26, seconds, 3, 6000)
    return unit(np.tanh(pair) * swell(seconds, 0.012, 0.03))


def bulb_horn(rng: Rng) -> Signal:
    """The squeezed rubber ball of an old motor car: ah-oo."""
    result = silence(0.5)
    for onset, seconds, pitch in ((0.0, 0.2, 330), (0.22, 0.26, 235)):
        reed = formants(
            buzz(pitch * curve(seconds, (0, 0.94), (0.2, 1), (1, 0.93)), seconds, 2, 6000),
            [(900, 400, 1), (1900, 600, 0.5)],
        )
        place(result, unit(reed) * swell(seconds, 0.02, 0.05), onset)
    return unit(result)


def train_horn(rng: Rng) -> Signal:
    """A chord of air horns that sags at the end."""
    seconds, base = rng.uniform(1.2, 1.5), rng.uniform(290, 330)
    sag = curve(seconds, (0, 0.97), (0.06, 1), (0.85, 1), (1, 0.94))
    chord = sum(buzz(base * ratio * sag, seconds, 4, 4500) for ratio in (1, 1.189, 1.414, 1.682))
    return unit(room(rng, np.tanh(np.asarray(chord) * 0.5) * swell(seconds, 0.08, 0.15), 0.8, 0.2, 3000))


def fog_horn(rng: Rng) -> Signal:
    seconds = rng.uniform(1.5, 1.9)
    reed = buzz(rng.uniform(88, 105) * curve(seconds, (0, 0.96), (0.1, 1), (0.85, 1), (1, 0.9)), seconds, 5, 1800)
    return unit(room(rng, level(reed) * swell(seconds, 0.15, 0.25), 1.2, 0.25, 1500))


def steam_whistle(rng: Rng) -> Signal:
    """Three breathy pipes a chord apart."""
    seconds, base = rng.uniform(1.0, 1.3), rng.uniform(520, 600)
    bend = curve(seconds, (0, 0.9), (0.12, 1), (0.85, 1), (1, 0.93))
    pipes = sum(tone(base * ratio * bend, seconds, [1, 0.35, 0.15]) for ratio in (1, 1.26, 1.5))
    steam = noise(rng, seconds, 1500, 9000)
    return unit(room(rng, (np.asarray(pipes) + 0.35 * steam) * swell(seconds, 0.1, 0.15), 0.7, 0.2, 4000))


def steam_train(rng: Rng, seconds: float, pace: str = "") -> Signal:
    """Chuffs, one in four the loudest."""
    period = {"slow": 0.42, "quick": 0.18}.get(pace, 0.28)
    result = 0.04 * noise(rng, seconds, 80, 600)
    chuff = noise(rng, 0.22, 200, 5500, tilt=2.5) * curve(0.22, (0, 0), (0.12, 1), (0.5, 0.35), (1, 0))
    for k, onset in enumerate(np.arange(0.02, seconds - 0.12, period)):
        place(result, chuff, onset, 1.0 if k % 4 == 0 else 0.65)
    return unit(result * swell(seconds, 0.002, 0.1))


def train_wheels(rng: Rng, seconds: float, pace: str = "") -> Signal:
    """Two pairs of wheels over each rail joint: da-dum da-dum."""
    period = {"slow": 1.0, "quick": 0.5}.get(pace, 0.72)
    result = 0.25 * noise(rng, seconds, 60, 900, tilt=4)
    clack = noise(rng, 0.12, 90, 2600, tilt=3) * decay(0.12, 0.09, 0.001)
    place(clack, modes([310, 720, 1350], [0.09, 0.07, 0.05], [1, 0.7, 0.5], 0.11), 0, 0.9)
    for start in np.arange(0.02, seconds - 0.1, period):
        for shift, loud in ((0, 1), (0.13, 0.8), (0.24, 0.55), (0.37, 0.5)):
            place(result, clack, start + shift * min(period / 0.72, 1.2), loud)
    return unit(result * swell(seconds, 0.05, 0.1))


def siren(rng: Rng, seconds: float) -> Signal:
    """The wail of an ambulance: up and down, round and round."""
    sweep = 0.5 - 0.5 * np.cos(2 * np.pi * clock(seconds) / rng.uniform(1.1, 1.5))
    return unit(band(buzz(620 + 760 * sweep, seconds, 5, 6000), 300, 5000) * swell(seconds, 0.15, 0.2))


def two_tone_siren(rng: Rng, seconds: float) -> Signal:
    """Nee-naw: two notes a fourth apart, in turn."""
    base, period = rng.uniform(430, 460), rng.uniform(0.45, 0.55)
    high = ((clock(seconds) / period).astype(int) % 2 == 0).astype(np.float32)
    smooth = band(high, 0, 40)
    return unit(band(buzz(base * (1 + 0.335 * smooth), seconds, 4, 6000), 300, 5000) * swell(seconds, 0.05, 0.1))


def phone_ring(rng: Rng) -> Signal:
    """An old telephone: two gongs under a quick hammer."""
    seconds, base = 0.85, rng.uniform(1150, 1300)
    result = silence(seconds + 0.3)
    gongs = [modes([f, f * 2.4, f * 4.1], [0.35, 0.2, 0.1], [1, 0.5, 0.25], 0.3, 0.0008) for f in (base, base * 1.25)]
    for k, onset in enumerate(np.arange(0, seconds, 0.046)):
        place(result, gongs[k % 2], onset, 0.8)
    return unit(result)


def phone_melody(rng: Rng) -> Signal:
    """A pocket telephone's little run of notes."""
    base = rng.uniform(900, 1100)
    result = silence(0.85)
    for k, step in enumerate((0, 4, 7, 4, 12, 7)):
        note = tone(base * 2 ** (step / 12), 0.12, [1, 0, 0.33, 0, 0.2]) * swell(0.12, 0.004, 0.03)
        place(result, note, 0.13 * k)
    return unit(result)


def alarm_beep(rng: Rng) -> Signal:
    """Four pips of an alarm clock."""
    pip = tone(rng.uniform(1950, 2150), 0.07, [1, 0, 0.3]) * swell(0.07, 0.003, 0.004)
    result = silence(0.5)
    for k in range(4):
        place(result, pip, 0.12 * k)
    return unit(result)


def truck_reversing(rng: Rng) -> Signal:
    """One long flat beep."""
    return unit(tone(rng.uniform(1180, 1300), 0.42, [1, 0.1, 0.25]) * swell(0.42, 0.005, 0.01))


def sonar_ping(rng: Rng) -> Signal:
    ping = tone(rng.uniform(1350, 1550), 0.9) * decay(0.9, 0.9, 0.005)
    return unit(room(rng, ping, 1.2, 0.45, 3000))


def laser_zap(rng: Rng) -> Signal:
    seconds = rng.uniform(0.28, 0.36)
    drop = 2600 * np.exp(-clock(seconds) / 0.09) + 160
    return unit(buzz(drop, seconds, 5, 9000) * decay(seconds, seconds * 1.4, 0.003))


def kettle(rng: Rng, seconds: float) -> Signal:
    """The boil, and the whistle that climbs out of it."""
    pitch = 2300 * curve(seconds, (0, 0.62), (0.35, 0.85), (0.6, 1), (1, 1.02))
    whistle = tone(pitch, seconds, [1, 0.25, 0.08]) * curve(seconds, (0, 0), (0.2, 0.3), (0.6, 1), (1, 0.9))
    return unit((whistle + 0.3 * noise(rng, seconds, 400, 6000, tilt=2) * 0.5) * swell(seconds, 0.15, 0.15))


def engine_room(rng: Rng, seconds: float) -> Signal:
    """Pistons, a heavy hum and a clank each turn."""
    hum = level(buzz(rng.uniform(48, 58), seconds, 5, 900))
    beat = np.arange(rng.uniform(0, 0.2), seconds, rng.uniform(0.26, 0.34))
    result = 0.5 * hum + 0.25 * noise(rng, seconds, 100, 2500, tilt=4)
    thump = noise(rng, 0.14, 60, 900, tilt=3) * decay(0.14, 0.12, 0.003)
    for k, onset in enumerate(beat):
        place(result, thump, onset, 1.5 if k % 2 == 0 else 0.9)
        if k % 4 == 2:
            place(result, modes([870, 1430, 2250], [0.16, 0.12, 0.08], [1, 0.7, 0.5], 0.18), onset, 0.5)
    return level(result)


def city_hum(rng: Rng, seconds: float) -> Signal:
    """Traffic some streets away, with cars that come and go."""
    result = noise(rng, seconds, 50, 700, tilt=4)
    for _ in range(3):
        result += 0.8 * noise(rng, seconds, 200, 2200, tilt=3) * wander(rng, seconds, 0.7, 0, 1) ** 3
    hoot = band(buzz(rng.uniform(360, 420), 0.3, 4, 3000), 300, 1500) * swell(0.3, 0.03, 0.1)
    place(result, level(hoot), rng.uniform(0.3, seconds - 0.5), 0.3)
    return level(result)


def fan_hum(rng: Rng, seconds: float) -> Signal:
    """Mains hum and moving air."""
    mains = tone(100, seconds, [1, 0.5, 0.35, 0.15, 0.1, 0.06])
    return level(level(mains) + 0.4 * noise(rng, seconds, 200, 3500, tilt=4))


def train_ride(rng: Rng, seconds: float) -> Signal:
    """Inside the carriage: a rumble with muffled joints."""
    return level(band(train_wheels(rng, seconds, ""), 0, 800) * 3 + 0.35 * noise(rng, seconds, 40, 350, tilt=3))


def plane_cabin(rng: Rng, seconds: float) -> Signal:
    drone = tone(rng.uniform(95, 110), seconds, [1, 0.4, 0.2]) + tone(rng.uniform(111, 118), seconds, [0.6, 0.2])
    return level(noise(rng, seconds, 60, 2800, tilt=4) + 0.25 * level(drone))


def washing_machine(rng: Rng, seconds: float) -> Signal:
    """The drum turns: slosh and thud once a turn over a motor's hum."""
    turn = np.maximum(0, np.sin(2 * np.pi * clock(seconds) / rng.uniform(0.7, 0.85))) ** 3
    slosh = noise(rng, seconds, 250, 2600, tilt=3) * turn
    thud = noise(rng, seconds, 40, 160) * np.roll(turn, samples(0.2)) ** 2
    return level(slosh + thud + 0.35 * level(buzz(rng.uniform(118, 124), seconds, 6, 1200)))


def radio_static(rng: Rng, seconds: float) -> Signal:
    """Hiss between stations with a heterodyne whistle drifting through."""
    drift = 700 + 1500 * wander(rng, seconds, 1.2)
    hiss = noise(rng, seconds, 300, 5500) * wander(rng, seconds, 14, 0.4, 1.1)
    pops = scatter(rng, seconds, 9, [noise(rng, 0.01, 500, 7000) * decay(0.01, 0.009, 0.0005)], 0.5)
    return level(hiss + 0.35 * tone(drift, seconds) * wander(rng, seconds, 2) ** 2 + 2 * level(pops) * 0.3)
