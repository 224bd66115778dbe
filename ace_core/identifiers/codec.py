"""Vectors <-> codes: one coarse token by K-Means, M fine tokens by an RQ-VAE on the residual to the centre.

Method: ACE / CART (arXiv 2406.17507). Each modality has its own clusters and so its own range of coarse tokens; the
fine codebooks are shared. Cosine spaces need no special case: for unit vectors squared distance is 2 - 2 cosine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from torch import Tensor, nn

from ace_core.collection import MODALITIES, Modality
from ace_core.errors import BundleError, ConfigError, TrainingError
from ace_core.identifiers.kmeans import drawn, kmeans, nearest
from ace_core.identifiers.rqvae import ResidualAutoencoder
from ace_core.training.loop import LoopConfig, fit

CHUNK = 8192  # rows handled at once, so that memory stays flat
FITTED_ROWS = 131_072  # that the autoencoder is fitted to at most: of a larger collection, a sample


@dataclass(frozen=True)
class CodecConfig:
    coarse: dict[str, int]  # clusters a modality, at most
    levels: int = 3  # M
    codebook_size: int = 256  # K
    latent: int = 48  # dimensions of the RQ-VAE; in more of them k-means spends codewords on outliers
    hidden: int = 512
    commitment: float = 0.25  # beta
    decay: float = 0.95  # of the codebooks' moving averages, a step
    dead_share: float = 0.01  # codewords chosen less often than this share of the mean are replaced
    steps: int = 300  # of training; 0: plain residual quantisation on the principal axes
    batch_size: int = 1024
    learning_rate: float = 1e-3
    validation_share: float = 0.1  # of the vectors; decides whether the training helped

    def __post_init__(self) -> None:
        unknown = sorted(set(self.coarse) - set(get_args(Modality)))
        if unknown:
            raise ConfigError(f"CodecConfig.coarse names {unknown[0]!r}; known modalities: {', '.join(MODALITIES)}.")
        if not self.coarse or min(self.coarse.values()) < 1:
            raise ConfigError("CodecConfig.coarse must give at least one modality at least 1 cluster.")
        if min(self.levels, self.codebook_size, self.latent, self.hidden, self.batch_size) < 1 or self.steps < 0:
            raise ConfigError("CodecConfig: levels, codebook_size, latent, hidden and batch_size must be at least 1.")
        if not (0 <= self.decay < 1 and 0 <= self.dead_share < 1 and 0 < self.validation_share < 1):
            raise ConfigError("CodecConfig: decay, dead_share and validation_share must be shares below 1.")

    @classmethod
    def for_size(cls, items: Mapping[str, int]) -> CodecConfig:
        """Defaults for so many items by modality: about sqrt(n) clusters each, and K by the size of the whole."""
        coarse = {name: int(np.clip(round(n**0.5), min(8, n), 256)) for name, n in items.items() if n}
        total = sum(items.values())
        return cls(coarse=coarse, codebook_size=64 if total < 1500 else 128 if total < 6000 else 256)


class Codec(nn.Module):
    """Fitted clusters and codebooks. Level 0 of a code is the coarse token, levels 1..M are the fine ones."""

    centres: Tensor  # (C, D) of all modalities, in the order of MODALITIES
    ranges: Tensor  # int64 (len(MODALITIES), 2): first coarse token of a modality and one past its last
    errors: Tensor  # (2,) mean squared error on held-back vectors: residual k-means, trained (NaN: not trained)

    def __init__(self, config: CodecConfig, centres: Tensor, ranges: Tensor) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("centres", centres.float())
        self.register_buffer("ranges", ranges.long())
        self.register_buffer("errors", torch.full((2,), torch.nan))
        dimension = centres.shape[1]
        self.autoencoder = ResidualAutoencoder(
            dimension,
            min(config.latent, dimension),
            config.hidden,
            config.levels,
            config.codebook_size,
            config.decay,
            config.dead_share,
        )
        self.eval().requires_grad_(False)

    @property
    def level_sizes(self) -> tuple[int, ...]:
        return (len(self.centres), *[self.config.codebook_size] * self.config.levels)

    @classmethod
    def fit(
        cls,
        vectors: np.ndarray,
        modalities: Sequence[Modality],
        config: CodecConfig,
        folder: Path,
        seed: int = 0,
        progress: bool = False,
    ) -> Codec:
        """Fit on `vectors` float32 (N, D) of `modalities` (N,); `folder` holds the training's state and log.

        The network is trained on all but a held-back share and kept only if it rebuilds that share better than the
        residual k-means it started from; then the codebooks of the kept one are fitted to all vectors. Where there are
        more than `FITTED_ROWS`, a sample of so many stands for all of them.
        """
        rows = _checked(vectors, modalities)
        config = replace(config, codebook_size=min(config.codebook_size, len(rows)))
        centres, ranges = _clusters(rows, modalities, config, seed)
        codec = cls(config, torch.from_numpy(centres), ranges)
        chosen = drawn(len(rows), FITTED_ROWS, seed)
        rows, modalities = rows[chosen], [modalities[position] for position in chosen]
        coarse = codec._coarse(rows, modalities)
        residuals = torch.from_numpy(rows - centres[coarse])
        torch.manual_seed(seed)
        order = torch.from_numpy(np.random.default_rng(seed).permutation(len(rows)))
        held = max(1, round(config.validation_share * len(rows)))
        train, validation = (residuals[order[held:]], residuals[order[:held]]) if len(rows) > 1 else (residuals,) * 2

        net = codec.autoencoder
        net.initialise(train, seed)
        before, after = net.error(validation), float("nan")
        if config.steps:
            after = _train(net, train, validation, config, Path(folder), seed, progress)
        if after < before:
            net.quantiser.refine(net.encode(residuals).detach())
        else:
            net.initialise(residuals, seed)
        codec.errors.copy_(torch.tensor([before, after]))
        return codec.eval().requires_grad_(False)

    @torch.no_grad()
    def encode(self, vectors: np.ndarray, modalities: Sequence[Modality]) -> np.ndarray:
        """`vectors` float32 (N, D) of `modalities` (N,) -> codes int64 (N, 1 + M), without the unique token."""
        rows = _checked(vectors, modalities)
        if rows.shape[1] != self.centres.shape[1]:
            raise ConfigError(f"The codec reads vectors of {self.centres.shape[1]} dimensions, not {rows.shape[1]}.")
        codes = np.empty((len(rows), len(self.level_sizes)), dtype=np.int64)
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            coarse = self._coarse(chunk, modalities[start : start + CHUNK])
            residuals = torch.from_numpy(chunk).to(self.centres) - self.centres[torch.from_numpy(coarse)]
            codes[start : start + CHUNK, 0] = coarse
            codes[start : start + CHUNK, 1:] = self.autoencoder.codes(residuals).cpu().numpy()
        return codes

    @torch.no_grad()
    def reconstruct(self, codes: np.ndarray | Tensor) -> np.ndarray:
        """Codes int64 (N, 1..1+M), any prefix length -> float32 (N, D); a coarse token alone is its centre."""
        table = torch.as_tensor(codes, dtype=torch.int64, device=self.centres.device)
        if table.ndim != 2 or not 1 <= table.shape[1] <= len(self.level_sizes):
            raise ValueError(f"Codes must be (N, 1..{len(self.level_sizes)}), not {tuple(table.shape)}.")
        parts = []
        for chunk in table.split(CHUNK):
            rebuilt = self.centres[chunk[:, 0]]
            if chunk.shape[1] > 1:
                rebuilt = rebuilt + self.autoencoder.reconstruct(chunk[:, 1:])
            parts.append(rebuilt)
        return torch.cat(parts).cpu().numpy()

    def distances(self, vectors: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Squared distance float32 (N,) of each of `vectors` float32 (N, D) to what its code (N, 1..1+M) stands for."""
        parts = [
            np.square(self.reconstruct(codes[start : start + CHUNK]) - vectors[start : start + CHUNK]).sum(axis=1)
            for start in range(0, len(codes), CHUNK)
        ]
        return np.concatenate(parts)

    def state(self) -> dict[str, Tensor]:
        """Everything fitted, by name."""
        return dict(self.state_dict())

    @classmethod
    def from_state(cls, config: CodecConfig, tensors: Mapping[str, Tensor]) -> Codec:
        """Rebuild from `state()`; raises `BundleError` where the tensors are not those of `config`."""
        try:
            size = tensors["autoencoder.quantiser.codebooks"].shape[1]
            codec = cls(replace(config, codebook_size=size), tensors["centres"], tensors["ranges"])
            codec.load_state_dict(dict(tensors))
        except (KeyError, RuntimeError, IndexError) as error:
            raise BundleError(f"The codec's tensors do not fit its configuration ({error}).") from error
        starts = [0, *codec.ranges[:, 1].tolist()]
        if codec.ranges.shape != (len(MODALITIES), 2) or starts != [*codec.ranges[:, 0].tolist(), len(codec.centres)]:
            raise BundleError("The codec's ranges of coarse tokens do not cover its centres; build the bundle again.")
        return codec

    def _coarse(self, rows: np.ndarray, modalities: Sequence[Modality]) -> np.ndarray:
        names, coarse = np.asarray(modalities), np.empty(len(rows), dtype=np.int64)
        for modality in set(modalities):
            first, end = self.ranges[MODALITIES.index(modality)].tolist()
            if first == end:
                raise ConfigError(f"The codec was fitted without {modality} items, so it has no clusters for them.")
            chosen = names == modality
            coarse[chosen] = first + nearest(rows[chosen], self.centres[first:end].cpu().numpy())[0]
        return coarse


