"""Birds, beasts and insects: chirps are swept tones, voices are a buzzing throat through moving formants."""

from __future__ import annotations

from collections.abc import Sequence

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
    noise,
    place,
    room,
    silence,
    swell,
    tone,
    unit,
    wander,
)

Formants = Sequence[tuple[float, float, float]]


def _throat(
    rng: Rng, seconds: float, pitch: Signal, vowels: Sequence[Formants], breath: float = 0.1, tilt: float = 7.0
) -> Signal:
    """A voiced sound that moves evenly from vowel to vowel; `breath` is the share of noise, jitter included."""
    jitter = 1 + 0.012 * (wander(rng, seconds, 60, -1, 1))
    source = buzz(pitch * jitter, seconds, tilt) + breath * noise(rng, seconds, 200, 7000, tilt=3)
    if len(vowels) == 1:
        return formants(source, vowels[0])
    place_ = np.linspace(0, len(vowels) - 1, len(source))
    result = np.zeros(len(source), np.float32)
    for k, vowel in enumerate(vowels):
        result += formants(source, vowel) * np.maximum(0, 1 - np.abs(place_ - k)).astype(np.float32)
    return result


def _bark(rng: Rng, base: float, seconds: float, size: float) -> Signal:
    pitch = base * curve(seconds, (0, 0.85), (0.25, 1.25), (1, 0.7))
    vowels = [
        [(500 * size, 200, 1), (1100 * size, 250, 0.5), (2600 * size, 500, 0.2)],
        [(850 * size, 220, 1), (1500 * size, 260, 0.8), (2900 * size, 500, 0.3)],
        [(450 * size, 180, 1), (950 * size, 240, 0.4), (2500 * size, 500, 0.1)],
    ]
    voice = level(_throat(rng, seconds, pitch, vowels, breath=0.4, tilt=5))
    rough = voice * (1 + 0.5 * tone(base * 0.5, seconds))
    shape = curve(seconds, (0, 0), (0.12, 1), (0.5, 0.75), (1, 0))
    return room(rng, unit(np.tanh(1.2 * rough) * shape), 0.25, 0.12, 4000, tail=0.15)


def dog_bark(rng: Rng) -> Signal:
    return _bark(rng, rng.uniform(210, 300), 0.2, 0.85)


def small_dog_yap(rng: Rng) -> Signal:
    return _bark(rng, rng.uniform(620, 760), 0.11, 1.45)


def cat_meow(rng: Rng) -> Signal:
    seconds = rng.uniform(0.65, 0.85)
    pitch = rng.uniform(520, 640) * curve(seconds, (0, 0.8), (0.3, 1.15), (0.6, 1.1), (1, 0.72))
    vowels: list[Formants] = [
        [(420, 150, 1), (2400, 260, 0.5)],
        [(1050, 220, 1), (1900, 260, 0.9), (3300, 500, 0.3)],
        [(950, 240, 1), (1400, 260, 0.7), (3100, 500, 0.2)],
        [(480, 180, 1), (950, 220, 0.4)],
    ]
    return unit(_throat(rng, seconds, pitch, vowels, 0.08, 5) * swell(seconds, 0.12, 0.28))


def wolf_howl(rng: Rng) -> Signal:
    seconds = rng.uniform(1.7, 2.1)
    glide = curve(seconds, (0, 0.6), (0.18, 1), (0.3, 1.08), (0.7, 1.0), (1, 0.72))
    vibrato = 1 + 0.008 * np.sin(2 * np.pi * 5 * clock(seconds))
    voice = _throat(rng, seconds, rng.uniform(390, 470) * glide * vibrato, [[(480, 260, 1), (900, 300, 0.35)]], 0.04, 9)
    return unit(room(rng, voice * swell(seconds, 0.3, 0.6), 0.9, 0.25, 3000))


def cow_moo(rng: Rng) -> Signal:
    seconds = rng.uniform(1.2, 1.5)
    pitch = rng.uniform(125, 155) * curve(seconds, (0, 0.8), (0.2, 1), (0.75, 1.05), (1, 0.75))
    vowels: list[Formants] = [
        [(240, 120, 1), (600, 200, 0.15)],
        [(480, 160, 1), (850, 220, 0.6), (2200, 500, 0.08)],
        [(520, 170, 1), (900, 220, 0.6), (2300, 500, 0.1)],
        [(330, 150, 1), (700, 200, 0.3)],
    ]
    return unit(_throat(rng, seconds, pitch, vowels, 0.05, 4) * swell(seconds, 0.18, 0.3))


