"""Training of the compact captioner, on captions of train items and nothing else."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ace_core.captioners.writer import CaptionerConfig, CompactCaptioner
from ace_core.collection import Collection, Modality
from ace_core.encoders.joint import Pair, feature_rows
from ace_core.errors import TrainingError
from ace_core.evaluation.protocol import assert_index_texts
from ace_core.text import BOS, PAD, UNK, Tokenizer
from ace_core.training.loop import fit
from ace_core.training.precision import pick_device

__all__ = ["CaptionerConfig", "CompactCaptioner", "train_captioner"]

Batch = tuple[Modality, Tensor, Tensor]  # features (I, T, F) of one modality, captions int64 (I, C, L)


def train_captioner(
    config: CaptionerConfig,
    tokenizer: Tokenizer,
    features: Mapping[Modality, np.ndarray],
    pairs: Sequence[Pair],
    folder: Path,
    *,
    collection: Collection,
    further: Collection | None = None,
    validation: Sequence[Pair] = (),
    start: CompactCaptioner | None = None,
    context: Mapping[str, Any] | None = None,
    progress: bool = True,
    restart: bool = False,
) -> CompactCaptioner:
    """Train on `pairs`, which must be captions of train items of `collection` (`TrainingError` otherwise).

    start: a captioner of the same sizes to go on from; its words and the scales of its features stay as they are.

    further: items that are not searched; their positions are those behind the collection's, and all their captions may
    teach. features: float16 (N_m, T, F) a modality, rows in the order of both. With `validation` (captions of other
    items) the weights that give them the highest log-probability a token are kept, otherwise the last ones.
    """
    assert_index_texts(collection, [(pair.text, pair.item) for pair in pairs if pair.item < len(collection)])
    modalities = [item.modality for item in (*collection, *(further or ()))]
    table = _Table(config, tokenizer, features, pairs, modalities)
    model = _begin(config, tokenizer, table) if start is None else _go_on(config, tokenizer, start)
    model.to(pick_device())
    others = _Table(config, tokenizer, features, validation, modalities) if validation else None
    fit(
        model,
        table.batch,
        lambda _, batch: caption_loss(model, batch),
        config.loop,
        Path(folder),
        name="captioner",
        validate=(lambda _: {"log_prob_a_token": others.log_prob_a_token(model)}) if others else None,
        watch="log_prob_a_token" if others else None,
        progress=progress,
        context={"captioner": asdict(model.config), "data": table.fingerprint()} | dict(context or {}),
        restart=restart,
    )
    return model


def _begin(config: CaptionerConfig, tokenizer: Tokenizer, table: _Table) -> CompactCaptioner:
    word_ids = _common_words(tokenizer, table.ids, config.words)
    torch.manual_seed(config.loop.seed)
    model = CompactCaptioner(replace(config, words=len(word_ids)), tokenizer)
    model.word_ids.copy_(word_ids)
    for modality, rows in table.items.items():
        model.reader(modality).measure(table.features[modality][table.row[rows]])
    return model


def _go_on(config: CaptionerConfig, tokenizer: Tokenizer, start: CompactCaptioner) -> CompactCaptioner:
    model = CompactCaptioner(replace(config, words=start.config.words), tokenizer)
    model.load_state_dict(start.state_dict())
    return model


def caption_loss(model: CompactCaptioner, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Cross-entropy of every caption token, and of the words that the feature tokens together say."""
    modality, features, ids = batch
    config = model.config
    memory = model.remember(features, modality)
    read = ids[..., :-1]
    hidden = (torch.rand(read.shape, device=read.device) < config.word_dropout) & (read != PAD) & (read != BOS)
    wanted = ids[..., 1:] != PAD  # only there is the whole vocabulary scored
    logits = model.logits(model.read(memory, read.masked_fill(hidden, UNK))[0][wanted])
    written = F.cross_entropy(logits, ids[..., 1:][wanted], label_smoothing=config.label_smoothing)
    present = torch.zeros(len(ids), config.vocab_size, device=ids.device).scatter_(1, ids.flatten(1), 1.0)
    shown = present[:, model.word_ids]
    said = -(shown * memory.words.log_softmax(-1)).sum() / shown.sum().clamp(min=1)
    return written + config.presence_weight * said, {"written": float(written.detach()), "said": float(said.detach())}


