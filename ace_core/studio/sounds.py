"""Soundscapes: a grammar of beds, events and musical phrases in time; their mix; and the file.

A scene is drawn from (seed, index) alone. Every layer is rendered on a track of its own, so that what the attributes
say can be measured, and the mix keeps each event audible: well above what else sounds, in the band where it stands out.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence

import numpy as np
import soundfile

from ace_core.collection import Caption
from ace_core.studio import sound_captions
from ace_core.studio.language import Fact, chance, pick
from ace_core.studio.sound_scene import Actor, Bed, Event, Phrase, Scene
from ace_core.studio.synth.catalogue import PLACES, SOURCES
from ace_core.studio.synth.core import (
    SAMPLE_RATE,
    Rng,
    Signal,
    band,
    level,
    place,
    resampled,
    room,
    samples,
    silence,
    swell,
)
from ace_core.studio.synth.music import INSTRUMENTS, SHAPES, notes_of, phrase

SUFFIX = ".ogg"
SHORTEST, LONGEST = 3.0, 6.0
_LAST_END = LONGEST - 0.15
_STREAM = 2  # sets these random numbers apart from those of the other studios
_MAX_SEED = 2**31


# The grammar


def scene(seed: int, index: int) -> Scene:
    """The scene of this index; the same on every machine."""
    rng = np.random.default_rng((seed, _STREAM, index))
    where = pick(rng, list(PLACES), [len(events) for _, events in PLACES.values()])
    beds, events = PLACES[where]
    wanted = pick(rng, [1, 2, 3], [0.2, 0.5, 0.3])
    bed = _draw_bed(rng, pick(rng, beds)) if chance(rng, 0.8) else None
    actors: list[Actor] = []
    musical = int(rng.integers(wanted)) if chance(rng, 0.3) else -1
    start = float(rng.uniform(0.2, 0.5))
    for position in range(wanted):
        names = list(INSTRUMENTS) if position == musical else [n for n in events if all(n != a.sound for a in actors)]
        actor = _fitting(rng, names, start, actors)
        if actor is None:
            break
        actors.append(actor)
        start = max(a.end for a in actors) + float(rng.uniform(0.12, 0.35))
    last = max(actor.end for actor in actors)
    seconds = round(float(np.clip(last + rng.uniform(0.2, 0.7), SHORTEST, LONGEST)), 2)
    actors.sort(key=lambda actor: actor.start)
    return Scene(seed, index, seconds, where, bed, tuple(actors), int(rng.integers(_MAX_SEED)))


def _fitting(rng: Rng, names: list[str], start: float, before: list[Actor]) -> Actor | None:
    """One of these sources that ends in time, after what is there already or in the midst of it."""
    for _ in range(8):
        name = pick(rng, names)
        actor = _draw_phrase(rng, name, start) if name in INSTRUMENTS else _draw_event(rng, name, start)
        actor = (_overlap(rng, before[-1], actor) if before else None) or actor
        if actor.end <= _LAST_END:
            return actor
    return None


def _draw_bed(rng: Rng, sound: str) -> Bed:
    change = pick(rng, ["", "in", "out"], [0.6, 0.2, 0.2]) if SOURCES[sound].changeable else ""
    return Bed(sound, change, int(rng.integers(_MAX_SEED)))


def _draw_event(rng: Rng, sound: str, start: float) -> Event:
    source = SOURCES[sound]
    count = pick(rng, range(1, source.most + 1), [3, 3, 3, 2, 1][: source.most]) if source.kind == "hit" else 1
    gap = source.gap * float(rng.uniform(1.0, 1.15))
    while count > 1 and start + (count - 1) * gap + source.seconds > _LAST_END:
        count -= 1
    onsets = tuple(round(start + k * gap, 3) for k in range(count))
    length = source.seconds * (float(rng.uniform(1, 1.35)) if source.kind == "lasting" else 1)
    distance = pick(rng, ["", "near", "far"], [0.5, 0.2, 0.3]) if not source.still else ""
    pace = pick(rng, ["", "slow", "quick"], [0.3, 0.35, 0.35]) if source.paced else ""
    return Event(sound, onsets, onsets[0], round(onsets[-1] + length, 3), distance, pace, int(rng.integers(_MAX_SEED)))


def _draw_phrase(rng: Rng, instrument: str, start: float) -> Phrase:
    _, low, high = INSTRUMENTS[instrument]
    shape, mode = pick(rng, SHAPES), pick(rng, ["major", "minor"])
    pace = pick(rng, ["slow", "quick"])
    step = float(rng.uniform(0.42, 0.52) if pace == "slow" else rng.uniform(0.15, 0.2))
    count = int(rng.integers(3, 5) if pace == "slow" else rng.integers(5, 8))
    if shape == "chord":
        count = int(rng.integers(2, 4))
    wide = high - low > 14
    register = pick(rng, ["low", "high"]) if wide and chance(rng, 0.6) else ""
    third = (high - low) // 3
    bottom, top = {"low": (low, low + third // 2), "high": (high - third // 2, high)}.get(
        register, (low + third, high - third)
    )
    tonic = int(rng.integers(bottom, top + 1))
    notes = notes_of(shape, mode, tonic, count)
    pitches = {midi - tonic for stroke in notes for midi in stroke}
    if not pitches & {3, 4}:
        mode = ""
    step, start = round(step, 4), round(start, 3)
    return Phrase(
        instrument,
        shape,
        mode,
        register,
        pace,
        notes,
        step,
        start,
        round(start + step * len(notes) + 0.3, 3),
        int(rng.integers(_MAX_SEED)),
    )


def _overlap(rng: Rng, before: Actor, actor: Actor) -> Event | None:
    """`actor` moved so that it sounds while `before`, a lasting sound, goes on; None where they shall not overlap."""
    if not isinstance(before, Event) or not isinstance(actor, Event) or SOURCES[before.sound].kind != "lasting":
        return None
    spare = (before.end - before.start) - (actor.end - actor.start)
    if spare < 0.3 or not chance(rng, 0.6):
        return None
    shift = before.start + float(rng.uniform(0.4, 0.8)) * spare - actor.start
    moved = tuple(round(onset + shift, 3) for onset in actor.onsets)
    return Event(actor.sound, moved, moved[0], round(actor.end + shift, 3), actor.distance, actor.pace, actor.seed)


# Tracks


def bed_track(bed: Bed, seconds: float) -> Signal:
    """The bed alone, of RMS 1 where it is at its fullest."""
    rng = np.random.default_rng(bed.seed)
    track = level(np.tanh(SOURCES[bed.sound].make(rng, seconds) / 4))
    edge = np.linspace(0, 1, len(track), dtype=np.float32)
    fade = {"in": edge**1.5 + 0.02, "out": (1 - edge) ** 1.5 + 0.02}.get(bed.change, 1.0)
    return (track * fade).astype(np.float32)


def actor_track(actor: Actor, seconds: float) -> Signal:
    """The event or phrase alone on a track of the scene's length, its loudest moments at RMS 1 before distance."""
    rng = np.random.default_rng(actor.seed)
    track = silence(seconds)
    if isinstance(actor, Phrase):
        place(track, phrase(rng, actor.sound, actor.notes, actor.step), actor.start)
    elif SOURCES[actor.sound].kind == "lasting":
        source, length = SOURCES[actor.sound], actor.end - actor.start
        place(track, source.make(rng, length, actor.pace) if source.paced else source.make(rng, length), actor.start)
    else:
        hit = SOURCES[actor.sound].make(rng)
        for onset in actor.onsets:  # the same throat or bell every time, never quite the same stroke
            place(track, resampled(hit, float(rng.uniform(0.99, 1.01))), onset, float(rng.uniform(0.88, 1)))
    if isinstance(actor, Event) and actor.distance == "far":
        track = room(rng, band(track, 120, 1900, 1), 1.0, 0.35, 2200)[: len(track)]
    return track / max(_active_rms(track), 1e-6)


