"""MSR-VTT: 10,000 clips with twenty sentences each; the 1k-A split where its files are there, else the official one.

Xu, Mei, Yao and Rui, "MSR-VTT: A Large Video Description Dataset for Bridging Video and Language", CVPR 2016.
Sentences, in the root or in a folder of it:
    MSRVTT_data.json                                            everything in one file, or
    train_val_videodatainfo.json and test_videodatainfo.json    as first published
        {"videos": [{"video_id", "split": "train" | "validate" | "test", ...}], "sentences": [{"video_id", "caption"}]}
The 1k-A split (Yu, Kim and Kim, "A Joint Sequence Fusion Model", ECCV 2018; in msrvtt_data.zip of CLIP4Clip):
    MSRVTT_JSFUSION_test.csv    header key,vid_key,video_id,sentence: 1,000 clips with the ONE sentence each is asked by
    MSRVTT_train.9k.csv         header video_id: 9,000 clips; without this file, all clips that are not asked for
1k-A has no val split: a seeded 5 % of train is dev. The nineteen other sentences of a test clip are used for nothing.
The official split has 6,513 train, 497 validate and 2,990 test clips, and every sentence of a test clip is a query.
Clips: video0.mp4 ... video9999.mp4 in any folder below the root (TrainValVideo/ and TestVideo/, or videos/all/).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ace_core.collection import Collection
from ace_core.datasets import DATASETS
from ace_core.datasets.layout import (
    CLIP_ENDINGS,
    Entry,
    Part,
    files_by_stem,
    find,
    gather,
    plain_name,
    read_csv,
    read_object,
)
from ace_core.errors import CollectionError

WHOLE, HALVES = "MSRVTT_data.json", ("train_val_videodatainfo.json", "test_videodatainfo.json")
TEST_1K, TRAIN_9K = "MSRVTT_JSFUSION_test.csv", "MSRVTT_train.9k.csv"
_PARTS: dict[str, Part] = {"train": "train", "validate": "val", "test": "test"}

Listed = tuple[str, Part, tuple[str, ...]]  # video_id, split, sentences


@DATASETS.register("msrvtt")
def load_msrvtt(root: Path, json_file: Path | None = None, seed: int = 0) -> Collection:
    """1k-A: 9,000 train and 1,000 test clips, 1,000 queries; see above for the official split."""
    root = Path(root)
    files = [Path(json_file)] if json_file else _sentence_files(root)
    splits, texts = _read(files)
    asked = find(root, TEST_1K)
    listed = _official(splits, texts, files) if asked is None else _1k_a(root, asked, texts, files)
    clips = files_by_stem(root, CLIP_ENDINGS)
    entries = [Entry(video, clips.get(video, f"{video}.mp4"), part, said) for video, part, said in listed]
    return gather("msrvtt" if asked is None else "msrvtt-1k-a", root, "video", entries, files[0].name, seed)


def _official(splits: Mapping[str, str], texts: Mapping[str, tuple[str, ...]], files: list[Path]) -> list[Listed]:
    if not splits:
        raise CollectionError(f"{files[0].name} lists no videos, and there is no {TEST_1K}; the split is not known.")
    for video, split in splits.items():
        if split not in _PARTS:
            raise CollectionError(f"The split of {video!r} must be one of {', '.join(_PARTS)}, not {split!r}.")
    return [(video, _PARTS[split], texts.get(video, ())) for video, split in splits.items()]


def _1k_a(root: Path, asked: Path, texts: Mapping[str, tuple[str, ...]], files: list[Path]) -> list[Listed]:
    queries = {
        plain_name(row["video_id"], where, "video_id"): (row["sentence"],)
        for where, row in read_csv(asked, ("video_id", "sentence"))
    }
    nine = find(root, TRAIN_9K)
    train = (
        [video for video in texts if video not in queries]
        if nine is None
        else [plain_name(row["video_id"], where, "video_id") for where, row in read_csv(nine, ("video_id",))]
    )
    untold = [video for video in train if video not in texts]
    if untold:
        told = " and ".join(file.name for file in files)
        raise CollectionError(f"{told} have no sentence of {untold[0]} and {len(untold) - 1} more train clips.")
    both = [video for video in train if video in queries]
    if both:
        raise CollectionError(f"{TRAIN_9K} and {TEST_1K} both list {both[0]!r}; a test clip may not be trained on.")
    learnt: list[Listed] = [(video, "train", texts[video]) for video in train]
    return learnt + [(video, "test", sentence) for video, sentence in queries.items()]


def _sentence_files(root: Path) -> list[Path]:
    whole = find(root, WHOLE)
    files = [whole] if whole else [file for file in (find(root, name) for name in HALVES) if file]
    if not files:
        raise CollectionError(f"There is no {WHOLE} and no {HALVES[0]} in {root} or in a folder of it; check --root.")
    return files


def _read(files: list[Path]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Split by video as it is written, and sentences by video."""
    splits: dict[str, str] = {}
    texts: dict[str, list[str]] = {}
    for file in files:
        try:
            told = read_object(file.read_text(encoding="utf-8"), file.name)
        except (FileNotFoundError, UnicodeDecodeError) as error:
            raise CollectionError(f"{file} cannot be read as JSON ({error}); check --json-file.") from error
        for number, video in enumerate(_list(told, "videos", file)):
            splits[_video(video, file, f"videos[{number}]")] = str(video.get("split"))
        for number, sentence in enumerate(_list(told, "sentences", file)):
            name = _video(sentence, file, f"sentences[{number}]")
            if not isinstance(sentence.get("caption"), str):
                raise CollectionError(f"{file.name} sentences[{number}]: 'caption' must be a text.")
            texts.setdefault(name, []).append(sentence["caption"])
    return splits, {video: tuple(said) for video, said in texts.items()}


def _list(told: Mapping[str, Any], name: str, file: Path) -> list[Any]:
    found = told.get(name)
    if not isinstance(found, list):
        raise CollectionError(f"{file.name} is not of the MSR-VTT layout: it has no list {name!r}.")
    return found


def _video(entry: Any, file: Path, where: str) -> str:
    if not isinstance(entry, Mapping):
        raise CollectionError(f"{file.name} {where}: expected an object, found {type(entry).__name__}.")
    return plain_name(entry.get("video_id"), f"{file.name} {where}", "video_id")
