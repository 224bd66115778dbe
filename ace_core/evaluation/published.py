"""Published figures on the data sets of the paper, as data: what is known, from where, and what is not known.

None of these was measured here. The paper is ACE, later CART (Fang et al., ACL 2025, arXiv 2406.17507); no code was
released. Its figures are known to us at second hand only, and `source` says so in every row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NOTES = "third-party reading notes of the paper"
LISTED = "wizwand.com/paper/68fa7a0c1e209131cea80cc4, a list of results kept by third parties"
QUOTED = "the paper named, as other papers quote it"


@dataclass(frozen=True)
class Figure:
    """One published row; recalls and MRR in percent, None where not known."""

    method: str
    kind: str  # generative, dual tower or single tower
    source: str
    recall_at_1: float | None = None
    recall_at_5: float | None = None
    recall_at_10: float | None = None
    mrr_at_10: float | None = None
    queries_per_second: float | None = None


@dataclass(frozen=True)
class Benchmark:
    """A data set as published. `collection`: the name of ours that has the very same test items."""

    title: str
    collection: str
    sizes: Mapping[str, int]  # items by our names of the splits
    figures: tuple[Figure, ...]
    ablation: tuple[Figure, ...] = ()
    unknown: tuple[str, ...] = ()


UNKNOWN = (
    "how many items a query chose from: the test items alone, or more",
    "which model wrote the pseudo-queries, how many an item, and whether test items had some",
    "the number of K-Means clusters, the RQ-VAE's levels and codebooks, the language model, the beams, the training",
    "seeds and spread",
)

BENCHMARKS: dict[str, Benchmark] = {
    "flickr8k": Benchmark(
        "Flickr8k",
        "flickr8k",
        {"train": 6000, "dev": 1000, "held_out": 1000},
        (
            Figure("Deep visual-semantic alignments (Karpathy and Li 2015)", "dual tower", QUOTED, 11.8, 32.1, 44.7),
            Figure("Unifying visual-semantic embeddings (Kiros et al. 2014)", "dual tower", QUOTED, 12.5, 37.0, 51.5),
        ),
        unknown=("the paper does not report on this data set",),
    ),
    "flickr30k": Benchmark(
        "Flickr30K",
        "flickr30k",
        {"train": 29_000, "dev": 1014, "held_out": 1000},
        (
            Figure("ACE / CART", "generative", NOTES, 81.78, 96.1, 98.38, 88.04, 105.8),
            Figure("GRACE, atomic identifiers", "generative", NOTES, 68.4),
            Figure("ImageBind", "dual tower", NOTES, 74.9, 93.0, 96.1),
            Figure("BLIP-2", "single tower", NOTES, 89.7, None, 98.9, None, 1.68),
            Figure("InternVL-G", "single tower", NOTES, 85.0, None, 98.6, None, 2.03),
        ),
        ablation=(
            Figure("whole", "generative", NOTES, 81.78, None, 98.38, 88.04),
            Figure("without the consistency (R-Drop) loss", "generative", NOTES, 81.64, None, 98.04, 87.85),
            Figure("without the K-Means token", "generative", NOTES, 79.50, None, 97.52, 86.12),
            Figure("hierarchical K-Means in place of RQ-VAE", "generative", NOTES, 76.22, None, 96.16, 83.31),
            Figure("without fusion", "generative", NOTES, 75.54, None, 96.72, 83.11),
        ),
        unknown=UNKNOWN,
    ),
    "coco": Benchmark(
        "MS-COCO",
        "coco",
        {"train": 113_287, "dev": 5000, "held_out": 5000},
        (Figure("ACE / CART", "generative", LISTED, 52.4, 77.53),),
        unknown=(*UNKNOWN, "whether the test set has 5,000 pictures or 1,000"),
    ),
    "clotho": Benchmark(
        "Clotho",
        "clotho",
        {"train": 3839, "dev": 1045, "held_out": 1045},
        (
            Figure("ACE / CART", "generative", NOTES, 46.4, 70.6, 76.0),
            Figure("ONE-PEACE", "dual tower", NOTES, 22.4, 49.0, 62.7),
        ),
        unknown=(
            *UNKNOWN,
            "why R@1 is twice that of any other system known to us while R@10 is little above R@5; read it with care",
        ),
    ),
    "audiocaps": Benchmark(
        "AudioCaps",
        "audiocaps",
        {"train": 49_838, "dev": 495, "held_out": 975},
        (Figure("ACE / CART", "generative", LISTED, 49.8),),
        unknown=(*UNKNOWN, "how many test sounds were left: videos vanish, and every group measures on other ones"),
    ),
    "msrvtt": Benchmark(
        "MSR-VTT",
        "msrvtt-1k-a",
        {"train": 9000, "dev": 0, "held_out": 1000},
        (
            Figure("ACE / CART", "generative", NOTES, 52.6, 75.4, 84.2),
            Figure("Cap4Video", "dual tower", NOTES, 49.3, 74.3, 83.8),
        ),
        unknown=(*UNKNOWN, "which split: 1k-A is the usual one and is taken here"),
    ),
    "msvd": Benchmark(
        "MSVD",
        "msvd",
        {"train": 1200, "dev": 100, "held_out": 670},
        (Figure("ACE / CART", "generative", LISTED, 63.6),),
        unknown=(*UNKNOWN, "whether every sentence of a clip is a query, as here, or a clip's sentences are averaged"),
    ),
}