def sheep_bleat(rng: Rng) -> Signal:
    """A nasal 'baa' with the quick tremble that makes it a sheep."""
    seconds = rng.uniform(0.75, 0.95)
    tremble = np.sin(2 * np.pi * rng.uniform(8, 10) * clock(seconds))
    pitch = rng.uniform(300, 370) * (1 + 0.05 * tremble) * curve(seconds, (0, 1.02), (0.2, 1.05), (1, 0.9))
    vowels: list[Formants] = [[(750, 160, 1), (1700, 220, 0.9), (2700, 320, 0.5)]]
    voice = _throat(rng, seconds, pitch.astype(np.float32), vowels, 0.15, 4)
    return unit(voice * (0.65 + 0.35 * tremble) * swell(seconds, 0.05, 0.2))


def pig_grunt(rng: Rng) -> Signal:
    """A snort: a throat fluttering at some 40 Hz."""
    seconds = rng.uniform(0.26, 0.34)
    flutter = np.maximum(0, np.sin(2 * np.pi * rng.uniform(36, 46) * clock(seconds))) ** 1.5
    source = noise(rng, seconds, 150, 4000, tilt=4) + 0.6 * level(buzz(rng.uniform(90, 115), seconds, 4))
    voice = formants(source * (0.25 + flutter), [(380, 160, 1), (1150, 260, 0.5)])
    return unit(voice * swell(seconds, 0.04, 0.12))


def horse_neigh(rng: Rng) -> Signal:
    """A long falling call, shaken ever more widely."""
    seconds = rng.uniform(1.4, 1.7)
    shake = np.sin(2 * np.pi * np.cumsum(curve(seconds, (0, 9), (1, 13))) / 24000)
    glide = curve(seconds, (0, 0.75), (0.12, 1.15), (0.4, 1), (1, 0.42))
    pitch = rng.uniform(850, 1000) * glide * (1 + 0.06 * shake)
    vowels: list[Formants] = [[(1100, 350, 1), (2300, 400, 0.7)], [(800, 350, 1), (1900, 400, 0.5)]]
    voice = _throat(rng, seconds, pitch.astype(np.float32), vowels, 0.25, 5)
    return unit(voice * (0.6 + 0.4 * shake) * swell(seconds, 0.06, 0.5))


def donkey_bray(rng: Rng) -> Signal:
    """'Hee' on the indrawn breath, 'haw' on the way out, twice."""
    result = silence(1.6)
    for k in range(2):
        hee = _throat(rng, 0.3, curve(0.3, (0, 520), (1, 640)), [[(900, 250, 1), (2500, 400, 0.8)]], 0.6, 5)
        haw = _throat(rng, 0.42, curve(0.42, (0, 270), (1, 200)), [[(700, 200, 1), (1200, 250, 0.8)]], 0.3, 3)
        place(result, unit(hee) * swell(0.3, 0.05, 0.06), 0.8 * k, 0.5)
        place(result, unit(haw) * swell(0.42, 0.03, 0.12), 0.8 * k + 0.32)
    return unit(np.tanh(1.5 * result))


def frog_croak(rng: Rng) -> Signal:
    """Two bursts of quick pulses through the ringing sac."""
    seconds = rng.uniform(0.32, 0.4)
    pulses = np.maximum(0, np.sin(2 * np.pi * rng.uniform(42, 55) * clock(seconds))) ** 4
    carrier = tone(rng.uniform(520, 680), seconds, [1, 0.6, 0.35, 0.15]) + 0.15 * noise(rng, seconds, 400, 2500)
    shape = curve(seconds, (0, 0), (0.15, 0.8), (0.38, 0.9), (0.45, 0.2), (0.55, 1), (0.85, 0.9), (1, 0))
    return unit(carrier * pulses * shape)


def duck_quack(rng: Rng) -> Signal:
    seconds = rng.uniform(0.2, 0.26)
    pitch = rng.uniform(235, 290) * curve(seconds, (0, 1), (0.3, 1.1), (1, 0.8))
    voice = _throat(rng, seconds, pitch, [[(1250, 260, 1), (2300, 320, 0.7), (3400, 500, 0.4)]], 0.12, 1.5)
    return unit(voice * curve(seconds, (0, 0), (0.1, 1), (0.6, 0.7), (1, 0)))


def goose_honk(rng: Rng) -> Signal:
    seconds = rng.uniform(0.34, 0.42)
    pitch = rng.uniform(370, 430) * curve(seconds, (0, 0.8), (0.25, 0.85), (0.35, 1.3), (1, 1.1))
    voice = _throat(rng, seconds, pitch, [[(900, 220, 1), (1800, 300, 0.6), (2900, 500, 0.2)]], 0.06, 3)
    return unit(voice * swell(seconds, 0.03, 0.12))


