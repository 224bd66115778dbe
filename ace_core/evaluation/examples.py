"""Example queries of a bundle: what a visitor is shown first."""

from __future__ import annotations

import numpy as np
import torch

from ace_core.collection import MODALITIES, Collection
from ace_core.evaluation.protocol import queries_of
from ace_core.generation import Generation
from ace_core.parts import Parts


def choose_examples(parts: Parts, collection: Collection, count: int) -> list[dict[str, str]]:
    """Queries of held-out items, up to `count` a modality, that generation answers first, surest first, one an item."""
    trie, chosen = parts.trie(), []
    cpu = torch.device("cpu")
    generation = Generation(parts.retriever.to(cpu), trie, parts.dual_tower.to(cpu), parts.dual_vectors)
    for modality in MODALITIES:
        queries = queries_of(collection, modality, "held_out")
        positions = np.unique(queries.answers, return_index=True)[1][:400]
        if not len(positions):
            continue
        texts, answers = [queries.texts[i] for i in positions], queries.answers[positions]
        allowed = np.zeros(len(collection), dtype=bool)
        allowed[collection.of(modality)] = True
        found = generation.search(generation.read(texts), 10, trie.restrict(allowed))
        sure = found.log_probs[:, 0].numpy()
        right = np.flatnonzero(found.items[:, 0].numpy() == answers)
        for place in right[np.argsort(-sure[right], kind="stable")][:count]:
            item = collection[int(answers[place])]
            chosen.append({"query": texts[place], "modality": modality, "item": item.id})
    return chosen
