"""AudioCaps: ten seconds of a YouTube video's sound, with one sentence (train) or five (val, test).

Kim, Kim, Lee and Kim, "AudioCaps: Generating Captions for Audios in The Wild", NAACL 2019;
https://github.com/cdjkim/audiocaps, folder dataset/ (or dataset2.0/)
    train.csv, val.csv, test.csv       header audiocap_id,youtube_id,start_time,caption; one line a sentence
Five lines of val and test with the same youtube_id and start_time are one sound with five sentences. The sounds are
not published: everybody cuts them out of YouTube and names them in their own way. Looked for anywhere below the root,
as .wav, .flac, .ogg, .mp3 or .m4a, in this order:
    <youtube_id>_<start_time>          as aac-datasets does
    <youtube_id>_<start>_<start + 10>  in seconds, or in milliseconds as AudioSet does
    <youtube_id>
    each of these with a Y before it   as WavCaps does
    <audiocap_id>                      of any of the sound's lines
Ids are `<youtube_id>_<start_time>`. Many videos are gone; figures on what is left compare with others only roughly, so
the count and an example of what is missing are told. A sound listed in several splits counts for test, else for val.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ace_core.collection import Collection
from ace_core.datasets import DATASETS
from ace_core.datasets.layout import (
    SOUND_ENDINGS,
    Entry,
    Part,
    files_by_stem,
    gather,
    no_split_file,
    plain_name,
    read_csv,
    require,
)
from ace_core.errors import CollectionError

SECONDS = 10  # of every sound
_PARTS: tuple[Part, ...] = ("train", "val", "test")  # a sound listed in several belongs to the last of them

Sound = tuple[str, int]  # youtube_id, start_time in seconds


@DATASETS.register("audiocaps")
def load_audiocaps(root: Path, json_file: Path | None = None, seed: int = 0) -> Collection:
    """49,838 train, 495 val and 975 test sounds as published in 2019."""
    no_split_file(json_file, "AudioCaps")
    root = Path(root)
    listed = {part: _sounds(root, part) for part in _PARTS}
    files = files_by_stem(root, SOUND_ENDINGS)
    entries: list[Entry] = []
    for place, part in enumerate(_PARTS):
        taken = set().union(*(listed[measured].keys() for measured in _PARTS[place + 1 :]))
        sounds = {sound: lines for sound, lines in listed[part].items() if sound not in taken}
        if len(sounds) < len(listed[part]):
            told = f"{len(listed[part]) - len(sounds)} sounds of {part}.csv"
            print(f"{told} are listed in a split that is measured, and are left out of {part}", file=sys.stderr)
        entries += [_entry(sound, part, lines, files) for sound, lines in sounds.items()]
    return gather("audiocaps", root, "audio", entries, "the CSV files of AudioCaps", seed)


def _sounds(root: Path, part: Part) -> dict[Sound, list[tuple[str, str]]]:
    """(audiocap_id, sentence) of every line, by sound."""
    file = require(root, f"{part}.csv", "take it from https://github.com/cdjkim/audiocaps, folder dataset")
    sounds: dict[Sound, list[tuple[str, str]]] = {}
    for where, row in read_csv(file, ("audiocap_id", "youtube_id", "start_time", "caption")):
        name = plain_name(row["youtube_id"], where, "youtube_id")
        caption_id = plain_name(row["audiocap_id"], where, "audiocap_id")
        if not row["start_time"].strip().isdecimal():
            raise CollectionError(f"{where}: 'start_time' must be whole seconds, not {row['start_time']!r}.")
        sounds.setdefault((name, int(row["start_time"])), []).append((caption_id, row["caption"]))
    return sounds


def _entry(sound: Sound, part: Part, lines: Sequence[tuple[str, str]], files: Mapping[str, str]) -> Entry:
    name = f"{sound[0]}_{sound[1]}"
    stems = file_stems(sound, [caption_id for caption_id, _ in lines])
    path = next((files[stem] for stem in stems if stem in files), f"{name}.wav")
    return Entry(name, path, part, tuple(text for _, text in lines))


def file_stems(sound: Sound, caption_ids: Sequence[str]) -> Iterator[str]:
    """The names under which a sound may be found, without ending, best first."""
    name, start = sound
    end = start + SECONDS
    plain = (f"{name}_{start}", f"{name}_{start}_{end}", f"{name}_{1000 * start}_{1000 * end}", name)
    yield from plain
    yield from (f"Y{stem}" for stem in plain)
    yield from caption_ids
