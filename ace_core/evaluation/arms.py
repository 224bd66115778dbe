"""The arms of the protocol over a bundle: generation in its variants, dual tower, cosine search."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import nn

from ace_core.encoders.towers import Space
from ace_core.evaluation.table import LIST_LENGTH, Arm, Ranker, cosine_ranker
from ace_core.generation import Generation
from ace_core.parts import Parts
from ace_core.retriever.model import Retriever, RetrieverConfig
from ace_core.stages import finished_stages, restore
from ace_core.training.precision import pick_device

BATCH = 64

# Retrievers that `build --also` trains beside the bundle's own, and what is told of them.
VARIANTS = {
    "decoder_only": "ACE, decoder only (the paper's own)",
    "without_teacher": "ACE, decoder only, no teacher",
    "no_pseudo_queries": "ACE without pseudo-queries",
}


def arms_of(parts: Parts, beams: int, work: Path | None = None) -> list[Arm]:
    """Every arm that the bundle gives, and the variants that the build left in `work`."""
    device = pick_device()
    dual_tower, joint = parts.dual_tower.to(device), parts.joint.to(device)
    arms = [_generation_arm("ace", "ACE", parts, parts.retriever, beams)]
    if parts.retriever.config.look_ahead != "none":
        silent = _silent(parts.retriever)
        arms.append(_generation_arm("ace_tree", "ACE, the tree before training", parts, silent, beams))
    for name, title in VARIANTS.items():
        stage = finished_stages(work).get(f"retriever_{name}") if work else None
        if stage is not None:
            model = restore(stage, RetrieverConfig, lambda c: Retriever(c, parts.tokenizer, pretrained=False))
            blind = name == "no_pseudo_queries"  # so it looks ahead in the space that has read none either
            arms.append(_generation_arm(f"ace_{name}", title, parts, model, beams, joint if blind else None))
    reads = "one vector an item"
    return [
        *arms,
        Arm(
            "dual_tower",
            "dual tower, same pairs",
            reads,
            cosine_ranker(dual_tower.encode_texts, parts.dual_vectors),
        ),
        Arm(
            "cosine",
            "cosine, the space that made the identifiers",
            reads,
            cosine_ranker(joint.encode_texts, parts.vectors),
        ),
    ]


def _generation_arm(
    name: str, title: str, parts: Parts, retriever: Retriever, beams: int, joint: Space | None = None
) -> Arm:
    device = pick_device()
    space, vectors = (parts.dual_tower, parts.dual_vectors) if joint is None else (joint, parts.vectors)
    generation = Generation(retriever.to(device), parts.trie().to(device), space.to(device), vectors)
    return Arm(name, title, generation.reads, generation_ranker(generation, beams))


def _silent(retriever: Retriever) -> Retriever:
    """The same retriever with a decoder that has no opinion: what training began with."""
    silent = copy.deepcopy(retriever)
    with torch.no_grad():
        for head in silent.heads:
            cast(nn.Linear, head).weight.zero_()
            cast(nn.Linear, head).bias.zero_()
    return silent


def generation_ranker(generation: Generation, beams: int) -> Ranker:
    """Beam search over what the pool allows."""

    def rank(texts: Sequence[str], allowed: np.ndarray) -> np.ndarray:
        pool = generation.trie.restrict(allowed)
        found = np.full((len(texts), LIST_LENGTH), -1, dtype=np.int64)
        for start in range(0, len(texts), BATCH):
            items = generation.search(generation.read(texts[start : start + BATCH]), beams, pool).items.cpu().numpy()
            width = min(LIST_LENGTH, items.shape[1])
            found[start : start + len(items), :width] = items[:, :width]
        return found

    return rank
