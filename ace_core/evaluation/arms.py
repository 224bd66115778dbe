"""The arms of the protocol over a bundle: generation in its variants, dual tower, cosine search."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import cast

import torch
from torch import nn

from ace_core.check import Check
from ace_core.encoders.towers import Space
from ace_core.evaluation.candidates import checked, generated, nearest, unchecked
from ace_core.evaluation.table import Arm, cosine_ranker
from ace_core.generation import Generation
from ace_core.parts import Parts
from ace_core.retriever.model import Retriever, RetrieverConfig
from ace_core.stages import finished_stages, restore
from ace_core.training.precision import pick_device

# Retrievers that `build --also` trains beside the bundle's own, and what is told of them.
VARIANTS = {
    "decoder_only": "ACE, decoder only (the paper's own)",
    "without_teacher": "ACE, decoder only, no teacher",
    "no_pseudo_queries": "ACE without pseudo-queries",
}


def arms_of(parts: Parts, beams: int, work: Path | None = None, check: Check | None = None) -> list[Arm]:
    """Every arm that the bundle gives, those with its `check` too, and the variants that the build left in `work`."""
    device = pick_device()
    dual_tower, joint = parts.dual_tower.to(device), parts.joint.to(device)
    own = _generation(parts, parts.retriever)
    known: dict[tuple[str, int], float] = {}
    reads, asked = "one vector an item", ""
    if check is not None:
        asked = f"; of {check.config.candidates} answers the feature tokens, which the captioner reads"
    arms = [Arm("ace", "ACE", own.reads, unchecked(generated(own, beams)))]
    if check is not None:
        ranker = checked(generated(own, beams), check, "generation", known)
        arms.append(Arm("ace_check", "ACE + check", own.reads + asked, ranker))
    if parts.retriever.config.look_ahead != "none":
        tree = _generation(parts, silent(parts.retriever))
        arms.append(Arm("ace_tree", "ACE, the tree before training", tree.reads, unchecked(generated(tree, beams))))
    for name, title in VARIANTS.items():
        stage = finished_stages(work).get(f"retriever_{name}") if work else None
        if stage is not None:
            model = restore(stage, RetrieverConfig, lambda c: Retriever(c, parts.tokenizer, pretrained=False))
            blind = name == "no_pseudo_queries"  # so it looks ahead in the space that has read none either
            other = _generation(parts, model, joint if blind else None)
            arms.append(Arm(f"ace_{name}", title, other.reads, unchecked(generated(other, beams))))
    tower = cosine_ranker(dual_tower.encode_texts, parts.dual_vectors)
    arms.append(Arm("dual_tower", "dual tower, same pairs", reads, tower))
    if check is not None:
        near = nearest(dual_tower, parts.dual_vectors, check.config.candidates)
        ranker = checked(near, check, "dual_tower", known)
        arms.append(Arm("dual_tower_check", "dual tower + the same check", reads + asked, ranker))
    cosine = cosine_ranker(joint.encode_texts, parts.vectors)
    return [*arms, Arm("cosine", "cosine, the space that made the identifiers", reads, cosine)]


def _generation(parts: Parts, retriever: Retriever, joint: Space | None = None) -> Generation:
    device = pick_device()
    space, vectors = (parts.dual_tower, parts.dual_vectors) if joint is None else (joint, parts.vectors)
    return Generation(retriever.to(device), parts.trie().to(device), space.to(device), vectors)


def silent(retriever: Retriever) -> Retriever:
    """The same retriever with a decoder that has no opinion: what training began with."""
    silent = copy.deepcopy(retriever)
    with torch.no_grad():
        for head in silent.heads:
            cast(nn.Linear, head).weight.zero_()
            cast(nn.Linear, head).bias.zero_()
    return silent
