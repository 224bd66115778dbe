"""Attention over few keys: three small products, which for a sentence and a beam cost less than one large kernel."""

from __future__ import annotations

import torch
from torch import Tensor

ROOM = 16  # keys are padded to a multiple of this: shorter rows make the softmax slow on a CPU


def padded(keys: int) -> int:
    return -(-keys // ROOM) * ROOM


def attend(query: Tensor, keys: Tensor, values: Tensor, bias: Tensor) -> Tensor:
    """query (N, Q, e), keys (N, e, T), values (N, T, e), bias (N or 1, Q or 1, T), -inf where nothing is seen.

    Gives (N, Q, e). Keys come transposed, since that is how the product reads them fastest.
    """
    shares = torch.baddbmm(bias, query, keys, alpha=query.shape[-1] ** -0.5).softmax(dim=-1)
    return torch.bmm(shares, values)


def heads_first(x: Tensor) -> Tensor:
    """(B, Q, H, e) -> (B H, Q, e)."""
    return x.transpose(1, 2).reshape(-1, x.shape[1], x.shape[3])


def heads_last(x: Tensor, heads: int) -> Tensor:
    """(B H, Q, e) -> (B Q, H e)."""
    return x.view(-1, heads, *x.shape[1:]).transpose(1, 2).reshape(-1, heads * x.shape[2])


def fill_keys(room: Tensor, keys: Tensor, start: int = 0) -> None:
    """Write keys (B, T, H, e) into `room` (B H, e, >= start + T), transposed."""
    part = room.view(len(keys), keys.shape[2], room.shape[1], room.shape[2])
    part[..., start : start + keys.shape[1]] = keys.permute(0, 2, 3, 1)


def fill_values(room: Tensor, values: Tensor, start: int = 0) -> None:
    """Write values (B, T, H, e) into `room` (B H, >= start + T, e)."""
    part = room.view(len(values), values.shape[2], room.shape[1], room.shape[2])
    part[:, :, start : start + values.shape[1]] = values.transpose(1, 2)


class Rms:
    """RMSNorm; in float32 by fewer and cheaper steps than torch takes."""

    def __init__(self, weight: Tensor, eps: float | None, dtype: torch.dtype) -> None:
        """weight (d,), or with more dimensions before it for inputs (..., d) that have them; eps None: torch's."""
        size = weight.shape[-1]
        self.eps = torch.finfo(torch.float32).eps if eps is None else eps
        self.rounded = weight.detach().to(dtype) if dtype != torch.float32 else None
        self.weight = weight.detach().float() * size**0.5
        self.floor = torch.tensor(size * self.eps, device=weight.device)

    def __call__(self, x: Tensor) -> Tensor:
        """x (..., d) -> (..., d)."""
        if self.rounded is not None:
            return torch.rms_norm(x, x.shape[-1:], None, self.eps).mul_(self.rounded)
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return (x * torch.addcmul(self.floor, length, length).rsqrt_()).mul_(self.weight)
