"""Residual-quantised autoencoder: M codebooks over a latent that starts as a plain rotation of its input.

At the start encoder and decoder are linear (principal axes and back) and the codebooks are residual k-means, so the
untrained network *is* residual quantisation; what it learns is added to that by two small networks that begin at zero.
Autoencoder after RQ-VAE (Lee et al. 2022, arXiv 2203.01941) as used for identifiers in TIGER (arXiv 2305.05065);
moving-average codebooks after VQ-VAE (van den Oord et al. 2017, arXiv 1711.00937, appendix A.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ace_core.identifiers.kmeans import kmeans


@dataclass(frozen=True)
class Quantised:
    codes: Tensor  # int64 (B, M)
    steps: Tensor  # (B, M, d) sum of the first 1..M codewords, without gradient
    commitment: Tensor  # () squared distance of every level's input to its codeword, summed over features and levels


class ResidualQuantiser(nn.Module):
    """M separate codebooks of K codewords of d dimensions, each on what the former ones left over."""

    codebooks: Tensor  # (M, K, d)
    counts: Tensor  # (M, K) moving average of how many vectors of a batch chose each codeword, in units of B / K
    sums: Tensor  # (M, K, d) moving average of their sum, in the same units

    def __init__(self, levels: int, size: int, dimension: int, decay: float, dead_share: float) -> None:
        super().__init__()
        self.decay, self.dead_share = decay, dead_share
        self.register_buffer("codebooks", torch.zeros(levels, size, dimension))
        self.register_buffer("counts", torch.zeros(levels, size))
        self.register_buffer("sums", torch.zeros(levels, size, dimension))

    def forward(self, latent: Tensor, follow: bool = False) -> Quantised:
        """Quantise `latent` float32 (B, d) greedily, level by level; with `follow` the codebooks move with the data."""
        left, total = latent, torch.zeros_like(latent)
        codes, steps, commitment = [], [], latent.new_zeros(())
        for level, book in enumerate(self.codebooks):
            choice = closest(left.detach(), book)
            word = book[choice]
            commitment = commitment + (left - word).square().sum(-1).mean()
            if follow:
                self._follow(level, left.detach(), choice)
            left, total = left - word, total + word
            codes.append(choice)
            steps.append(total)
        return Quantised(torch.stack(codes, 1), torch.stack(steps, 1), commitment)

    def decode(self, codes: Tensor) -> Tensor:
        """Sum (B, d) of the codewords of `codes` int64 (B, 1..M)."""
        levels = torch.arange(codes.shape[1], device=codes.device)
        return self.codebooks[levels, codes].sum(1)

    @torch.no_grad()
    def initialise(self, latent: Tensor, seed: int) -> None:
        """Codebooks by k-means on all of `latent` (N, d), each level on the residuals of the one before."""
        left = latent.detach().clone()
        for level, book in enumerate(self.codebooks):
            centres = torch.from_numpy(kmeans(left.cpu().numpy(), len(book), seed + level)).to(book)
            # Fewer different residuals than codewords: the rest repeat the first one and are never the first minimum.
            book.copy_(torch.cat([centres, centres[:1].expand(len(book) - len(centres), -1)]))
            left = left - book[closest(left, book)]
        self._reset_averages()

    @torch.no_grad()
    def refine(self, latent: Tensor, rounds: int = 10) -> None:
        """Lloyd's steps on all of `latent` (N, d), level by level; a codeword that nobody chose stays where it is."""
        left = latent.detach().clone()
        for book in self.codebooks:
            for _ in range(rounds):
                count, total = _gather(left, closest(left, book), len(book))
                book.copy_(torch.where(count[:, None] > 0, total / count.clamp(min=1)[:, None], book))
            left = left - book[closest(left, book)]
        self._reset_averages()

    def _reset_averages(self) -> None:
        self.counts.fill_(1)
        self.sums.copy_(self.codebooks)

    @torch.no_grad()
    def _follow(self, level: int, vectors: Tensor, choice: Tensor) -> None:
        """Move codewords towards the mean of the vectors (B, d) that chose them; put dead ones onto random vectors.

        Counts are in units of B / K, their mean, so that the threshold holds at any batch size: one near or above the
        mean would restart the whole codebook at every step.
        """
        unit = self.counts.shape[1] / len(vectors)
        count, total = _gather(vectors, choice, self.counts.shape[1])
        counts, sums = self.counts[level], self.sums[level]
        counts.lerp_(count * unit, 1 - self.decay)
        sums.lerp_(total * unit, 1 - self.decay)
        dead = counts < self.dead_share
        if bool(dead.any()):
            drawn = torch.randint(len(vectors), (int(dead.sum()),), device=vectors.device)
            counts[dead] = 1
            sums[dead] = vectors[drawn]
        self.codebooks[level] = sums / counts.unsqueeze(-1)