def rooster_crow(rng: Rng) -> Signal:
    """Cock-a-doodle-doo: two short notes, a rising one, and a long falling cry."""
    base = rng.uniform(560, 680)
    notes = [(0.0, 0.14, 0.85, 0.9), (0.2, 0.12, 1.0, 1.05), (0.38, 0.26, 1.05, 1.5), (0.7, 0.72, 1.45, 0.9)]
    result = silence(1.45)
    vowels: list[Formants] = [[(1300, 350, 1), (2600, 450, 0.6)], [(1000, 300, 1), (2000, 450, 0.4)]]
    for onset, seconds, start, stop in notes:
        glide = curve(seconds, (0, start), (0.3, max(start, stop)), (1, stop))
        voice = _throat(rng, seconds, base * glide, vowels, 0.12, 4)
        place(result, unit(voice) * swell(seconds, 0.03, min(0.25, seconds / 2)), onset)
    return unit(room(rng, result, 0.4, 0.12, 4000, tail=0.2))


def hen_cluck(rng: Rng) -> Signal:
    result = silence(0.55)
    for onset, seconds, height in ((0, 0.06, 1), (0.14, 0.06, 1.05), (0.29, 0.22, 1.35)):
        pitch = rng.uniform(420, 450) * height * curve(seconds, (0, 0.8), (0.4, 1.15), (1, 0.8))
        voice = _throat(rng, seconds, pitch, [[(1000, 260, 1), (2100, 350, 0.5)]], 0.15, 4)
        place(result, unit(voice) * swell(seconds, 0.012, seconds / 2), onset, 0.6 if height < 1.3 else 1)
    return unit(result)


def crow_caw(rng: Rng) -> Signal:
    seconds = rng.uniform(0.34, 0.42)
    pitch = rng.uniform(300, 350) * curve(seconds, (0, 0.95), (0.3, 1.1), (1, 0.85))
    voice = _throat(rng, seconds, pitch, [[(1300, 320, 1), (1850, 350, 0.9), (3200, 600, 0.3)]], 1.0, 2)
    rasp = 0.55 + 0.45 * np.sin(2 * np.pi * rng.uniform(70, 90) * clock(seconds))
    return unit(voice * rasp * swell(seconds, 0.03, 0.14))


def seagull_cry(rng: Rng) -> Signal:
    """A piercing 'kee-ow' that breaks upward and slides down."""
    seconds = rng.uniform(0.5, 0.62)
    pitch = rng.uniform(900, 1050) * curve(seconds, (0, 0.8), (0.2, 1.45), (0.4, 1.35), (1, 0.85))
    voice = _throat(rng, seconds, pitch, [[(1800, 500, 1), (3200, 600, 0.7)]], 0.12, 3)
    return unit(room(rng, voice * swell(seconds, 0.05, 0.2), 0.5, 0.15, 5000, tail=0.3))


def _whistled(pitch: Signal, seconds: float, second: float = 0.12) -> Signal:
    return tone(pitch, seconds, [1, second, second * 0.3]) * swell(seconds, 0.012, min(0.05, seconds / 3))


def songbird_chirp(rng: Rng) -> Signal:
    """A short phrase of syllables, each a quick sweep, the same syllable two or three times over."""
    result = silence(0.75)
    base = rng.uniform(2900, 4200)
    at = 0.0
    for _ in range(int(rng.integers(2, 4))):
        seconds = rng.uniform(0.05, 0.1)
        sweep = curve(seconds, (0, rng.uniform(0.8, 1.4)), (0.5, rng.uniform(0.9, 1.5)), (1, rng.uniform(0.7, 1.3)))
        for _ in range(int(rng.integers(2, 4))):
            if at + seconds < 0.74:
                place(result, _whistled(base * sweep, seconds), at, rng.uniform(0.7, 1))
                at += seconds + 0.02
    return unit(result[: int((at + 0.02) * 24000)])


def owl_hoot(rng: Rng) -> Signal:
    """Hoo, then a wavering hoo-hooo."""
    base = rng.uniform(360, 430)
    result = silence(1.35)
    for onset, seconds, loud in ((0.0, 0.3, 0.8), (0.5, 0.12, 0.6), (0.68, 0.62, 1.0)):
        bend = curve(seconds, (0, 0.95), (0.25, 1.02), (1, 0.94))
        waver = 1 + (0.015 if seconds > 0.5 else 0) * np.sin(2 * np.pi * 7 * clock(seconds))
        voice = tone(base * bend * waver, seconds, [1, 0.07, 0.04]) + 0.03 * noise(rng, seconds, 300, 1200)
        place(result, voice * swell(seconds, 0.06, seconds / 2.5), onset, loud)
    return unit(room(rng, result, 0.8, 0.2, 2500))


