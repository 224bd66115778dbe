"""`update`: the retriever learns of items that were added, and rehearses the others; nothing else of a bundle changes.

Every step draws texts of new items and, for a share of the batch, of old ones: captions of train items and
pseudo-queries, as in the build. The dual tower, which needs no training to know an item, is the teacher of both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ace_core.bundle import Bundle
from ace_core.changes import Change
from ace_core.collection import Collection
from ace_core.errors import ConfigError, TrainingError
from ace_core.evaluation.protocol import assert_index_texts, index_texts
from ace_core.parts import Parts, load_parts
from ace_core.retriever.model import Retriever, RetrieverConfig
from ace_core.retriever.pairs import TextPairs
from ace_core.retriever.rehearsal import RehearsalSampler
from ace_core.retriever.train import ItemTargets, RetrieverTrainConfig, train_retriever
from ace_core.revision import check_place, save_change
from ace_core.stages import Work, fingerprint, fit_summary, keep, restore, say
from ace_core.training.loop import LoopConfig
from ace_core.training.precision import pick_device

NAME = "update"
FEWEST_STEPS, MOST_STEPS = 50, 2000


@dataclass(frozen=True)
class UpdateConfig:
    rehearsal: float = 0.5  # share of the examples that are of items known before
    draws: int = 40  # how often each new item is drawn, about
    steps: int = 0  # 0: as `draws` asks for, within FEWEST_STEPS and MOST_STEPS
    batch_size: int = 128
    learning_rate: float = 2e-4
    distil: float = 0.5  # weight of the dual tower as a teacher beside the true item
    human_share: float = 0.5  # of the draws of an item that has both captions and pseudo-queries
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.rehearsal < 1:
            raise ConfigError(f"UpdateConfig.rehearsal must be in [0, 1), not {self.rehearsal}.")
        if min(self.draws, self.batch_size) < 1 or self.steps < 0:
            raise ConfigError("UpdateConfig: draws and batch_size must be at least 1, steps not negative.")

    def training(self, new_items: int) -> RetrieverTrainConfig:
        """Sized for so many new items."""
        examples = self.draws * new_items / (1 - self.rehearsal)
        steps = self.steps or int(np.clip(np.ceil(examples / self.batch_size), FEWEST_STEPS, MOST_STEPS))
        loop = LoopConfig(steps, self.batch_size, self.learning_rate, seed=self.seed)
        return RetrieverTrainConfig(loop, human_share=self.human_share, distil=self.distil, encoder_rate=0.3)


@dataclass(frozen=True)
class UpdateReport:
    bundle: Path
    learnt: int  # items; 0: there was nothing to learn, and nothing was written
    without_text: int  # new items that nothing is said of; they stay marked
    outcome: str  # one sentence on the training
    seconds: float


def update_bundle(
    path: Path,
    work: Path,
    config: UpdateConfig | None = None,
    *,
    out: Path | None = None,
    media_root: Path | None = None,
    progress: bool = True,
    note: Callable[[str], None] = say,
) -> UpdateReport:
    """Train the retriever of the bundle at `path` on its new items and replace it, or write the result to `out`.

    `work` keeps the training's state: a run that was stopped goes on from there. Raises `TrainingError` where nothing
    is said of any new item, `BundleError` where the bundle must not be changed or was while this went on.
    """
    config, out = config or UpdateConfig(), Path(out or path)
    check_place(out)
    bundle = Bundle.open(Path(path), media_root)
    collection, parts = bundle.collection, load_parts(bundle)
    texts, human = _texts(collection, parts)
    pairs = _pairs(texts, human, parts)
    told = np.zeros(len(collection), dtype=bool)
    told[pairs.items] = True
    new = np.array([not item.trained for item in collection])
    learnt, silent = int((new & told).sum()), int((new & ~told).sum())
    if not new.any():
        return UpdateReport(out, 0, 0, "every item was trained on before", 0.0)
    if not learnt:
        raise TrainingError(f"Nothing is said of the new items of {path}; add them with captions to learn from.")
    training = config.training(learnt)
    sampler = RehearsalSampler(pairs, torch.from_numpy(new)[pairs.items], config.human_share, config.rehearsal)

    def make(folder: Path) -> str:
        _train(parts, training, pairs, _targets(texts, parts), sampler, folder, progress)
        return f"{learnt} new items, {fit_summary(folder)}"

    stage = Work(work, note).stage(NAME, [fingerprint(dict(bundle.files)), asdict(config)], make)
    retriever = restore(stage.folder, RetrieverConfig, lambda c: Retriever(c, parts.tokenizer, pretrained=False))
    after = replace(parts, retriever=retriever, logs={NAME: stage.folder / "log.jsonl"})
    items = tuple(replace(item, trained=item.trained or bool(told[i])) for i, item in enumerate(collection))
    ids = tuple(collection[int(i)].id for i in np.flatnonzero(new & told))
    save_change(bundle, parts, Change(NAME, ids, replace(collection, items=items), after), out)
    return UpdateReport(out, learnt, silent, stage.summary, stage.seconds)


def _train(
    parts: Parts,
    training: RetrieverTrainConfig,
    pairs: TextPairs,
    targets: ItemTargets,
    sampler: RehearsalSampler,
    folder: Path,
    progress: bool,
) -> None:
    """The retriever of `parts`, in place; kept in `folder`."""
    device = pick_device()
    model = parts.retriever.requires_grad_(True).to(device)
    trie = parts.trie().to(device)
    train_retriever(training, model, trie, pairs, folder, item_targets=targets, sampler=sampler, progress=progress)
    keep(model, folder)


def _texts(collection: Collection, parts: Parts) -> tuple[list[tuple[str, int]], int]:
    """(text, item position) that may index the collection, checked; the first so many are by people."""
    human = index_texts(collection)
    generated = [(text, item) for item, texts in enumerate(parts.pseudo_queries) for text in texts]
    assert_index_texts(collection, human, generated)
    if not human and not generated:
        raise TrainingError(f"Nothing is said of any item of {collection.name!r}; there is nothing to learn from.")
    return [*human, *generated], len(human)


def _pairs(texts: Sequence[tuple[str, int]], human: int, parts: Parts) -> TextPairs:
    ids, mask = parts.retriever.tokenize([text for text, _ in texts])
    items = torch.tensor([item for _, item in texts])
    return TextPairs(ids, mask, items, torch.ones(len(texts)), torch.arange(len(texts)) < human)


def _targets(texts: Sequence[tuple[str, int]], parts: Parts) -> ItemTargets:
    """The dual tower's p(item | text) for texts int64 (B,): float32 (B, N).

    Texts are encoded when they are drawn: an update draws few of a large collection's.
    """
    tower = parts.dual_tower.to(pick_device())
    items = torch.from_numpy(parts.dual_vectors)

    def of(chosen: np.ndarray) -> Tensor:
        vectors = torch.from_numpy(tower.encode_texts([texts[i][0] for i in chosen]))
        return (tower.scale * vectors @ items.T).softmax(dim=-1)

    return of