def _frames(signal: Signal, length: int = 2400) -> Signal:
    """(frames, length): tenths of a second."""
    return np.pad(signal, (0, -len(signal) % length)).reshape(-1, length)


def _active_rms(track: Signal) -> float:
    """Level of the loudest tenths of a second, low tones weighing less as they do in the ear."""
    powers = np.square(_frames(band(track, 200, 7000, 1))).mean(1)
    return float(np.sqrt(np.sort(powers)[-3:].mean()))


# The mix

_EDGES = np.array([0, 120, 240, 400, 600, 850, 1200, 1700, 2400, 3400, 4800, 7000, 12000])
_DISTANCE = {"near": 3.0, "": 0.0, "far": -8.0}
_BED_LEVEL = -11.0  # dB below the events
_CLEAR = 9.0  # dB an event stands above what else sounds, in its best band


def _band_powers(track: Signal) -> np.ndarray:
    """(frames, bands): power in tenths of a second and about half-octave bands."""
    frames = _frames(track) * np.hanning(2400).astype(np.float32)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    splits = np.searchsorted(np.fft.rfftfreq(2400, 1 / SAMPLE_RATE), _EDGES[:-1])
    return np.add.reduceat(power, splits, axis=1) + 1e-9


def clearness(event: Signal, others: Signal) -> float:
    """By how many dB `event` stands above `others` in its best band, in its three best tenths of a second.

    Only bands that hold a good part of the event's own power count: a trace above the others is not yet heard.
    """
    own = _band_powers(event)
    ratio = np.where(own > 0.1 * own.max(1, keepdims=True), own / _band_powers(others), 0).max(1)
    loud = own.sum(1)
    ratio = np.where(loud > 0.05 * loud.max(), ratio, 0)
    return float(10 * np.log10(np.sort(ratio)[-3:].mean() + 1e-12))