def assign_unique(codes: np.ndarray, distances: np.ndarray | None = None) -> np.ndarray:
    """Append the unique token to codes int64 (N, 1 + M): 0, 1, 2... within equal codes, so 0 where nothing collides.

    `distances` (N,) of the items to their reconstruction order them, so that 0 is the one the code says best; without
    it, position does. The token has no upper limit. Returns int64 (N, 1 + M + 1).
    """
    codes = np.asarray(codes, dtype=np.int64)
    keys = np.zeros(len(codes)) if distances is None else np.asarray(distances, dtype=np.float64)
    if len(keys) != len(codes) or not np.isfinite(keys).all():
        raise ValueError(f"assign_unique needs {len(codes)} finite distances, one an item.")
    order = np.lexsort((keys, *codes.T[::-1]))
    ordered = codes[order]
    fresh = np.ones(len(codes), dtype=bool)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    place = np.arange(len(codes))
    unique = np.empty(len(codes), dtype=np.int64)
    unique[order] = place - np.maximum.accumulate(np.where(fresh, place, 0))
    return np.column_stack([codes, unique])


def _checked(vectors: np.ndarray, modalities: Sequence[Modality]) -> np.ndarray:
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if rows.ndim != 2 or not len(rows) or len(rows) != len(modalities):
        raise ValueError(f"Vectors must be (N, D) with one modality each, not {rows.shape} and {len(modalities)}.")
    if not np.isfinite(rows).all():
        bad = int(np.argwhere(~np.isfinite(rows).all(axis=1))[0, 0])
        raise TrainingError(f"The vector of item {bad} is not finite; check what the encoder gave back.")
    return rows


