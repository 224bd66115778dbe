"""Recall against beams, and after which token the right prefix is lost."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np
import torch

from ace_core.collection import MODALITIES, Collection, Modality
from ace_core.evaluation.metrics import ranks_from_lists
from ace_core.evaluation.protocol import queries_of
from ace_core.evaluation.table import pool_mask
from ace_core.generation import Generation
from ace_core.retriever.loss import Paths

BEAMS = (1, 2, 5, 10, 20, 50, 100)
BATCH = 64


def curves(generation: Generation, collection: Collection, beams: int) -> list[dict[str, Any]]:
    """One entry a modality, on held-out queries over the modality's whole pool."""
    return [
        {
            "modality": modality,
            "against_beams": against_beams(generation, collection, modality),
            "survival": survival(generation, collection, modality, beams),
        }
        for modality in MODALITIES
        if len(queries_of(collection, modality, "held_out"))
    ]


def against_beams(
    generation: Generation, collection: Collection, modality: Modality, widths: Sequence[int] = BEAMS
) -> list[dict[str, float]]:
    """Recall in percent, and milliseconds a query in batches of 64, for each width of the beam."""
    queries = queries_of(collection, modality, "held_out")
    pool = generation.trie.restrict(pool_mask(collection, modality, "all"))
    rows = []
    for width in widths:
        began, lists = perf_counter(), []
        for start in range(0, len(queries), BATCH):
            read = generation.read(queries.texts[start : start + BATCH])
            lists.append(generation.search(read, width, pool).items.cpu().numpy())
        took = perf_counter() - began
        ranks = ranks_from_lists(np.concatenate(lists), queries.answers)
        found = {f"recall_at_{k}": round(float(100 * ((ranks >= 1) & (ranks <= k)).mean()), 2) for k in (1, 5, 10)}
        rows.append({"beams": width, "ms": round(1000 * took / len(queries), 3), **found})
    return rows


def survival(generation: Generation, collection: Collection, modality: Modality, beams: int) -> list[dict[str, float]]:
    """After each level: percent of queries whose right prefix is still in the beam, and whose right prefix leads it.

    A search that ends early, because every beam is decided, keeps what it had.
    """
    queries = queries_of(collection, modality, "held_out")
    trie = generation.trie
    pool = trie.restrict(pool_mask(collection, modality, "all"))
    paths = Paths(trie).nodes
    leaves = torch.empty_like(trie.leaf_items)
    leaves[trie.leaf_items] = torch.arange(trie.size, device=leaves.device, dtype=leaves.dtype)
    right = torch.cat([paths[:, 1:], leaves.long().unsqueeze(1)], dim=1)[torch.from_numpy(queries.answers)]
    kept = np.zeros((len(queries), trie.length), dtype=bool)
    leads = np.zeros_like(kept)
    for start in range(0, len(queries), BATCH):
        rows = slice(start, start + BATCH)
        found = generation.search(generation.read(queries.texts[rows]), beams, pool, trace=True)
        for level in range(trie.length):
            step = found.steps[min(level, len(found.steps) - 1)].kept
            same = (step.node == right[rows, min(level, len(found.steps) - 1), None]) & (step.log_prob > -torch.inf)
            kept[rows, level] = same.any(dim=1).cpu()
            leads[rows, level] = same[:, 0].cpu()
    return [
        {
            "tokens": level + 1,
            "kept": round(100 * float(kept[:, level].mean()), 2),
            "leads": round(100 * float(leads[:, level].mean()), 2),
        }
        for level in range(trie.length)
    ]
