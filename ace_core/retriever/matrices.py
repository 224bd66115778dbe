"""Matrices that are only ever multiplied with, y = x W^T + b, in the form that the processor is fastest with.

A query alone is bound by reading the weights, a batch by multiplying them. So on a CPU float32 weights are packed as
oneDNN reads them, and those that 16 bits hold exactly (of every bundle) are kept in 16 bits too: few rows are taken
times these, in float32: half the reading, the same numbers. `int8` rounds weights (one scale an output) and activations
(one scale a row, so that a query's answer does not depend on its company): a quarter of the reading and, with VNNI, a
multiple of the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ace_core.retriever import kernels
from ace_core.retriever.kernels import Kernel, fits
from ace_core.retriever.short_attention import Rms

Precision = Literal["float32", "bfloat16", "int8"]

FEW_ROWS = 48  # up to so many, 16-bit weights are the faster ones (measured with 512 x 2048 on AVX-512)
SMALL = 2**17  # weights; of a matrix that stays in the cache anyway, the plain product has the shortest way
_LEAST = 1e-20  # a row of zeros has no scale


class Matrix:
    """y = x W^T + b, of normed x where a norm comes first: x (..., K) -> (..., N)."""

    def __init__(self, weight: Tensor, bias: Tensor | None, norm: Callable[[Tensor], Tensor] | None = None) -> None:
        self.weight, self.bias, self.norm = weight, bias, norm

    def __call__(self, x: Tensor, added: Tensor | None = None) -> Tensor:
        """With `added` (..., N) on top."""
        y = self._product(x if self.norm is None else self.norm(x))
        return y if added is None else y.add_(added)

    def gelu(self, x: Tensor) -> Tensor:
        """GELU of the product."""
        return F.gelu(self(x))

    def _product(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)


class Compiled(Matrix):
    """By the kernels of this project: norm, product, GELU and sum in one pass, over 16-bit or 8-bit weights."""

    def __init__(self, weight: Tensor, bias: Tensor | None, norm: nn.Module | None = None, *, eight: bool) -> None:
        super().__init__(weight, bias, norm)
        self.kernel = Kernel(weight, bias, norm, eight=eight)

    def __call__(self, x: Tensor, added: Tensor | None = None) -> Tensor:
        return self.kernel(x, added)

    def gelu(self, x: Tensor) -> Tensor:
        return self.kernel(x, gelu=True)


class Packed(Matrix):
    """float32 as oneDNN reads it."""

    def __init__(self, weight: Tensor, bias: Tensor | None, norm: Callable[[Tensor], Tensor] | None = None) -> None:
        super().__init__(torch.ops.mkldnn._reorder_linear_weight(weight), bias, norm)

    def _product(self, x: Tensor) -> Tensor:
        return torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, "none", [], "")

    def gelu(self, x: Tensor) -> Tensor:
        x = x if self.norm is None else self.norm(x)
        return torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, "gelu", [], "none")


class Halved(Packed):
    """float32, with a 16-bit copy of the same numbers for few rows."""

    def __init__(self, weight: Tensor, bias: Tensor | None, norm: Callable[[Tensor], Tensor] | None = None) -> None:
        super().__init__(weight, bias, norm)
        self.half = torch.ops.quantized.linear_prepack_fp16(weight, bias)

    def _product(self, x: Tensor) -> Tensor:
        return torch.ops.quantized.linear_dynamic_fp16(x, self.half) if _few(x) else super()._product(x)

    def gelu(self, x: Tensor) -> Tensor:
        return F.gelu(self(x)) if _few(x) else super().gelu(x)


class Int8(Matrix):
    """Products of 8-bit integers, summed in 32 bits. Rows are brought to [-1, 1] first, and back afterwards."""

    def __init__(self, weight: Tensor, bias: Tensor | None, norm: Callable[[Tensor], Tensor] | None = None) -> None:
        scale = weight.abs().amax(dim=1).clamp_(min=_LEAST).double() / 127
        none = torch.zeros(len(scale), dtype=torch.int64)
        rounded = torch.quantize_per_channel(weight, scale, none, 0, torch.qint8)
        super().__init__(torch.ops.quantized.linear_prepack(rounded, None), bias, norm)
        self.shift = torch.zeros(len(scale)) if bias is None else bias

    def _product(self, x: Tensor) -> Tensor:
        largest = x.abs().amax(dim=-1, keepdim=True).clamp_(min=_LEAST)
        product = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
            x / largest, 1 / 127, 128, self.weight
        )
        return torch.addcmul(self.shift, product, largest, out=product)


class Stack:
    """E matrices of one shape, each for its own rows: x (E, R, K), added (E, R, N) -> x W_e^T + added, (E, R, N)."""

    def __init__(self, weights: Tensor, precision: Precision) -> None:
        """weights (E, N, K)."""
        self.each = [matrix(weight, None, precision) for weight in weights]
        self.together = weights.transpose(1, 2)

    def __call__(self, x: Tensor, added: Tensor) -> Tensor:
        apart = isinstance(self.each[0], Int8 | Compiled) or (isinstance(self.each[0], Halved) and _few(x[0]))
        if apart:
            return torch.stack([one(*rows) for one, *rows in zip(self.each, x, added, strict=True)])
        return torch.baddbmm(added, x, self.together)


def matrix(weight: Tensor, bias: Tensor | None, precision: Precision, norm: nn.Module | None = None) -> Matrix:
    """`weight` (N, K) and `bias` (N,), made ready for `precision`; in bfloat16 they come as such.

    `norm`: the `RMSNorm` or `LayerNorm` that x goes through first.
    """
    weight = weight.detach().contiguous()
    bias = None if bias is None else bias.detach()
    exact = precision != "bfloat16" and torch.equal(weight.half().float(), weight)
    if (exact or precision == "int8") and fits(weight):
        return Compiled(weight, bias, norm, eight=precision == "int8")
    before = Rms(norm.weight, norm.eps) if isinstance(norm, nn.RMSNorm) else norm
    if precision == "int8":
        return Int8(weight, bias, before)
    if precision == "bfloat16" or weight.device.type != "cpu" or weight.numel() < SMALL or not packs():
        return Matrix(weight, bias, before)
    return (Halved if exact and halves_exist() else Packed)(weight, bias, before)


def stacked(parts: Sequence[nn.Linear], precision: Precision, norm: nn.Module | None = None) -> Matrix:
    """Several layers that read the same input, as one: outputs side by side."""
    biases: list[Tensor] = [
        part.weight.new_zeros(part.out_features) if part.bias is None else part.bias for part in parts
    ]
    weights: list[Tensor] = [part.weight for part in parts]
    return matrix(torch.cat(weights), torch.cat(biases), precision, norm)


@cache
def packs() -> bool:
    """Whether this build of torch packs float32 weights with oneDNN, and gets the right products from them."""
    return _agrees(Packed, 1e-4)


@cache
def halves_exist() -> bool:
    """Whether this build of torch multiplies float32 with 16-bit weights here (FBGEMM; x86 alone)."""
    return packs() and _agrees(Halved, 1e-4)


@cache
def int8_exists() -> bool:
    """Whether products of 8-bit integers are right here; without VNNI, torch's sums may overflow on the way."""
    return kernels.library() is not None or _agrees(Int8, 0.5)


def _agrees(kind: type[Matrix], close: float) -> bool:
    x, weight, bias = torch.ones(3, 64), torch.ones(8, 64), torch.arange(8.0)
    try:
        return bool((kind(weight, bias)(x) - (64 + bias)).abs().max() < close)
    except (RuntimeError, AttributeError):  # torch says either for a kernel that it does not have
        return False


def _few(x: Tensor) -> bool:
    return x.numel() <= FEW_ROWS * x.shape[-1]
