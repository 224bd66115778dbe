"""Training the retriever: texts from `pairs.py`, the loss from `loss.py`, the loop that all stages share."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn

from ace_core.errors import ConfigError
from ace_core.identifiers.trie import Restriction, Trie
from ace_core.retriever.beam import Guide, beam_search
from ace_core.retriever.loss import Batch, Paths, retriever_loss
from ace_core.retriever.model import Retriever
from ace_core.retriever.pairs import PairSampler, TextPairs
from ace_core.training.loop import FitReport, LoopConfig, fit

ItemTargets = Callable[[np.ndarray], Tensor]  # pairs int64 (B,) -> a teacher's p(item | text), float (B, N)
Sighted = Callable[[slice], Guide]  # which of the queries -> what is seen ahead of them


class Sampler(Protocol):
    """Chooses the texts of a batch."""

    def draw(self, size: int, generator: np.random.Generator) -> np.ndarray:
        """Pair positions int64 (size,)."""
        ...


@dataclass(frozen=True)
class RetrieverTrainConfig:
    loop: LoopConfig
    human_share: float = 0.5  # of the draws of an item that has both human and generated texts
    word_dropout: float = 0.1  # share of a query's tokens that the encoder does not see
    label_smoothing: float = 0.0  # probability spread over the tokens that exist
    distil: float = 0.0  # weight of the teacher beside the true item, from 0 to 1
    ahead_dropout: float = (
        0.0  # share of a text's words that what looks ahead does not see: it knows train texts by heart
    )
    teacher_paths: float = 0.0  # share of examples that write an item drawn from the teacher, not the true one
    average: float = 0.0  # decay of the moving average of weights that is validated and kept; 0: no average
    encoder_rate: float = 1.0  # learning rate of the query encoder, relative to the rest
    beams: int = 10  # of the validation
    watch: str = "recall_at_1"

    def __post_init__(self) -> None:
        for name in ("human_share", "distil", "teacher_paths"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"RetrieverTrainConfig.{name} must be in [0, 1], not {getattr(self, name)}.")
        for name in ("word_dropout", "label_smoothing", "average", "ahead_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"RetrieverTrainConfig.{name} must be in [0, 1), not {getattr(self, name)}.")
        if self.encoder_rate < 0 or self.beams < 1:
            raise ConfigError("RetrieverTrainConfig.encoder_rate must not be negative and beams at least 1.")


@dataclass(frozen=True)
class Queries:
    """Q queries whose answer is known, and the pool to search."""

    ids: Tensor  # int64 (Q, T)
    mask: Tensor  # bool (Q, T)
    answers: Tensor  # int64 (Q,) item positions
    restriction: Restriction | None = None
    guide: Sighted | None = None


class Averaged(nn.Module):
    """A model and the moving average of its weights, in one module, so that both survive a resumed run."""

    steps: Tensor

    def __init__(self, model: Retriever, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.model = model
        self.average = copy.deepcopy(model).requires_grad_(False)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def update(self) -> None:
        """Take the present weights in; early on the average forgets faster, so the first weights do not stay in it."""
        step = int(self.steps)
        decay = min(self.decay, (1 + step) / (10 + step))
        for average, weight in zip(self.average.parameters(), self.model.parameters(), strict=True):
            average.lerp_(weight, 1 - decay)
        self.steps += 1


def recall(model: Retriever, trie: Trie, queries: Queries, beams: int = 10, batch: int = 64) -> dict[str, float]:
    """Recall@1, Recall@10 and MRR@10 in percent, by beam search."""
    ranks = []
    for start in range(0, len(queries.ids), batch):
        rows = slice(start, start + batch)
        ids, mask, answers = queries.ids[rows], queries.mask[rows], queries.answers[rows]
        guide = queries.guide(rows) if queries.guide else None
        found = beam_search(model, ids, mask, trie, beams, queries.restriction, autocast=True, guide=guide).items.cpu()
        hit = found[:, :10] == answers.cpu().unsqueeze(1)
        ranks.append(torch.where(hit.any(dim=1), hit.float().argmax(dim=1) + 1, 0))
    rank = torch.cat(ranks)
    reciprocal = torch.where(rank > 0, 1 / rank.clamp(min=1), 0.0)
    return {
        "recall_at_1": 100 * float((rank == 1).float().mean()),
        "recall_at_10": 100 * float((rank > 0).float().mean()),
        "mrr_at_10": 100 * float(reciprocal.mean()),
    }


def train_retriever(
    config: RetrieverTrainConfig,
    model: Retriever,
    trie: Trie,
    pairs: TextPairs,
    folder: Path,
    *,
    validation: Queries | None = None,
    item_targets: ItemTargets | None = None,
    item_ahead: ItemTargets | None = None,
    sampler: Sampler | None = None,
    progress: bool = True,
    restart: bool = False,
) -> FitReport:
    """Train `model` in place, on the device where it and `trie` are, and leave it with its best weights.

    `item_targets` is asked for the pairs of each batch when `distil` or `teacher_paths` is above 0, or where the model
    looks ahead; what is seen there is `item_ahead`, if that is given.
    `sampler` draws the pairs of each batch; by default items are drawn alike, see `pairs.py`.
    """
    taught = config.distil > 0 or config.teacher_paths > 0 or model.config.look_ahead != "none"
    if taught and item_targets is None:
        raise ConfigError("A teacher is asked for (distil, teacher_paths, look_ahead), but no item_targets given.")
    if tuple(trie.level_sizes) != tuple(model.config.level_sizes):
        raise ConfigError(f"The model writes levels of {model.config.level_sizes}, the trie has {trie.level_sizes}.")
    sampler = sampler or PairSampler(pairs, config.human_share)
    draw = _batches(config, trie, pairs, sampler, item_targets if taught else None, item_ahead)
    trained: nn.Module = Averaged(model, config.average) if config.average else model

    def loss_of(module: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        if isinstance(module, Averaged):
            module.update()
        return retriever_loss(_inner(module), trie, batch, config.label_smoothing)

    def validate(module: nn.Module) -> dict[str, float]:
        return recall(_kept(module), trie, cast(Queries, validation), config.beams)

    report = fit(
        trained,
        draw,
        loss_of,
        config.loop,
        folder,
        name="retriever",
        validate=validate if validation is not None else None,
        watch=config.watch if validation is not None else None,
        progress=progress,
        parameter_groups=_groups(model, config),
        context={"model": asdict(model.config), "training": asdict(config), "data": _fingerprint(pairs, trie)},
        restart=restart,
    )
    if isinstance(trained, Averaged):
        model.load_state_dict(trained.average.state_dict())
    model.eval()
    return report


def _inner(module: nn.Module) -> Retriever:
    return cast(Retriever, module.model if isinstance(module, Averaged) else module)


def _kept(module: nn.Module) -> Retriever:
    return cast(Retriever, module.average if isinstance(module, Averaged) else module)


def _batches(
    config: RetrieverTrainConfig,
    trie: Trie,
    pairs: TextPairs,
    sampler: Sampler,
    item_targets: ItemTargets | None,
    item_ahead: ItemTargets | None,
) -> Callable[[int, np.random.Generator], Batch]:
    here = trie.to("cpu")
    paths, codes = Paths(here), here.identifiers()

    def make(step: int, generator: np.random.Generator) -> Batch:
        chosen = sampler.draw(config.loop.batch_size, generator)
        rows = torch.from_numpy(chosen)
        mask, items = pairs.mask[rows], pairs.items[rows]
        longest = int(mask.any(dim=0).nonzero().max()) + 1
        mask = mask[:, :longest]
        if config.word_dropout:
            seen = torch.from_numpy(generator.random(mask.shape) >= config.word_dropout)
            seen[:, 0] = True
            mask = mask & seen
        taught = None if item_targets is None else item_targets(chosen)
        distil = torch.full((len(rows), 1), config.distil)
        if taught is not None and config.teacher_paths:
            follow = torch.from_numpy(generator.random(len(rows)) < config.teacher_paths)
            items = torch.where(follow, _drawn(taught, generator), items)
            distil[follow] = 1.0
        batch = {
            "ids": pairs.ids[rows, :longest],
            "mask": mask,
            "codes": codes[items],
            "nodes": paths.nodes[items],
            "places": paths.places[items],
        }
        if item_ahead is not None:
            batch["item_ahead"] = item_ahead(chosen)
        return batch if taught is None else batch | {"item_targets": taught, "distil": distil}

    return make


def _drawn(probabilities: Tensor, generator: np.random.Generator) -> Tensor:
    """One item a row of (B, N), int64 (B,). Along such paths the teacher's marginals alone are the target: that is the
    divergence between teacher and model over whole identifiers, without bias."""
    running = probabilities.double().cumsum(dim=1).cpu()
    point = torch.from_numpy(generator.random((len(running), 1))) * running[:, -1:]
    return torch.searchsorted(running, point, right=True).squeeze(1).clamp(max=running.shape[1] - 1)


def _groups(model: Retriever, config: RetrieverTrainConfig) -> list[dict[str, Any]]:
    encoder = list(model.encoder.parameters())  # in order: a resumed run gives moments back by position
    own = set(encoder)
    rest = [parameter for parameter in model.parameters() if parameter not in own]
    groups: list[dict[str, Any]] = [{"params": rest}]
    if config.encoder_rate:
        slow = config.loop.learning_rate * config.encoder_rate
        groups.append({"params": encoder, "lr": slow})
    return groups


def _fingerprint(pairs: TextPairs, trie: Trie) -> str:
    digest = sha256()
    for part in (pairs.ids, pairs.mask, pairs.items, pairs.weights, pairs.human, trie.identifiers().cpu()):
        if part is not None:
            digest.update(part.contiguous().numpy().tobytes())
    return digest.hexdigest()
