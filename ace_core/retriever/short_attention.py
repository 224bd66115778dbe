"""Attention over few keys: three small products, which for a sentence and a beam cost less than one large kernel."""

from __future__ import annotations

import torch
from torch import Tensor

ROOM = 16  # keys are padded to a multiple of this; shorter rows make the softmax slow on a CPU


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
    """RMSNorm, in float32 in four small steps instead of seven."""

    def __init__(self, norm: torch.nn.RMSNorm, dtype: torch.dtype) -> None:
        weight = norm.weight.detach()
        size = len(weight)
        eps = torch.finfo(torch.float32).eps if norm.eps is None else norm.eps
        self.rounded = weight.to(dtype) if dtype != torch.float32 else None
        self.eps, self.weight = eps, weight.float() * size**0.5
        self.floor = torch.tensor((size * eps) ** 0.5, device=weight.device)

    def __call__(self, x: Tensor) -> Tensor:
        if self.rounded is not None:
            return torch.rms_norm(x, self.rounded.shape, self.rounded, self.eps)
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return (x / torch.hypot(length, self.floor)).mul_(self.weight)
