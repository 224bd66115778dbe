"""Generation whole: the retriever, the identifiers that exist, and what it sees ahead where it was trained to look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ace_core.encoders.towers import Space
from ace_core.identifiers.trie import Restriction, Trie
from ace_core.retriever.beam import BeamResult, beam_search
from ace_core.retriever.fast import FastRetriever
from ace_core.retriever.look_ahead import LookAhead
from ace_core.retriever.model import Retriever


class ReadQueries(NamedTuple):
    """Queries as the search needs them."""

    ids: Tensor  # int64 (B, T)
    mask: Tensor  # bool (B, T)
    encoded: Any  # the decoder's memory of them
    vectors: Tensor | None  # float32 (B, D) in the space that is looked ahead in


class Generation:
    """text -> the identifiers a beam search writes, best first."""

    def __init__(self, retriever: Retriever, trie: Trie, space: Space, vectors: np.ndarray) -> None:
        """space, vectors float32 (N, D): where a retriever that looks ahead looks; on the trie's device."""
        self.retriever, self.trie, self.space = FastRetriever(retriever.eval()), trie, space
        self.device = trie.leaf_items.device
        ahead = retriever.config.look_ahead
        self.look_ahead = None if ahead == "none" else LookAhead(trie, vectors, space.scale, ahead)

    @property
    def reads(self) -> str:
        """What a search reads of the items, in words."""
        ahead = self.retriever.config.look_ahead
        told = {
            "none": "",
            "items": " and one vector an item",
            "children": " and node means",
            "means": " and node means",
        }
        return "identifiers, the decoder" + told[ahead]

    @torch.inference_mode()
    def read(self, texts: Sequence[str]) -> ReadQueries:
        ids, mask = self.retriever.tokenize(texts)
        encoded = self.retriever.encode(ids.to(self.device), mask.to(self.device))
        vectors = None
        if self.look_ahead is not None:
            vectors = torch.from_numpy(self.space.encode_texts(list(texts))).to(self.device)
        return ReadQueries(ids, mask, encoded, vectors)

    def search(
        self, queries: ReadQueries, beams: int, restriction: Restriction | None = None, trace: bool = False
    ) -> BeamResult:
        with torch.inference_mode():
            guide = None
            if self.look_ahead is not None and queries.vectors is not None:
                guide = self.look_ahead.see(queries.vectors, restriction)
        return beam_search(
            self.retriever,
            queries.ids,
            queries.mask,
            self.trie,
            beams,
            restriction,
            trace,
            encoded=queries.encoded,
            guide=guide,
        )
