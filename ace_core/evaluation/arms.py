"""The arms of the protocol over a bundle: generation with and without pseudo-queries, dual tower, cosine search."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ace_core.evaluation.table import LIST_LENGTH, Arm, Ranker, cosine_ranker
from ace_core.identifiers.trie import Trie
from ace_core.parts import Parts
from ace_core.retriever.beam import beam_search
from ace_core.retriever.model import Retriever, RetrieverConfig
from ace_core.stages import restore, stage_folder
from ace_core.training.precision import pick_device

BATCH = 64


def arms_of(parts: Parts, beams: int, work: Path | None = None) -> list[Arm]:
    """Every arm; the one without pseudo-queries only where `work` holds the build's retriever of that name."""
    trie, device = parts.trie(), pick_device()
    arms = [
        Arm("ace", "ACE", "identifiers and the decoder alone", generation_ranker(parts.retriever, trie, beams)),
        Arm(
            "dual_tower",
            "dual tower, same pairs",
            "one vector an item",
            cosine_ranker(parts.dual_tower.to(device).encode_texts, parts.dual_vectors),
        ),
        Arm(
            "cosine",
            "cosine, the space that made the identifiers",
            "one vector an item",
            cosine_ranker(parts.joint.to(device).encode_texts, parts.vectors),
        ),
    ]
    if work is not None:
        folder = stage_folder(work, "retriever_without_pseudo_queries")
        plain = restore(folder, RetrieverConfig, lambda c: Retriever(c, parts.tokenizer, pretrained=False))
        ranker = generation_ranker(plain, trie, beams)
        arms.insert(
            1, Arm("ace_no_pseudo_queries", "ACE without pseudo-queries", "identifiers and the decoder alone", ranker)
        )
    return arms


def generation_ranker(retriever: Retriever, trie: Trie, beams: int) -> Ranker:
    """Beam search over what the pool allows."""
    device = pick_device()
    retriever, trie = retriever.to(device).eval(), trie.to(device)

    def rank(texts: Sequence[str], allowed: np.ndarray) -> np.ndarray:
        pool = trie.restrict(allowed)
        found = np.full((len(texts), LIST_LENGTH), -1, dtype=np.int64)
        for start in range(0, len(texts), BATCH):
            ids, mask = retriever.tokenize(texts[start : start + BATCH])
            items = beam_search(retriever, ids.to(device), mask.to(device), trie, beams, pool).items.cpu().numpy()
            width = min(LIST_LENGTH, items.shape[1])
            found[start : start + len(items), :width] = items[:, :width]
        return found

    return rank