def _clusters(
    rows: np.ndarray, modalities: Sequence[Modality], config: CodecConfig, seed: int
) -> tuple[np.ndarray, Tensor]:
    """Centres (C, D) of all modalities and the range of coarse tokens that each owns."""
    names, centres, ranges, first = np.asarray(modalities), [], [], 0
    for modality in MODALITIES:
        chosen = names == modality
        if chosen.any() and modality not in config.coarse:
            raise ConfigError(f"CodecConfig.coarse gives no clusters for {modality}; add them.")
        found = kmeans(rows[chosen], config.coarse[modality], seed) if chosen.any() else rows[:0]
        centres.append(found)
        ranges.append((first, first + len(found)))
        first += len(found)
    return np.concatenate(centres), torch.tensor(ranges)


def _train(
    net: ResidualAutoencoder,
    train: Tensor,
    validation: Tensor,
    config: CodecConfig,
    folder: Path,
    seed: int,
    progress: bool,
) -> float:
    """Train in place; the mean squared error on `validation` with the best weights."""
    batch = min(config.batch_size, len(train))
    loop = LoopConfig(
        steps=config.steps,
        batch_size=batch,
        learning_rate=config.learning_rate,
        seed=seed,
        validate_every=max(1, config.steps // 10),
        save_every=config.steps,
    )
    net.requires_grad_(True)
    fit(
        net,
        lambda step, generator: train[torch.from_numpy(generator.choice(len(train), batch, replace=False))],
        lambda _, rows: net.losses(rows, config.commitment),
        loop,
        folder,
        name="identifiers",
        validate=lambda _: {"negative_error": -net.error(validation)},
        watch="negative_error",
        progress=progress,
        context={"codec": asdict(config), "vectors": sha256(train.numpy().tobytes()).hexdigest()},
    )
    return net.error(validation)
