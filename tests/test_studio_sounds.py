"""The sound studio: what the attributes and captions say must be what sounds."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from ace_core.studio import sound_captions, sound_words, sounds
from ace_core.studio.language import RARE_VOICE, caption_key
from ace_core.studio.sound_scene import Bed, Event, Phrase, Scene
from ace_core.studio.synth.catalogue import PLACES, SOURCES
from ace_core.studio.synth.core import SAMPLE_RATE, pluck
from ace_core.studio.synth.music import INSTRUMENTS, SHAPES, notes_of, pitch_of

SCENES = [sounds.scene(7, index) for index in range(240)]
TOLD = [(scene, sounds.captions(scene), sounds.queries(scene)) for scene in SCENES]
BEDS = [name for name, source in SOURCES.items() if source.kind == "bed"]
HITS = [name for name, source in SOURCES.items() if source.kind == "hit"]
LASTING = [name for name, source in SOURCES.items() if source.kind == "lasting"]


def event_of(name: str, count: int = 1, pace: str = "", distance: str = "", seed: int = 3) -> Event:
    source = SOURCES[name]
    onsets = tuple(0.3 + k * source.gap * 1.08 for k in range(count))
    length = source.seconds * (1.2 if source.kind == "lasting" else 1)
    return Event(name, onsets, onsets[0], onsets[-1] + length, distance, pace, seed)


def phrase_of(instrument: str, shape: str, mode: str = "major", count: int = 4, step: float = 0.45) -> Phrase:
    tonic = sum(INSTRUMENTS[instrument][1:]) // 2
    notes = notes_of(shape, mode, tonic, count)
    return Phrase(instrument, shape, mode, "", "slow", notes, step, 0.3, 0.3 + step * len(notes) + 0.3, 5)


def rises(track: np.ndarray, refractory: float) -> list[float]:
    """Moments at which the envelope jumps up, at least `refractory` seconds apart."""
    hop = SAMPLE_RATE // 100
    envelope = np.sqrt(np.square(track[: len(track) // hop * hop]).reshape(-1, hop).mean(1))
    before = np.array([envelope[max(0, k - 6) : k].mean() if k else 0.0 for k in range(len(envelope))])
    found: list[float] = []
    for k in np.flatnonzero((envelope > 0.18 * envelope.max()) & (envelope > 1.5 * before)):
        if not found or k / 100 - found[-1] > refractory:
            found.append(k / 100)
    return found


def test_a_scene_depends_on_seed_and_index_alone() -> None:
    assert sounds.scene(1, 5) == sounds.scene(1, 5)
    assert sounds.scene(1, 5) != sounds.scene(2, 5)
    assert sounds.scene(1, 5) != sounds.scene(1, 6)
    with pytest.raises(dataclasses.FrozenInstanceError):
        sounds.scene(1, 5).seconds = 4.0  # type: ignore[misc]


def test_another_process_makes_the_same_bytes() -> None:
    code = (
        "import hashlib; from ace_core.studio import sounds as s\n"
        "for x in map(s.scene, (7, 7), (0, 3)):\n"
        "    print(hashlib.sha256(s.render(x) + repr(s.captions(x)).encode()).hexdigest())"
    )
    first = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    here = [
        hashlib.sha256(sounds.render(s) + repr(sounds.captions(s)).encode()).hexdigest() for s in (SCENES[0], SCENES[3])
    ]
    assert first.split() == here


@pytest.mark.parametrize("index", range(0, 24, 2))
def test_a_file_decodes_to_what_was_stated(index: int) -> None:
    scene = SCENES[index]
    content = sounds.render(scene)
    decoded, rate = soundfile.read(io.BytesIO(content))
    assert rate == SAMPLE_RATE
    assert decoded.ndim == 1
    assert len(decoded) / rate == pytest.approx(scene.seconds, abs=0.002)
    assert 3 <= scene.seconds <= 6
    assert len(content) < 6 * scene.seconds * 1000
    assert 0.4 < np.abs(decoded).max() <= 0.98
    assert np.abs(decoded[:50]).max() < 0.05  # fades
    assert np.abs(decoded[-50:]).max() < 0.05
    mixed = sounds.waveform(scene)
    assert np.corrcoef(decoded, mixed)[0, 1] > 0.7  # the codec keeps the sound, not the samples


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_lasts_and_changes_as_it_says(name: str) -> None:
    steady = sounds.bed_track(Bed(name, "", 4), 4.0)
    assert len(steady) == 4 * SAMPLE_RATE
    assert np.isfinite(steady).all()
    halves = np.square(steady).reshape(8, -1).mean(1)
    assert halves.min() > 0.003 * halves.max()  # never silent for half a second
    assert np.abs(steady).max() < 15 * np.sqrt(np.square(steady).mean())  # no single click outweighs the rest
    growing = np.square(sounds.bed_track(Bed(name, "in", 4), 4.0)).reshape(4, -1).mean(1)
    dying = np.square(sounds.bed_track(Bed(name, "out", 4), 4.0)).reshape(4, -1).mean(1)
    assert growing[0] < 0.3 * growing[3] or not SOURCES[name].changeable
    assert dying[3] < 0.3 * dying[0] or not SOURCES[name].changeable


@pytest.mark.parametrize("name", HITS)
def test_a_hit_sounds_as_often_and_when_it_says(name: str) -> None:
    event = event_of(name, SOURCES[name].most)
    track = sounds.actor_track(event, event.end + 0.5)
    assert np.isfinite(track).all()
    assert np.abs(track).max() > 0.5
    measured = rises(track, 0.8 * SOURCES[name].gap)
    assert len(measured) == event.count
    assert np.allclose(measured, event.onsets, atol=max(0.15, 0.15 * SOURCES[name].gap))


@pytest.mark.parametrize("name", LASTING)
def test_a_lasting_sound_fills_its_time_and_keeps_its_pace(name: str) -> None:
    event = event_of(name)
    track = sounds.actor_track(event, event.end + 0.5)
    assert np.isfinite(track).all()
    power = np.square(track)
    inside = power[round(event.start * SAMPLE_RATE) : round(event.end * SAMPLE_RATE)].sum()
    assert inside > 0.99 * power.sum()
    assert np.sqrt(power.max()) > 0.5
    if SOURCES[name].paced:
        slow, quick = (sounds.actor_track(event_of(name, pace=pace), 4.0) for pace in ("slow", "quick"))
        assert not np.allclose(slow, quick)
        assert _beat(quick) < _beat(slow)


def _beat(track: np.ndarray) -> float:
    """Mean time between the jumps of the envelope, seconds."""
    moments = rises(track, 0.04)
    return float(np.diff(moments).mean()) if len(moments) > 1 else 4.0


@pytest.mark.parametrize("instrument", list(INSTRUMENTS))
def test_a_phrase_plays_the_notes_it_names(instrument: str) -> None:
    played = phrase_of(instrument, "rising")
    track = sounds.actor_track(played, played.end + 0.5)
    pitches = [pitch_of(stroke[0]) for stroke in played.notes]
    for onset, expected in zip(played.onsets, pitches, strict=True):
        start = round((onset + 0.12) * SAMPLE_RATE)
        window = track[start : start + round(0.28 * SAMPLE_RATE)]
        power = np.abs(np.fft.rfft(window * np.hanning(len(window)), 1 << 15)) ** 2
        salience = [_harmonic_power(power, pitch) for pitch in pitches]
        assert pitches[int(np.argmax(salience))] == expected


def _harmonic_power(power: np.ndarray, pitch: float) -> float:
    """Power at the first four harmonics."""
    places = [round(number * pitch * (1 << 15) / SAMPLE_RATE) for number in (1, 2, 3, 4)]
    return float(sum(power[at - 4 : at + 5].max(initial=0.0) for at in places))


def test_phrases_have_the_shapes_they_are_named_after() -> None:
    lines = {shape: [stroke[0] for stroke in notes_of(shape, "minor", 60, 4)] for shape in SHAPES}
    assert lines["rising"] == sorted(set(lines["rising"]))
    assert lines["falling"] == sorted(lines["falling"], reverse=True)
    assert len(set(lines["repeated"])) == 1
    assert lines["arch"][0] == lines["arch"][-1] == min(lines["arch"])
    assert lines["alternating"][::2] == [60, 60]
    assert lines["alternating"][1] == 63
    assert notes_of("chord", "major", 60, 2) == ((60, 64, 67), (60, 64, 67))
    assert all(
        len(notes_of(shape, "major", 60, count)) == count
        for shape in SHAPES
        for count in range(3, 8 if shape != "arpeggio" else 7)
    )


def test_a_plucked_string_is_in_tune_and_fades() -> None:
    string = pluck(np.random.default_rng(0), 220.0, 1.0)
    power = np.abs(np.fft.rfft(string * np.hanning(len(string)), 1 << 17)) ** 2
    low, high = (round(f * (1 << 17) / SAMPLE_RATE) for f in (180, 270))
    assert (low + np.argmax(power[low:high])) * SAMPLE_RATE / (1 << 17) == pytest.approx(220, rel=0.01)
    assert np.square(string[-4000:]).mean() < 0.3 * np.square(string[:4000]).mean()


def test_far_is_softer_and_duller_than_near() -> None:
    near, far = (event_of("dog bark", 2, distance=distance) for distance in ("near", "far"))
    base = dataclasses.replace(SCENES[0], seconds=3.0, bed=None)
    (close,), (away,) = (sounds.mix_tracks(dataclasses.replace(base, actors=(e,)))[1] for e in (near, far))
    assert np.square(away).mean() < 0.3 * np.square(close).mean()
    brightness = [np.square(np.diff(track)).sum() / np.square(track).sum() for track in (close, away)]
    assert brightness[1] < 0.7 * brightness[0]


@pytest.mark.parametrize("index", range(1, 60, 3))
def test_every_event_is_heard_above_the_rest(index: int) -> None:
    scene = SCENES[index]
    bed, actors = sounds.mix_tracks(scene)
    for k, track in enumerate(actors):
        others = sum((t for j, t in enumerate([*actors, bed]) if j != k and t is not None), np.zeros_like(track))
        if np.any(others):
            assert sounds.clearness(track, others) > 6
    if bed is not None:
        loudest = max(np.square(track).mean() for track in actors)
        assert np.square(bed).mean() > 1e-4 * loudest  # still there


def test_sources_differ_from_one_another() -> None:
    """Mean spectra and their change over time, all pairs: no two names for one sound."""
    profiles = {}
    for name, source in SOURCES.items():
        bed = source.kind == "bed"
        track = sounds.bed_track(Bed(name, "", 9), 2.0) if bed else sounds.actor_track(event_of(name), 3.2)
        powers = sounds._band_powers(track)
        powers = np.log10(powers / powers.max() + 1e-4)
        profiles[name] = np.concatenate([powers.mean(0), powers.std(0), powers.max(0)])
    names = list(profiles)
    table = np.stack([profiles[name] for name in names])
    distances = np.linalg.norm(table[:, None] - table[None], axis=-1) + 99 * np.eye(len(names))
    first, second = np.unravel_index(np.argmin(distances), distances.shape)
    assert distances.min() > 0.25, (names[first], names[second])


def test_scenes_keep_to_their_time_and_say_so() -> None:
    for scene in SCENES:
        assert json.loads(json.dumps(scene.attributes())) == scene.attributes()
        assert scene.actors
        assert [a.start for a in scene.actors] == sorted(a.start for a in scene.actors)
        for actor, said in zip(scene.actors, scene.attributes()["events"], strict=True):
            assert 0 <= actor.start < actor.end <= scene.seconds
            assert said["count"] == len(said["onsets"]) == len(set(said["onsets"]))
            assert said["onsets"][0] == pytest.approx(actor.start, abs=1e-3)
    assert {s.bed.sound for s in SCENES if s.bed} == set(BEDS)
    assert set(SOURCES) == {name for beds, events in PLACES.values() for name in (*beds, *events)}


def test_every_source_has_words() -> None:
    assert set(sound_words.BED_WORDS) == set(BEDS)
    assert set(sound_words.EVENT_WORDS) == set(HITS) | set(LASTING)
    assert set(sound_words.INSTRUMENT_WORDS) == set(INSTRUMENTS)
    assert set(sound_words.SHAPE_WORDS) == set(SHAPES)


def test_captions_come_in_their_number_and_voices() -> None:
    voices: list[str] = []
    for _, told, asked in TOLD:
        assert (len(told), len(asked)) == (6, 2)
        keys = [caption_key(c.text) for c in (*told, *asked)]
        assert len(set(keys)) == 8
        assert all(c.voice == RARE_VOICE for c in asked)
        assert all(len(c.text.split()) > 1 and not re.search(r"[{}*(|]|None", c.text) for c in (*told, *asked))
        voices += [c.voice for c in told]
    assert 0.01 < voices.count(RARE_VOICE) / len(voices) < 0.08
    assert {"terse", "descriptive", "colloquial"} < set(voices)


def _lexicon() -> dict[str, set[str]]:
    """Every name and clause as it may stand in a sentence -> the sources it may stand for."""
    names: dict[str, set[str]] = {}
    for sound, known in {**sound_words.BED_WORDS, **sound_words.EVENT_WORDS}.items():
        clauses = [f"{subject} {verb}" for subject, *verbs in known.clauses for verb in verbs]
        nouns = [re.sub(r"^(an?|the) ", "", noun) for noun in known.nouns]
        for phrase in [*clauses, *nouns, *map(sound_captions.plural_phrase, nouns)]:
            names.setdefault(phrase.lower(), set()).add(sound)
    for sound, instruments in sound_words.INSTRUMENT_WORDS.items():
        for instrument in instruments:
            names.setdefault(instrument, set()).add(sound)
    return names


def test_captions_name_only_what_sounds() -> None:
    names = _lexicon()
    pattern = re.compile(r"\b(" + "|".join(sorted(map(re.escape, names), key=len, reverse=True)) + r")(?!\w)")
    for scene, told, asked in TOLD:
        present = {a.sound for a in scene.actors} | ({scene.bed.sound} if scene.bed else set())
        for caption in (*told, *asked):
            mentioned = pattern.findall(caption.text.lower())
            assert mentioned, caption.text
            for name in mentioned:
                assert names[name] & present, (name, caption.text)


def test_counts_and_details_in_captions_are_true() -> None:
    numbers = {
        "once": 1,
        "twice": 2,
        **{f"{w} times": n for n, w in enumerate(("three", "four", "five", "six", "seven"), 3)},
    }
    for scene, told, asked in TOLD:
        counts = {a.count for a in scene.actors}
        events = [a for a in scene.actors if isinstance(a, Event)]
        for caption in (*told, *asked):
            text = caption.text.lower()
            for word, count in numbers.items():
                assert not re.search(rf"(?<!at ){word}\b", text) or count in counts, text
            far = any(re.search(rf"\b{re.escape(w)}\b", text) for w in (*sound_words.DISTANCE_WORDS["far"], "faraway"))
            assert not far or any(e.distance == "far" for e in events), text
            for mode, changes in sound_words.CHANGE_PARTICIPLES.items():
                if any(w in text for w in changes):
                    assert scene.bed is not None, text
                    assert scene.bed.change == mode, text


def test_facts_told_are_facts_of_the_scene() -> None:
    rng = np.random.default_rng(0)
    for scene in SCENES[:150]:
        for voice in sound_captions._FRAMES:
            for fact in sound_captions.tell(rng, scene, voice, thorough=True)[1]:
                assert _holds(fact, scene), (fact, scene)


def _holds(fact: tuple[str, ...], scene: Scene) -> bool:
    kind, name, *rest = fact
    if scene.bed and scene.bed.sound == name and kind in ("sound", "change"):
        return kind == "sound" or scene.bed.change == rest[0]
    actor = next(a for a in scene.actors if a.sound == name)
    if kind in ("order", "overlap"):
        other = next(a for a in scene.actors if a.sound == rest[0])
        return (actor.end - 0.05 <= other.start) == (kind == "order") and actor.start <= other.start
    if kind == "number":
        return (actor.count == 1) == (rest[0] == "one")
    return kind == "sound" or str(getattr(actor, kind)) == rest[0]


def test_cores_tell_the_events_in_their_order() -> None:
    """`{a}` comes before `{b}` in the sentence unless the sentence turns it round with 'after'."""
    for cores in sound_captions._CORES.values():
        for template in (*cores["ab"], *cores["abc"]):
            order = re.findall(r"\{([abc]):", template)
            turned = re.search(r"\{b:\w\}.* after \{a", template) is not None
            assert order == (["b", "a"] if turned else sorted(order)), template
            words = r"then|before|after|followed|later|next|finally|last|in this order"
            assert re.search(words, template), template
    for bare, with_bed in sound_captions._FRAMES.values():
        assert len(bare) + len(with_bed) >= 12
        assert all(len(re.findall(r"\{[FPN]\}", frame)) == 1 for frame in (*bare, *with_bed))
        assert all("{w:" in frame for frame in with_bed)
        assert not any("{w:" in frame for frame in bare)


def test_plurals_of_phrases() -> None:
    assert sound_captions.plural_phrase("clap of thunder") == "claps of thunder"
    assert sound_captions.plural_phrase("distant gull cry") == "distant gull cries"
    assert sound_captions.plural_phrase("knock on the door") == "knocks on the door"
    assert sound_captions.plural_phrase("paper being torn") == "papers being torn"


def test_vocabulary_is_wide_and_queries_tell_items_apart() -> None:
    texts = [c.text.lower() for _, told, asked in TOLD for c in (*told, *asked)]
    assert len({word for text in texts for word in re.findall(r"[a-z]+", text)}) > 400
    asked = [caption_key(c.text) for _, _, asked in TOLD for c in asked]
    assert len(set(asked)) > 0.99 * len(asked)
