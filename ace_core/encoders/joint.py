"""Training of the joint space: symmetric InfoNCE (CLIP, arXiv 2103.00020) over frozen feature tokens.

Most batches hold one modality, because that is where the hard negatives are; some hold all of them, so that one query
can be ranked across modalities. An item appears once in a batch, with several of its texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ace_core.collection import MODALITIES, Modality
from ace_core.encoders.space import JointConfig, JointSpace
from ace_core.errors import TrainingError
from ace_core.files import write_json
from ace_core.text import EOS, Tokenizer
from ace_core.training.loop import fit
from ace_core.training.precision import pick_device

__all__ = ["JointConfig", "JointSpace", "Pair", "Validation", "encode_in_parts", "ranks_of", "train_joint"]


@dataclass(frozen=True)
class Pair:
    """A text and the item it describes. `weight` is the text's share among the texts of its item."""

    text: str
    item: int  # position in the collection
    weight: float = 1.0


@dataclass(frozen=True)
class Validation:
    """Queries, and the positions they are searched among (None: every item), each within its modality."""

    pairs: Sequence[Pair]
    pool: Sequence[int] | None = None


class Batch(NamedTuple):
    ids: Tensor  # int64 (S * B, T): the first texts of all items, then their second texts, ...
    mask: Tensor  # bool (S * B, T)
    same: Tensor  # bool (S, B, B): another item's text that is word for word the same
    features: dict[Modality, Tensor]  # float16 (B_m, T, F); their rows in this order are the B items


def train_joint(
    config: JointConfig,
    tokenizer: Tokenizer,
    features: Mapping[Modality, np.ndarray],
    pairs: Sequence[Pair],
    folder: Path,
    *,
    modalities: Sequence[Modality],
    validation: Validation | None = None,
    start: JointSpace | None = None,
    context: Mapping[str, Any] | None = None,
    progress: bool = True,
    restart: bool = False,
) -> JointSpace:
    """Train a joint space on `pairs`; `start`: another of the same shape whose weights to begin with.

    features: float16 (N_m, T, F) a modality, rows in the collection's order; modalities: that of each position (N,).
    With `validation` the weights with the best mean reciprocal rank are kept, otherwise the last ones; with a `start`
    too, the best ones between the two (WiSE-FT, arXiv 2109.01903), and `folder`/share.json says where they are.
    """
    table = _Table(config, tokenizer, features, pairs, modalities)
    torch.manual_seed(config.loop.seed)
    model = JointSpace(config).to(pick_device())
    settings = {"joint": asdict(config), "data": table.fingerprint()}
    if start is not None:
        model.load_state_dict(start.state_dict())
        settings["start"] = start.fingerprint()
    queries = _Queries(config, tokenizer, features, validation, modalities) if validation else None
    fit(
        model,
        table.batch,
        contrastive_loss,
        config.loop,
        Path(folder),
        name="joint space",
        validate=queries.measure if queries else None,
        watch="mrr" if queries else None,
        progress=progress,
        context=settings | dict(context or {}),
        restart=restart,
    )
    if start is not None and queries is not None:
        write_json(folder / "share.json", keep_best_between(start, model, config.shares, queries.measure))
    return model


def keep_best_between(
    start: JointSpace, model: JointSpace, shares: Sequence[float], measure: Callable[[JointSpace], dict[str, float]]
) -> dict[str, float]:
    """Put weights on the line from `start` (0) to `model` (1) into `model`; the share, with what it was chosen by."""
    ends = [{name: value.clone() for name, value in one.state_dict().items()} for one in (start, model)]
    was_training = model.training
    model.eval()

    def move(share: float) -> None:
        first, last = ({name: value.to(model.log_scale.device) for name, value in end.items()} for end in ends)
        model.load_state_dict({name: torch.lerp(first[name], last[name], share) for name in last})

    found = {}
    for share in shares:
        move(share)
        found[share] = measure(model)["mrr"]
    best = max(shares, key=lambda share: (found[share], share))
    move(best)
    model.train(was_training)
    return {"share": best, "mrr": found[best]} | {f"mrr_at_{share:g}": value for share, value in found.items()}