def _sum(tracks: Sequence[Signal | None], length: int) -> Signal:
    result = np.zeros(length, np.float32)
    for track in tracks:
        if track is not None:
            result += track
    return result


def mix_tracks(scene: Scene) -> tuple[Signal | None, list[Signal]]:
    """Bed and actors, each on its own track, at the levels they have in the mix (before normalisation)."""
    actors = []
    for actor in scene.actors:
        loud = SOURCES[actor.sound].loud if isinstance(actor, Event) else 0.0
        distance = _DISTANCE[actor.distance] if isinstance(actor, Event) else 0.0
        actors.append((actor_track(actor, scene.seconds) * 10 ** ((loud + distance) / 20)).astype(np.float32))
    bed = None
    if scene.bed:
        gain = _BED_LEVEL + SOURCES[scene.bed.sound].loud
        bed = bed_track(scene.bed, scene.seconds) * np.float32(10 ** (gain / 20))
        lowest = min(clearness(track, bed) for track in actors)
        bed *= np.float32(10 ** (np.clip(lowest - _CLEAR, -9, 0) / 20))
    for k, track in enumerate(actors):
        others = _sum([t for j, t in enumerate([*actors, bed]) if j != k], len(track))
        if np.any(others):
            track *= np.float32(10 ** (np.clip(_CLEAR - clearness(track, others), 0, 12) / 20))
    return bed, actors


def waveform(scene: Scene) -> Signal:
    """The mix: float32 (samples,) at 24 kHz, peak 0.85, faded at both ends."""
    bed, actors = mix_tracks(scene)
    mixed = _sum([*actors, bed], samples(scene.seconds))
    mixed /= max(2.2 * _active_rms(mixed), 1e-6)
    mixed = np.tanh(mixed / 1.6) * swell(scene.seconds, 0.02, 0.12)[: len(mixed)]
    return (0.85 * mixed / max(float(np.abs(mixed).max()), 1e-6)).astype(np.float32)


def render(scene: Scene) -> bytes:
    """The sound as Ogg Opus, mono, 24 kHz; the same bytes every time, and never over full scale when decoded."""
    mixed = waveform(scene)
    while True:
        content = _encoded(mixed)
        peak = float(np.abs(soundfile.read(io.BytesIO(content), dtype="float32")[0]).max())
        if peak <= 0.98:
            return _with_serial(content, scene.index)
        mixed *= np.float32(0.85 / peak)  # the codec overshoots at sharp clicks


def _encoded(mixed: Signal) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, mixed, SAMPLE_RATE, format="OGG", subtype="OPUS", compression_level=0.9)
    return stream.getvalue()


_MIRROR = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


def _ogg_checksum(page: bytes) -> int:
    """CRC-32 as Ogg has it: the polynomial of zlib with the bits the other way round, from 0 and not inverted."""
    mirrored = zlib.crc32(page.translate(_MIRROR), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def _with_serial(content: bytes, serial: int) -> bytes:
    """The Ogg stream under this serial number; the encoder draws one at random, which would make every file differ."""
    pages = bytearray(content)
    at = 0
    while at < len(pages):
        segments = pages[at + 26]
        size = 27 + segments + sum(pages[at + 27 : at + 27 + segments])
        pages[at + 14 : at + 18] = (serial & 0xFFFFFFFF).to_bytes(4, "little")
        pages[at + 22 : at + 26] = bytes(4)
        pages[at + 22 : at + 26] = _ogg_checksum(bytes(pages[at : at + size])).to_bytes(4, "little")
        at += size
    return bytes(pages)


def captions(scene: Scene) -> list[Caption]:
    """Six captions to train on, each telling a part of the scene."""
    return sound_captions.training_captions(scene)


def queries(scene: Scene) -> list[Caption]:
    """Two captions kept for measuring, in the rare voice, different from those to train on."""
    return [caption for caption, _ in told(scene)]


def told(scene: Scene) -> list[tuple[Caption, frozenset[Fact]]]:
    """The queries, each with the facts it tells."""
    return sound_captions.told_queries(scene)


def truths(scene: Scene) -> frozenset[Fact]:
    """All that could truly be told of the scene: it bears a query where these hold the query's facts."""
    return sound_captions.truths(scene)
