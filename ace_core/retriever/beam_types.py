"""What a search asks of a model and of a guide, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

NONE = -1  # item and tokens of a beam that found nothing


class Searchable(Protocol):
    """What the search asks of a model; `Retriever` is one, `FastRetriever` another, and so is a table of logits."""

    @property
    def training(self) -> bool: ...
    def train(self, mode: bool = True) -> Any: ...
    def encode(self, ids: Tensor, mask: Tensor) -> Any: ...
    def start(self, encoded: Any, beams: int = 1) -> Any: ...
    def step(
        self, encoded: Any, cache: Any, tokens: Tensor | None, level: int, wanted: Tensor | None = None
    ) -> tuple[Tensor, Any]: ...
    def skip(self, encoded: Any, cache: Any, tokens: Tensor | None, level: int) -> Any: ...
    def level_logits(self, level: int, hidden: Tensor) -> Tensor: ...


class Guide(Protocol):
    """Looks ahead: scores a prefix by what lies under it, for the batch of queries that is searched."""

    def scores(self, level: int, nodes: Tensor) -> Tensor:
        """For children `nodes` int64 (B, W, C) of depth `level` + 1: float (B, W, C), added to their logits.

        Where no child exists the node is 0 and its score is not read; all others must be finite.
        """
        ...


@dataclass(frozen=True)
class Continuations:
    """Some continuations of the beams of one step; all (B, W). `log_prob` is -inf where there is none."""

    parent: Tensor  # which beam of the step before
    token: Tensor
    node: Tensor  # of depth level + 1
    token_log_prob: Tensor  # log p(token | prefix, query)
    log_prob: Tensor  # log p(prefix and token | query)


@dataclass(frozen=True)
class TracedStep:
    kept: Continuations  # best first
    pruned: Continuations  # the best of the others, best first


@dataclass(frozen=True)
class BeamResult:
    """The best W = `beams` identifiers of B queries, best first. Natural logarithms."""

    items: Tensor  # int64 (B, W), -1: none
    log_probs: Tensor  # float32 (B, W), -inf: none
    codes: Tensor  # int64 (B, W, L), -1: none
    token_log_probs: Tensor  # float32 (B, W, L); sums to log_probs
    steps: tuple[TracedStep, ...] = ()  # one a level, when asked for
