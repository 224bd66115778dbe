"""Matrices that are only ever multiplied with, y = x W^T + b, in the form that the processor is fastest with.

A query alone is bound by reading the weights, a batch by multiplying them. So on a CPU float32 weights that 16 bits
hold exactly (those of every bundle) are kept in 16 bits too, and few rows are multiplied from these, in float32: half
the reading, the same numbers. `int8` rounds weights (one scale an output) and activations (one scale a row, so that a
query's answer does not depend on its company): a quarter of the reading and, with VNNI, a multiple of the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Precision = Literal["float32", "bfloat16", "int8"]
Matrix = Callable[[Tensor], Tensor]  # (..., K) -> (..., N)

FEW_ROWS = 64  # up to so many, 16-bit weights are the faster ones (measured with 512 x 2048 on AVX-512)
_LEAST = 1e-20  # a row of zeros has no scale


class Plain:
    """float32 or bfloat16, as the weights are."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self.weight, self.bias = weight, bias

    def __call__(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)


class Halved(Plain):
    """float32, with a 16-bit copy of the same numbers for few rows."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__(weight, bias)
        self.packed = torch.ops.quantized.linear_prepack_fp16(weight, bias)

    def __call__(self, x: Tensor) -> Tensor:
        if x.numel() > FEW_ROWS * x.shape[-1]:
            return F.linear(x, self.weight, self.bias)
        return torch.ops.quantized.linear_dynamic_fp16(x, self.packed)


class Int8:
    """Products of 8-bit integers, summed in 32 bits."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self.scale = weight.abs().amax(dim=1).clamp_(min=_LEAST) / 127
        self.weight = (weight / self.scale.unsqueeze(1)).round_().to(torch.int8).t()  # as the product reads it fastest
        self.bias = torch.zeros_like(self.scale) if bias is None else bias

    def __call__(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        scale = torch.linalg.vector_norm(rows, ord=torch.inf, dim=1, keepdim=True).clamp_(min=_LEAST).div_(127)
        product = torch._int_mm((rows / scale).round_().to(torch.int8), self.weight)
        return torch.addcmul(self.bias, product.float().mul_(scale), self.scale).view(*x.shape[:-1], -1)


class Stack:
    """E matrices of one shape, each for its own rows: x (E, R, K), added (E, R, N) -> x W_e^T + added, (E, R, N)."""

    def __init__(self, weights: Tensor, precision: Precision) -> None:
        """weights (E, N, K)."""
        self.each = [matrix(weight, None, precision) for weight in weights]
        self.together = weights.transpose(1, 2)

    def __call__(self, x: Tensor, added: Tensor) -> Tensor:
        few = isinstance(self.each[0], Halved) and x.shape[1] <= FEW_ROWS
        if few or isinstance(self.each[0], Int8):
            return torch.stack([one(rows) for one, rows in zip(self.each, x, strict=True)]).add_(added)
        return torch.baddbmm(added, x, self.together)


def matrix(weight: Tensor, bias: Tensor | None, precision: Precision) -> Matrix:
    """`weight` (N, K), `bias` (N,), both float32, made ready for `precision`."""
    weight = weight.detach().contiguous()
    bias = None if bias is None else bias.detach()
    if precision == "bfloat16":
        return Plain(weight.bfloat16(), None if bias is None else bias.bfloat16())
    if precision == "int8":
        return Int8(weight, bias)
    if weight.device.type == "cpu" and halves_exist() and torch.equal(weight.half().float(), weight):
        return Halved(weight, bias)
    return Plain(weight, bias)


def stacked(parts: Sequence[torch.nn.Linear], precision: Precision) -> Matrix:
    """Several layers that read the same input, as one: outputs side by side."""
    biases = [torch.zeros(part.out_features) if part.bias is None else part.bias.detach() for part in parts]
    return matrix(torch.cat([part.weight for part in parts]), torch.cat(biases), precision)


def halves_exist() -> bool:
    """Whether this build of torch multiplies 16-bit weights with float32 on this processor (FBGEMM; x86 only)."""
    return "fbgemm" in torch.backends.quantized.supported_engines


def int8_exists() -> bool:
    """Whether products of 8-bit integers are exact here; some processors without VNNI let sums overflow in between."""
    full = torch.full((32, 64), 127, dtype=torch.int8)
    return bool((torch._int_mm(full, full.t()) == 64 * 127 * 127).all())