def cuckoo_call(rng: Rng) -> Signal:
    """A falling third of two hollow notes."""
    base = rng.uniform(620, 700)
    result = silence(0.72)
    for onset, seconds, pitch in ((0.0, 0.2, base), (0.34, 0.34, base / 1.26)):
        voice = tone(pitch * curve(seconds, (0, 0.97), (0.3, 1.01), (1, 0.98)), seconds, [1, 0.06, 0.05])
        place(result, voice * swell(seconds, 0.03, 0.12), onset)
    return unit(room(rng, result, 0.6, 0.18, 4000, tail=0.25))


def woodpecker(rng: Rng) -> Signal:
    """A roll of knocks on a hollow trunk, some 18 a second, dying away."""
    result = silence(0.85)
    partials = rng.uniform(0.9, 1.1) * np.array([820, 1430, 2300])
    for k in range(14):
        knock = sum(tone(f, 0.04) * decay(0.04, 0.03, 0.0006) * g for f, g in zip(partials, (1, 0.6, 0.4), strict=True))
        knock = knock + 0.5 * noise(rng, 0.04, 1000, 6000) * decay(0.04, 0.01, 0.0005)
        place(result, np.asarray(knock, np.float32), 0.054 * k, 1 - 0.045 * k)
    return unit(room(rng, result, 0.35, 0.15, 4000, tail=0.2))


def crickets(rng: Rng, seconds: float) -> Signal:
    """Several insects, each three pulses of a pure high tone, again and again."""
    result = 0.03 * noise(rng, seconds, 300, 5000, tilt=4)
    for loud in (1, 0.6, 0.35):
        pitch, period, at = rng.uniform(4100, 4900), rng.uniform(0.4, 0.55), rng.uniform(0, 0.4)
        pulse = tone(pitch, 0.022) * swell(0.022, 0.006, 0.012)
        while at < seconds:
            for k in range(3):
                place(result, pulse, at + 0.038 * k, loud)
            at += period * rng.uniform(0.97, 1.03)
    return level(result)


def cicadas(rng: Rng, seconds: float) -> Signal:
    """A dry rattling drone that swells and sinks."""
    result = np.zeros(len(clock(seconds)), np.float32)
    for centre in rng.uniform(4200, 6800, 3):
        rattle = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(85, 130) * clock(seconds))
        drone = noise(rng, seconds, centre * 0.9, centre * 1.1, order=9) * rattle
        result += drone * wander(rng, seconds, 0.8, 0.35, 1)
    return level(result)


def bees(rng: Rng, seconds: float) -> Signal:
    result = np.zeros(len(clock(seconds)), np.float32)
    for _ in range(4):
        pitch = rng.uniform(195, 250) * (1 + 0.07 * wander(rng, seconds, 2.5, -1, 1))
        result += level(buzz(pitch, seconds, 4, 4000)) * wander(rng, seconds, 2, 0.1, 1)
    return level(band(result, 150, 3500))


def dawn_chorus(rng: Rng, seconds: float) -> Signal:
    """Many small birds at once, some close, most far."""
    result = 0.02 * noise(rng, seconds, 400, 6000, tilt=3)
    for _ in range(4):
        song, at = songbird_chirp(rng), rng.uniform(-0.3, 0.5)
        loud = rng.uniform(0.25, 1)
        while at < seconds:
            place(result, song, at, loud * rng.uniform(0.7, 1))
            at += rng.uniform(0.75, 1.3)
    return level(room(rng, result, 0.7, 0.3, 7000)[: len(result)])


def frog_pond(rng: Rng, seconds: float) -> Signal:
    result = 0.04 * noise(rng, seconds, 300, 4000, tilt=4)
    for _ in range(5):
        croak, at, loud = frog_croak(rng), rng.uniform(-0.2, 0.5), rng.uniform(0.3, 1)
        while at < seconds:
            place(result, croak, at, loud)
            at += rng.uniform(0.5, 0.85)
    return level(result)


def fly_buzz(rng: Rng, seconds: float) -> Signal:
    """A fly that circles the ear."""
    pitch = rng.uniform(175, 215) * (1 + 0.12 * wander(rng, seconds, 3, -1, 1))
    return unit(level(buzz(pitch, seconds, 3.5, 5000)) * wander(rng, seconds, 3.5, 0.15, 1) * swell(seconds, 0.25, 0.3))
