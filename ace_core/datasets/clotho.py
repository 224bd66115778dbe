"""Clotho, version 2.1 or another: sounds of 15 to 30 s with five sentences each.

Drossos, Lipping and Virtanen, "Clotho: an Audio Captioning Dataset", ICASSP 2020; https://zenodo.org/records/4783391
    clotho_captions_development.csv, clotho_captions_validation.csv, clotho_captions_evaluation.csv
        header file_name,caption_1,caption_2,caption_3,caption_4,caption_5; one line a sound
    clotho_audio_development.7z -> development/*.wav, and so validation/ and evaluation/
The archives may be unpacked in the root, in clotho_audio_files/ or in folders of their own names. development ->
train, validation -> dev, evaluation -> held_out. Version 1 has no validation split: a seeded 5 % of development is dev.
Ids are `evaluation/<file name>`, since a file name alone is not promised to be in one split only.
"""

from __future__ import annotations

from pathlib import Path

from ace_core.collection import Collection
from ace_core.datasets import DATASETS
from ace_core.datasets.layout import Entry, Part, find, folder_of, gather, no_split_file, plain_name, read_csv, require

CAPTIONS = tuple(f"caption_{number}" for number in range(1, 6))
_PARTS: dict[str, Part] = {"development": "train", "validation": "val", "evaluation": "test"}
_FOLDERS = ("{0}", "clotho_audio_files/{0}", "clotho_audio_{0}/{0}", "clotho_audio_{0}", "audio/{0}", "data/{0}")


@DATASETS.register("clotho")
def load_clotho(root: Path, json_file: Path | None = None, seed: int = 0) -> Collection:
    """3,839 development, 1,045 validation and 1,045 evaluation sounds (version 2.1)."""
    no_split_file(json_file, "Clotho")
    root = Path(root)
    entries = [entry for split in _PARTS for entry in _entries(root, split)]
    return gather("clotho", root, "audio", entries, "the CSV files of Clotho", seed)


def _entries(root: Path, split: str) -> list[Entry]:
    name = f"clotho_captions_{split}.csv"
    if split == "validation" and find(root, name) is None:
        return []
    file = require(root, name, "download it from https://zenodo.org/records/4783391")
    rows = [
        (plain_name(row["file_name"], where, "file_name"), tuple(row[caption] for caption in CAPTIONS))
        for where, row in read_csv(file, ("file_name", *CAPTIONS))
    ]
    folder = folder_of(root, [place.format(split) for place in _FOLDERS], [sound for sound, _ in rows])
    return [Entry(f"{split}/{sound}", f"{folder}/{sound}", _PARTS[split], texts) for sound, texts in rows]