class _Table:
    """Captions as token ids, sorted by item, and the feature rows of the items."""

    def __init__(
        self,
        config: CaptionerConfig,
        tokenizer: Tokenizer,
        features: Mapping[Modality, np.ndarray],
        pairs: Sequence[Pair],
        modalities: Sequence[Modality],
    ) -> None:
        if not pairs:
            raise TrainingError("The captioner has no caption to learn from; give captions of train items.")
        self.config, self.features = config, features
        self.row = feature_rows(features, modalities)
        pairs = sorted(pairs, key=lambda pair: pair.item)
        self.ids, _ = tokenizer.encode_batch([pair.text for pair in pairs], config.max_tokens)
        self.item = np.array([pair.item for pair in pairs])
        present, self.first, self.count = np.unique(self.item, return_index=True, return_counts=True)
        self.place = {int(item): place for place, item in enumerate(present)}
        kinds = np.array([modalities[item] for item in present])
        self.items: dict[Modality, np.ndarray] = {m: present[kinds == m] for m in features if (kinds == m).any()}
        sizes = np.array([len(items) for items in self.items.values()]) ** (1 - config.evenness)
        self.chances = sizes / sizes.sum()

    def batch(self, step: int, generator: np.random.Generator) -> Batch:
        """Items of one modality, drawn as `evenness` says, with `captions_an_item` captions each."""
        modality = list(self.items)[int(generator.choice(len(self.items), p=self.chances))]
        items, captions = self.items[modality], self.config.captions_an_item
        drawn = generator.permutation(items)[: max(1, self.config.loop.batch_size // captions)]
        places = np.array([self.place[int(item)] for item in drawn])
        # A random start and then one after the other: no caption twice where there are enough.
        turn = generator.integers(0, self.count[places])[:, None] + np.arange(captions)
        ids = self.ids[torch.from_numpy(self.first[places][:, None] + turn % self.count[places][:, None])]
        length = int((ids != PAD).sum(-1).max())
        return modality, torch.from_numpy(self.features[modality][self.row[drawn]]), ids[..., :length]

    def log_prob_a_token(self, model: CompactCaptioner, captions: int = 1024) -> float:
        """Mean log-probability a token, natural logarithm, of up to `captions` evenly spaced captions."""
        chosen = np.arange(0, len(self.ids), max(1, len(self.ids) // captions))
        total, tokens = 0.0, 0
        for modality, items in self.items.items():
            own = chosen[np.isin(self.item[chosen], items)]
            ids = self.ids[torch.from_numpy(own)]
            mask = ids != PAD
            rows = self.row[self.item[own]]
            total += float(model.log_prob(self.features[modality][rows], modality, ids, mask).double().sum())
            tokens += int(mask[:, 1:].sum())
        return total / tokens

    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.ids.numpy().tobytes() + self.item.tobytes())
        for modality, table in sorted(self.features.items()):
            digest.update(modality.encode())
            digest.update(np.ascontiguousarray(table).data)
        return digest.hexdigest()


def _common_words(tokenizer: Tokenizer, ids: Tensor, limit: int) -> Tensor:
    """Token ids int64 of the commonest words of the captions, at most `limit`."""
    counts = Counter(ids[ids != PAD].tolist())
    words = sorted((token for token in tokenizer.words if counts[token]), key=lambda token: (-counts[token], token))
    if not words:
        raise TrainingError("The captions hold no word that the tokenizer knows as one; train it on the captions.")
    return torch.tensor(words[:limit], dtype=torch.int64)
