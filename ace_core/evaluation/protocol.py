"""What may be used to index a collection, checked by hash, and which queries measure it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ace_core.collection import Collection, Modality, Split
from ace_core.errors import TrainingError


@dataclass(frozen=True)
class QuerySet:
    """Queries and the position of the one right item of each."""

    texts: tuple[str, ...]
    answers: np.ndarray  # int64 (Q,)

    def __len__(self) -> int:
        return len(self.texts)


def text_hash(text: str) -> str:
    """sha256 of a sentence with case and white space folded."""
    return hashlib.sha256(" ".join(text.lower().split()).encode()).hexdigest()


def queries_of(collection: Collection, modality: Modality | None = None, split: Split | None = None) -> QuerySet:
    """The `queries` of all items of a modality and a split, in order."""
    texts, answers = [], []
    for position in collection.of(modality, split):
        for query in collection[position].queries:
            texts.append(query.text)
            answers.append(position)
    return QuerySet(tuple(texts), np.asarray(answers, dtype=np.int64))


def dev_sentences(collection: Collection, modality: Modality | None = None) -> QuerySet:
    """All that was said of dev items: their captions teach nothing, so choices may be made by them as by queries."""
    said = [
        (sentence.text, position)
        for position in collection.of(modality, "dev")
        for sentence in (*collection[position].queries, *collection[position].captions)
    ]
    return QuerySet(tuple(text for text, _ in said), np.array([position for _, position in said], dtype=np.int64))


def index_texts(collection: Collection) -> list[tuple[str, int]]:
    """(caption, item position) of the train items: the human text that may index the collection."""
    return [(c.text, i) for i in collection.of(split="train") for c in collection[i].captions]


def assert_index_texts(
    collection: Collection, human: Sequence[tuple[str, int]], generated: Iterable[tuple[str, int]] = ()
) -> None:
    """Raise `TrainingError` where a text that must stay unseen was paired with an item to index it.

    human: (text, item position) said by people; only captions of that very item, of split `train`, are allowed.
    generated: (text, item position) written by the captioner. A pseudo-query may by chance equal a sentence somebody
    said; it is not a leak, since it was written from the item alone.
    """
    allowed: dict[int, set[str]] = {
        i: {text_hash(c.text) for c in collection[i].captions} for i in collection.of(split="train")
    }
    for text, item in human:
        if text_hash(text) not in allowed.get(item, ()):
            raise TrainingError(
                f"The text {text!r} may not index item {collection[item].id!r}: it is not a caption of a train item."
            )
    for text, item in generated:
        if not 0 <= item < len(collection) or not text.strip():
            raise TrainingError(f"The pseudo-query {text!r} belongs to no item.")
