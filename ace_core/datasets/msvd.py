"""MSVD, the Microsoft Video Description corpus: 1,970 clips of YouTube with about forty sentences each.

Chen and Dolan, "Collecting Highly Parallel Data for Paraphrase Evaluation", ACL 2011;
https://www.cs.utexas.edu/~ml/clamp/videoDescription/
    AllVideoDescriptions.txt     lines `<clip> <sentence>`, such as `mv89psg6zh4_33_46 a bird is bathing in a sink`;
                                 lines that begin with # are remarks
    YouTubeClips.tar             -> YouTubeClips/<clip>.avi
The usual split (Venugopalan et al. 2015; in misc/datasets/msvd of collaborative-experts, or msvd_data.zip of
CLIP4Clip):
    train_list.txt, val_list.txt, test_list.txt     one clip a line: 1,200, 100 and 670
raw-captions.pkl, which comes with these lists, is a pickle and is never opened; the text file holds the same sentences,
not yet cut into words. Every sentence of a test clip is a query of its own.
"""

from __future__ import annotations

from pathlib import Path

from ace_core.collection import Collection
from ace_core.datasets import DATASETS
from ace_core.datasets.layout import CLIP_ENDINGS, Entry, Part, files_by_stem, gather, plain_name, read_lines, require
from ace_core.errors import CollectionError

SENTENCES = "AllVideoDescriptions.txt"
_PARTS: tuple[Part, ...] = ("train", "val", "test")


@DATASETS.register("msvd")
def load_msvd(root: Path, json_file: Path | None = None, seed: int = 0) -> Collection:
    """1,200 train, 100 val and 670 test clips. `json_file`: the file of sentences, where it lies elsewhere."""
    root = Path(root)
    file = Path(json_file) if json_file else require(root, SENTENCES, "download it from the page of the data set")
    if not file.is_file():
        raise CollectionError(f"There is no {file}; give {SENTENCES} with --json-file, or leave it out.")
    texts = _sentences(file)
    clips = files_by_stem(root, CLIP_ENDINGS)
    entries = [
        Entry(clip, clips.get(clip, f"YouTubeClips/{clip}.avi"), part, tuple(texts.get(clip, ())))
        for part in _PARTS
        for clip in _listed(root, part)
    ]
    return gather("msvd", root, "video", entries, "the lists of MSVD", seed)


def _listed(root: Path, part: Part) -> list[str]:
    file = require(root, f"{part}_list.txt", "take the lists from misc/datasets/msvd of albanie/collaborative-experts")
    return [plain_name(line.strip(), file.name, "clip") for line in read_lines(file)]


def _sentences(file: Path) -> dict[str, list[str]]:
    if file.suffix == ".pkl":
        raise CollectionError(f"{file.name} is a pickle, which is never opened; give {SENTENCES} instead.")
    texts: dict[str, list[str]] = {}
    for number, line in enumerate(read_lines(file), start=1):
        clip, _, sentence = line.strip().partition(" ")
        if clip.startswith("#"):
            continue
        if not sentence.strip():
            raise CollectionError(
                f"{file.name} line {number}: expected a clip, a blank and a sentence, not {line[:60]!r}."
            )
        texts.setdefault(clip, []).append(sentence)
    return texts
