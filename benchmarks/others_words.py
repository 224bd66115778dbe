"""How far other people's sentences about the same items would lead, and how far generation and the dual tower come.

    python -m benchmarks.others_words BUNDLE --threads 1 --beams 20 --out benchmarks/results/others_words.json

For collections of which several sentences about each held-out item were kept for measuring, such as real photos. A
reader who never sees an item knows what others said of it, every sentence but the query itself, and compares words:
items stand in the order of the mean cosine of tf-idf vectors (Sparck Jones 1972; of scikit-learn, with logarithmic
counts). That is no upper bound, since an eye sees more than a few sentences say; but what the reader finds, the queries
do tell apart, and whoever finds less has seen less in the items.

Beside the reader: how often the right item is among the first answers of generation, of so many beams, and of the dual
tower, which is as far as whatever reorders these answers can reach.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfVectorizer

from ace_core.collection import MODALITIES, Collection, Modality
from ace_core.errors import CollectionError
from ace_core.evaluation.protocol import QuerySet, queries_of
from ace_core.evaluation.table import pool_mask
from ace_core.parts import Parts
from benchmarks.ceiling import CUTS, POOLS, Row, found_row, parser, run, ways_of


def likeness(collection: Collection, queries: QuerySet, modality: Modality) -> np.ndarray:
    """Mean cosine of each query with the sentences about each item, but for the query itself: float32 (Q, N).

    0 for items of which nothing is said. Raises `CollectionError` where nobody else said anything of an item that is
    asked for.
    """
    said = [
        (sentence.text, item)
        for item in collection.of(modality)
        for sentence in (*collection[item].captions, *collection[item].queries)
    ]
    words = TfidfVectorizer(sublinear_tf=True, dtype=np.float32)
    vectors, about = words.fit_transform([text for text, _ in said]), np.array([item for _, item in said])
    count = np.bincount(about, minlength=len(collection)).astype(np.float32)
    if (count[queries.answers] < 2).any():
        raise CollectionError(f"{collection.name}: of an item with one sentence there are no others' words.")
    of_item = csr_array((np.ones(len(said), np.float32), (about, np.arange(len(said)))), (len(collection), len(said)))
    asked, own = words.transform(queries.texts), np.arange(len(queries))
    sums = (asked @ (of_item @ vectors).T).toarray()
    others = np.tile(count, (len(queries), 1))
    sums[own, queries.answers] -= np.asarray(asked.multiply(asked).sum(axis=1)).ravel()
    others[own, queries.answers] -= 1
    return sums / np.maximum(others, 1)


def measure(collection: Collection, parts: Parts, beams: Sequence[int], seed: int) -> dict[str, list[Row]]:
    """Rows `told` of the reader and `candidates` of the ways to answer."""
    found: dict[str, list[Row]] = {"told": [], "candidates": []}
    ways = ways_of(parts, beams)
    for modality in MODALITIES:
        queries = queries_of(collection, modality, "held_out")
        if not len(queries):
            continue
        like = likeness(collection, queries, modality)
        for pool in POOLS:
            allowed = pool_mask(collection, modality, pool)
            asked = {"modality": modality, "pool": pool, "pool_size": int(allowed.sum()), "queries": len(queries)}
            read = np.flatnonzero(allowed)[np.argsort(-like[:, allowed], axis=1, kind="stable")[:, : CUTS[-1]]]
            found["told"].append(asked | found_row(queries, read, CUTS[-1], seed))
            for way in ways:
                row = found_row(queries, way.answer(queries.texts, allowed)[0], way.most, seed)
                found["candidates"].append(asked | {"method": way.method, "beams": way.beams} | row)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    return run(parser(__doc__).parse_args(arguments), measure)


if __name__ == "__main__":
    sys.exit(main())
