"""A retriever made ready to be asked: the same identifiers and scores, several times as fast. For searching alone."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from ace_core.errors import ConfigError
from ace_core.retriever.frozen_decoder import FrozenDecoder, TreeCache
from ace_core.retriever.frozen_encoder import FrozenEncoder, Read
from ace_core.retriever.matrices import Precision, int8_exists, matrix
from ace_core.retriever.model import Retriever


class FastRetriever:
    """A frozen copy of a `Retriever`, on the device where it is; later changes of its weights may or may not show.

    float32 gives what the retriever gives (scores to 1e-4). bfloat16, for processors and GPUs that are fast at it, and
    int8, for CPUs, round: scores move by some hundredths, and what is nearly equal may change places.
    """

    training = False

    def __init__(self, model: Retriever, precision: Precision = "float32") -> None:
        device = model.start_vector.device
        if precision == "int8" and (device.type != "cpu" or not int8_exists()):
            raise ConfigError(
                "This device does not multiply 8-bit integers exactly; use precision float32 or bfloat16."
            )
        self.original, self.config, self.tokenizer, self.precision = model, model.config, model.tokenizer, precision
        dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
        if dtype != torch.float32:
            model = copy.deepcopy(model).to(dtype)
        with torch.no_grad():
            self.encoder = FrozenEncoder(model, precision, dtype)
            self.decoder = FrozenDecoder(model.layers, precision)
            heads = [cast(nn.Linear, head) for head in model.heads]
            self.heads = [matrix(head.weight, head.bias, precision, model.final_norm) for head in heads]
            tables = [cast(nn.Embedding, table).weight.detach() for table in model.level_embeddings]
            positions = model.level_positions.detach()
            self.first = model.start_vector.detach() + positions[0]
            self.tables = [table + place for table, place in zip(tables, positions[1:], strict=False)]

    @property
    def length(self) -> int:
        return len(self.config.level_sizes)

    def train(self, mode: bool = True) -> FastRetriever:
        """Only that it is not training can be said of it."""
        if mode:
            raise ConfigError("A FastRetriever is a frozen copy; train the Retriever that it was made from.")
        return self

    def tokenize(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """As `Retriever.tokenize`."""
        return self.original.tokenize(texts)

    @torch.inference_mode()
    def encode(self, ids: Tensor, mask: Tensor) -> Read:
        """Read queries, ids int64 (B, T), mask bool (B, T)."""
        return self.encoder(ids, mask)

    def start(self, encoded: Read, beams: int = 1) -> TreeCache:
        """An empty cache for `beams` beams a query."""
        return self.decoder.start(beams, encoded.start)

    @torch.inference_mode()
    def step(
        self, encoded: Read, cache: TreeCache, tokens: Tensor | None, level: int, wanted: Tensor | None = None
    ) -> tuple[Tensor, TreeCache]:
        """One position and those skipped before: tokens int64 (B, W) of level - 1 (None at level 0) -> (B, W, d).

        `wanted` bool (B, W): the beams whose states anybody will look at; those of the others mean nothing.
        """
        return self.decoder(self._input(encoded, cache, tokens, level), encoded, cache, wanted)

    @torch.inference_mode()
    def skip(self, encoded: Read, cache: TreeCache, tokens: Tensor | None, level: int) -> TreeCache:
        """As `step`, where nobody asks what follows: costs nothing until somebody does."""
        return cache.wait(self._input(encoded, cache, tokens, level))

    def level_logits(self, level: int, hidden: Tensor) -> Tensor:
        """hidden (..., d), as `step` gave it -> (..., level_sizes[level])."""
        return self.heads[level](hidden)

    def _input(self, encoded: Read, cache: TreeCache, tokens: Tensor | None, level: int) -> Tensor:
        if tokens is None:
            return (self.first + encoded.start).expand(-1, cache.sees.shape[1], -1)
        return nn.functional.embedding(tokens, self.tables[level - 1]) + encoded.start