class ResidualAutoencoder(nn.Module):
    """x (B, D) -> latent (B, d) -> M codewords -> x' (B, D); linear paths beside networks that start at zero."""

    mean: Tensor  # (D,)
    scale: Tensor  # () root mean square of the centred input

    def __init__(
        self, dimension: int, latent: int, hidden: int, levels: int, size: int, decay: float, dead_share: float
    ) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dimension))
        self.register_buffer("scale", torch.ones(()))
        self.down = nn.Linear(dimension, latent, bias=False)
        self.up = nn.Linear(latent, dimension, bias=False)
        self.encoder = _network(dimension, hidden, latent)
        self.decoder = _network(latent, hidden, dimension)
        self.quantiser = ResidualQuantiser(levels, size, latent, decay, dead_share)

    def encode(self, x: Tensor) -> Tensor:
        """(B, D) -> latent (B, d)."""
        x = (x - self.mean) / self.scale
        return (self.down(x) + self.encoder(x)).float()

    def decode(self, latent: Tensor) -> Tensor:
        """latent (..., d) -> (..., D)."""
        return (self.up(latent) + self.decoder(latent)).float() * self.scale + self.mean

    def losses(self, x: Tensor, beta: float) -> tuple[Tensor, dict[str, float]]:
        """Reconstruction from every prefix of the codes plus beta x commitment, both summed over features (scaled).

        The straight-through gradient passes once, from the summed codewords to the latent.
        """
        latent = self.encode(x)
        quantised = self.quantiser(latent, follow=self.training)
        through = latent.unsqueeze(1) + (quantised.steps - latent.unsqueeze(1)).detach()
        wrong = ((self.decode(through) - x.unsqueeze(1)) / self.scale).square().sum(-1).mean(0)
        return wrong.mean() + beta * quantised.commitment, {
            "reconstruction": float(wrong[-1].detach()),
            "commitment": float(quantised.commitment.detach()),
        }

    @torch.no_grad()
    def codes(self, x: Tensor) -> Tensor:
        """(B, D) -> int64 (B, M)."""
        return self.quantiser(self.encode(x)).codes

    @torch.no_grad()
    def reconstruct(self, codes: Tensor) -> Tensor:
        """codes int64 (B, 1..M) -> (B, D)."""
        return self.decode(self.quantiser.decode(codes))

    @torch.no_grad()
    def error(self, x: Tensor) -> float:
        """Mean squared distance between (B, D) and its reconstruction from all M codes."""
        return float((self.reconstruct(self.codes(x)) - x).square().sum(-1).mean())

    @torch.no_grad()
    def initialise(self, x: Tensor, seed: int) -> None:
        """Start as residual k-means on the principal axes of `x` (N, D)."""
        self.mean.copy_(x.mean(0))
        centred = x - self.mean
        self.scale.copy_(centred.square().mean().sqrt().clamp(min=1e-8))
        _, axes = np.linalg.eigh((centred.T @ centred).double().cpu().numpy())
        basis = torch.from_numpy(np.ascontiguousarray(axes[:, ::-1][:, : self.down.out_features].T)).to(x)
        self.down.weight.copy_(basis)
        self.up.weight.copy_(basis.T)
        for network in (self.encoder, self.decoder):
            for parameter in network[-1].parameters():
                nn.init.zeros_(parameter)
        self.quantiser.initialise(self.encode(x), seed)


def closest(vectors: Tensor, book: Tensor) -> Tensor:
    """Index int64 (B,) of the codeword of `book` (K, d) nearest to each of `vectors` (B, d); the first of equals."""
    with torch.autocast(vectors.device.type, enabled=False):
        return (book.square().sum(-1) - 2 * vectors.float() @ book.T).argmin(-1)


def _gather(vectors: Tensor, choice: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """How many of `vectors` (B, d) chose each of `size` codewords (size,), and their sum (size, d)."""
    count = vectors.new_zeros(size).index_add_(0, choice, vectors.new_ones(len(vectors)))
    return count, vectors.new_zeros(size, vectors.shape[1]).index_add_(0, choice, vectors)


def _network(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.GELU(), nn.Linear(hidden, outputs))