def contrastive_loss(model: torch.nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Mean over both directions and over the texts of an item; equal texts of other items are no negatives."""
    assert isinstance(model, JointSpace)
    items = torch.cat([model.encode_features(part, modality) for modality, part in batch.features.items()])
    texts = model.encode_text_ids(batch.ids, batch.mask).view(len(batch.same), len(items), -1)
    with torch.autocast(items.device.type, enabled=False):  # bf16 cannot tell close cosines apart
        logits = model.scale * texts.float() @ items.float().T  # (S, B, B)
        logits = logits.masked_fill(batch.same, -torch.inf)
        right = torch.arange(len(items), device=items.device).expand(len(texts), -1).reshape(-1)
        to_item = functional.cross_entropy(logits.flatten(0, 1), right)
        to_text = functional.cross_entropy(logits.transpose(1, 2).flatten(0, 1), right)
    found = (logits.argmax(-1).flatten() == right).float().mean()
    return (to_item + to_text) / 2, {"found": float(found), "scale": float(model.scale.detach())}


class _Table:
    """Texts as token ids, sorted by item, and the feature rows of the items."""

    def __init__(
        self,
        config: JointConfig,
        tokenizer: Tokenizer,
        features: Mapping[Modality, np.ndarray],
        pairs: Sequence[Pair],
        modalities: Sequence[Modality],
    ) -> None:
        if not pairs:
            raise TrainingError("The joint space has no pair of text and item to learn from; give captions.")
        self.config, self.features = config, features
        self.row = feature_rows(features, modalities)
        pairs = sorted(pairs, key=lambda pair: pair.item)
        self.pairs = pairs
        ids, mask = tokenizer.encode_batch([pair.text for pair in pairs], config.max_tokens)
        self.ids, self.mask = ids.to(torch.int32), mask
        _, keys = np.unique([pair.text for pair in pairs], return_inverse=True)
        self.keys = torch.from_numpy(keys.astype(np.int64))
        items = np.array([pair.item for pair in pairs])
        chosen, self.first = np.unique(items, return_index=True)
        self.last = np.append(self.first[1:], len(items))
        self.weights = np.array([pair.weight for pair in pairs], dtype=np.float64)
        self.items = chosen
        kinds = np.array([modalities[item] for item in chosen])
        self.slots = {m: np.flatnonzero(kinds == m) for m in MODALITIES if (kinds == m).any()}
        sizes = np.array([len(slots) for slots in self.slots.values()], dtype=np.float64) ** 0.75
        self.chances = sizes / sizes.sum()

    def fingerprint(self) -> str:
        digest = hashlib.sha256(repr([(pair.text, pair.item, pair.weight) for pair in self.pairs]).encode())
        for modality, table in sorted(self.features.items()):
            digest.update(modality.encode())
            digest.update(np.ascontiguousarray(table).data)
        return digest.hexdigest()

    def batch(self, step: int, generator: np.random.Generator) -> Batch:
        size, names = self.config.loop.batch_size, list(self.slots)
        if generator.random() < self.config.mixed_share:
            counts = dict(zip(names, np.ceil(size * self.chances).astype(int), strict=True))
        else:
            counts = {names[int(generator.choice(len(names), p=self.chances))]: size}
        slots = {m: _some(self.slots[m], int(count), generator) for m, count in counts.items()}
        drawn = np.concatenate(list(slots.values()))
        texts = np.stack([self._texts(drawn, generator) for _ in range(self.config.texts_an_item)])
        rows = torch.from_numpy(texts.reshape(-1))
        mask = self.mask[rows]
        length = int(mask.sum(1).max())
        ids, mask = self.ids[rows, :length].long(), mask[:, :length]
        lost = torch.from_numpy(generator.random(ids.shape) < self.config.word_dropout)
        mask = mask & ~(lost & (ids > EOS))
        keys = self.keys[texts]
        same = (keys[:, :, None] == keys[:, None, :]) & ~torch.eye(texts.shape[1], dtype=torch.bool)
        features = {m: torch.from_numpy(self.features[m][self.row[self.items[part]]]) for m, part in slots.items()}
        return Batch(ids, mask, same, features)

    def _texts(self, slots: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """One text of each item, drawn by weight: inverse of the cumulated weights of all texts."""
        total = np.append(0.0, np.cumsum(self.weights))
        low, high = total[self.first[slots]], total[self.last[slots]]
        found = np.searchsorted(total, low + generator.random(len(slots)) * (high - low), side="right") - 1
        return np.clip(found, self.first[slots], self.last[slots] - 1)


class _Queries:
    """Recall of held-back queries within their modality."""

    def __init__(
        self,
        config: JointConfig,
        tokenizer: Tokenizer,
        features: Mapping[Modality, np.ndarray],
        validation: Validation,
        modalities: Sequence[Modality],
    ) -> None:
        if not validation.pairs:
            raise TrainingError("There is no query to validate with; give some or validate with none.")
        self.features, self.row = features, feature_rows(features, modalities)
        pool = range(len(modalities)) if validation.pool is None else validation.pool
        self.parts = []
        for modality in config.modalities:
            pairs = [pair for pair in validation.pairs if modalities[pair.item] == modality]
            items = np.array([item for item in pool if modalities[item] == modality])
            if pairs:
                ids, mask = tokenizer.encode_batch([pair.text for pair in pairs], config.max_tokens)
                right = np.searchsorted(items, [pair.item for pair in pairs])
                self.parts.append((modality, ids, mask, items, right))

    @torch.no_grad()
    def measure(self, model: torch.nn.Module) -> dict[str, float]:
        """Recall@1 and @10 in percent a modality, and the mean over modalities of the mean reciprocal rank."""
        assert isinstance(model, JointSpace)
        device = model.log_scale.device
        metrics: dict[str, float] = {}
        reciprocal = []
        for modality, ids, mask, items, right in self.parts:
            vectors = encode_in_parts(model, self.features[modality], modality)[self.row[items]]
            texts = model.encode_text_ids(ids.to(device), mask.to(device)).cpu().numpy()
            ranks = ranks_of(texts @ vectors.T, right)
            metrics[f"recall_at_1_{modality}"] = 100 * float((ranks <= 1).mean())
            metrics[f"recall_at_10_{modality}"] = 100 * float((ranks <= 10).mean())
            reciprocal.append(float((1 / ranks).mean()))
        return metrics | {"mrr": float(np.mean(reciprocal))}


def ranks_of(scores: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Rank (from 1) of the right column of each row: (Q, N), (Q,) -> (Q,). Ties count against it, NaN is an error."""
    if not np.isfinite(scores).all():
        raise TrainingError("The joint space gave scores that are not finite; lower the learning rate.")
    own = scores[np.arange(len(scores)), right]
    return (scores >= own[:, None]).sum(axis=1)


@torch.no_grad()
def encode_in_parts(model: JointSpace, features: np.ndarray, modality: Modality, size: int = 1024) -> np.ndarray:
    """Feature tokens (N, T, F) -> unit vectors float32 (N, D), `size` items at a time."""
    device = model.log_scale.device
    parts = [
        model.encode_features(torch.from_numpy(np.array(features[start : start + size])).to(device), modality)
        .cpu()
        .numpy()
        for start in range(0, len(features), size)
    ]
    return np.concatenate(parts) if parts else np.empty((0, model.config.dimension), dtype=np.float32)


def feature_rows(features: Mapping[Modality, np.ndarray], modalities: Sequence[Modality]) -> np.ndarray:
    """Row of each collection position in the features of its modality: int64 (N,)."""
    rows = np.empty(len(modalities), dtype=np.int64)
    kinds = np.array(modalities)
    for modality in sorted(set(modalities)):
        own = kinds == modality
        if modality not in features or len(features[modality]) != own.sum():
            found = len(features[modality]) if modality in features else 0
            raise TrainingError(f"There are {own.sum()} {modality} items but features of {found}; encode them again.")
        rows[own] = np.arange(own.sum())
    return rows


def _some(values: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    return generator.permutation(values)[:count]
