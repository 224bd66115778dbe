"""What the identifiers carry: use of the codebooks, collisions, error, and the ceiling that they put on retrieval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ace_core.collection import Modality
from ace_core.files import atomic_path, write_json
from ace_core.identifiers.codec import Codec

CUTS = (1, 5, 10)
QUERIES_AT_ONCE = 512


@dataclass(frozen=True)
class LevelUse:
    level: int  # 0: coarse
    size: int
    used: int  # tokens that at least one item has
    perplexity: float  # exp of the entropy of the tokens over items; at most `used`


@dataclass(frozen=True)
class Ceiling:
    """Recall, percent, of cosine search where items are known by `prefix` tokens only (None: by their vectors)."""

    prefix: int | None
    recall_at_1: float
    recall_at_5: float
    recall_at_10: float


@dataclass(frozen=True)
class IdentifierReport:
    items: int
    items_by_modality: dict[str, int]
    levels: tuple[LevelUse, ...]
    different_codes: int
    collision_rate: float  # share of the items that share their code, before the unique token, with another item
    largest_collision: int  # items
    reconstruction_error: float  # mean squared distance, full code
    explained_variance: tuple[float, ...]  # by prefix length 1..1+M, share of the variance around the mean vector
    error_before_training: float  # mean squared distance on vectors held back in fitting, residual k-means
    error_after_training: float | None  # the same after training; None: it was not trained
    coarse_fine_information: float  # bits, mutual information between coarse and first fine token
    coarse_fine_information_by_chance: float  # bits, the same with the first fine tokens shuffled
    queries: int
    ceiling: tuple[Ceiling, ...]  # by prefix length, then the full vectors; empty without queries

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def save(self, path: Path) -> None:
        """Write `path` (JSON) and, beside it, the same as Markdown."""
        write_json(path, self.to_json())
        with atomic_path(path.with_suffix(".md")) as staged:
            staged.write_text(self.to_markdown(), encoding="utf-8")

    def to_markdown(self) -> str:
        after = "not trained" if self.error_after_training is None else f"{self.error_after_training:.4f}"
        lines = [
            f"{self.items} items, {self.different_codes} different codes; {100 * self.collision_rate:.1f} % of "
            f"the items share theirs (at most {self.largest_collision} items one code).",
            f"Reconstruction error {self.reconstruction_error:.4f}; on vectors held back: residual k-means "
            f"{self.error_before_training:.4f}, trained {after}.",
            f"Coarse and first fine token share {self.coarse_fine_information:.2f} bits "
            f"({self.coarse_fine_information_by_chance:.2f} by chance).",
            "",
            "| level | tokens | used | perplexity | explained variance |",
            "|---|---|---|---|---|",
        ]
        for use, explained in zip(self.levels, self.explained_variance, strict=True):
            lines.append(f"| {use.level} | {use.size} | {use.used} | {use.perplexity:.1f} | {100 * explained:.1f} % |")
        if self.ceiling:
            lines += ["", f"Cosine search over {self.items} items, {self.queries} queries, percent:", ""]
            lines += ["| items known by | R@1 | R@5 | R@10 |", "|---|---|---|---|"]
        for row in self.ceiling:
            name = "their vectors" if row.prefix is None else f"{row.prefix} tokens" if row.prefix > 1 else "1 token"
            lines.append(f"| {name} | {row.recall_at_1:.1f} | {row.recall_at_5:.1f} | {row.recall_at_10:.1f} |")
        return "\n".join(lines) + "\n"


def identifier_report(
    codec: Codec,
    vectors: np.ndarray,
    modalities: Sequence[Modality],
    codes: np.ndarray,
    queries: np.ndarray | None = None,
    answers: np.ndarray | None = None,
) -> IdentifierReport:
    """Measure the codes int64 (N, 1 + M) that `codec` gave to `vectors` float32 (N, D).

    With `queries` float32 (Q, D) and `answers` int (Q,), the position of each one's item, also the ceiling.
    """
    codes = np.asarray(codes)
    if codes.shape != (len(vectors), len(codec.level_sizes)):
        raise ValueError(f"Codes must be {(len(vectors), len(codec.level_sizes))}, not {codes.shape}.")
    vectors = np.asarray(vectors, dtype=np.float64)
    spread = max(float(np.square(vectors - vectors.mean(axis=0)).sum()), 1e-30)
    lengths = range(1, codes.shape[1] + 1)
    rebuilt = [codec.reconstruct(codes[:, :length]) for length in lengths]
    errors = [float(np.square(part - vectors).sum()) for part in rebuilt]
    _, sharing = np.unique(codes, axis=0, return_counts=True)
    before, after = codec.errors.tolist()
    shuffled = np.random.default_rng(0).permutation(codes[:, 1])
    ceiling: list[Ceiling] = []
    if queries is not None and answers is not None:
        for length, part in zip(lengths, rebuilt, strict=True):
            _, first, group = np.unique(codes[:, :length], axis=0, return_index=True, return_inverse=True)
            ceiling.append(_ceiling(length, part[first], group.reshape(-1), queries, answers))
        ceiling.append(_ceiling(None, vectors, np.arange(len(vectors)), queries, answers))
    return IdentifierReport(
        items=len(vectors),
        items_by_modality={
            str(name): int(n) for name, n in zip(*np.unique(modalities, return_counts=True), strict=True)
        },
        levels=tuple(_use(level, size, codes[:, level]) for level, size in enumerate(codec.level_sizes)),
        different_codes=len(sharing),
        collision_rate=float(sharing[sharing > 1].sum() / len(vectors)),
        largest_collision=int(sharing.max()),
        reconstruction_error=errors[-1] / len(vectors),
        explained_variance=tuple(1 - error / spread for error in errors),
        error_before_training=before,
        error_after_training=None if np.isnan(after) else after,
        coarse_fine_information=mutual_information(codes[:, 0], codes[:, 1]),
        coarse_fine_information_by_chance=mutual_information(codes[:, 0], shuffled),
        queries=0 if queries is None else len(queries),
        ceiling=tuple(ceiling),
    )


def mutual_information(first: np.ndarray, second: np.ndarray) -> float:
    """Bits that two token sequences (N,) share, from their counts."""
    pairs = np.column_stack([first, second])
    return max(0.0, (_entropy(first) + _entropy(second) - _entropy(pairs)) / np.log(2))


def expected_recall(queries: np.ndarray, groups: np.ndarray, group: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Recall (len(CUTS),), as shares, of cosine search over N items of which equal ones are one row of `groups`.

    queries (Q, D); groups (G, D): the different vectors; group int (N,): the row of each item; answers int (Q,).
    Items of equal score stand in random order, and the expected recall over those orders is counted.
    Raises `ValueError` where a score is not finite, for a NaN would count as a hit.
    """
    sizes = np.bincount(group, minlength=len(groups)).astype(np.float64)
    unit_groups = _unit(groups)
    found = np.zeros(len(CUTS))
    for start in range(0, len(queries), QUERIES_AT_ONCE):
        scores = _unit(queries[start : start + QUERIES_AT_ONCE]) @ unit_groups.T
        if not np.isfinite(scores).all():
            raise ValueError("A cosine score is not finite; check the vectors of the queries and the items.")
        right = np.take_along_axis(scores, group[answers[start : start + len(scores)]][:, None], axis=1)
        better, equal = (scores > right) @ sizes, (scores == right) @ sizes
        for place, cut in enumerate(CUTS):
            found[place] += np.clip((cut - better) / equal, 0, 1).sum()
    return found / len(queries)


def _ceiling(
    prefix: int | None, groups: np.ndarray, group: np.ndarray, queries: np.ndarray, answers: np.ndarray
) -> Ceiling:
    return Ceiling(prefix, *(100 * float(share) for share in expected_recall(queries, groups, group, answers)))


def _unit(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(lengths, 1e-12)


def _use(level: int, size: int, tokens: np.ndarray) -> LevelUse:
    return LevelUse(level, size, len(np.unique(tokens)), float(np.exp(_entropy(tokens))))


def _entropy(tokens: np.ndarray) -> float:
    """Nats."""
    shares = np.unique(tokens, axis=0, return_counts=True)[1] / len(tokens)
    return float(-(shares * np.log(shares)).sum())
