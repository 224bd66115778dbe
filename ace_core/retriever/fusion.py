"""How the decoder reads every layer of the query encoder: a coarse and a fine branch, summed (arXiv 2406.17507).

E_1..E_S are the outputs of all encoder layers, each under its own RMSNorm; Y is the decoder's state.
    coarse   Z = W [E_1; ..; E_S] + b (on features),  C = CrossAttention(Y, Z),  C' = sigmoid(W_g C + b_g) * C
    fine     a_i = CrossAttention(Y, E_i), one module for all i,  alpha_i = sigmoid(Linear_i([Y; a_i])),
             L = sum_i alpha_i * a_i / sqrt(S)
    output   C' + L
The form of alpha is that of the Meshed-Memory Transformer (arXiv 1912.08226), which the paper builds on.
With one branch off, the other stands alone; with both off, plain cross-attention to the last layer is left.

Keys and values depend on the query alone: they are computed once (`LayerMemory`) and shared by all beams, which are
folded into the query dimension of attention (Q below), so nothing is ever repeated a beam.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(B, Q, d) -> (B, heads, Q, d / heads)."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    """(B, heads, Q, d / heads) -> (B, Q, d)."""
    return x.transpose(1, 2).flatten(2)


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, dropout: float = 0.0) -> Tensor:
    """Softmax attention: (B, heads, Q, e) over (B, heads, T, e) -> (B, heads, Q, e); mask bool, True where it looks."""
    if query.device.type != "cpu" or not torch.is_grad_enabled():
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropout)
    # Written out: for short sequences on a CPU the fused attention's backward pass is several times slower.
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    shares = F.dropout(scores.softmax(dim=-1).to(value.dtype), dropout, training=dropout > 0)
    return shares @ value


class KeysValues(NamedTuple):
    """Keys and values of E sources side by side: (B, E, heads, T, d / heads) each."""

    keys: Tensor
    values: Tensor


class LayerMemory(NamedTuple):
    """What one decoder layer reads of a query; a branch that is off is None."""

    coarse: KeysValues | None
    fine: KeysValues | None


class CrossAttention(nn.Module):
    """Multi-head attention of (B, Q, d) over one or several sources of (B, T, memory_size)."""

    def __init__(self, d_model: int, memory_size: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query = nn.Linear(d_model, d_model)
        self.key_value = nn.Linear(memory_size, 2 * d_model)
        self.out = nn.Linear(d_model, d_model)

    def remember(self, sources: Tensor) -> KeysValues:
        """Keys and values of sources (B, E, T, memory_size)."""
        keys, values = self.key_value(sources).chunk(2, dim=-1)
        return KeysValues(*(part.unflatten(-1, (self.heads, -1)).transpose(2, 3) for part in (keys, values)))

    def forward(self, y: Tensor, memory: KeysValues, mask: Tensor) -> Tensor:
        """y (B, Q, d), mask bool (B, 1, 1, T) -> (B, E, Q, d): one answer from each source."""
        experts = memory.keys.shape[1]
        query = split_heads(self.query(y), self.heads).repeat(1, experts, 1, 1)  # sources are so many more heads
        dropout = self.dropout if self.training else 0.0
        answer = attend(query, memory.keys.flatten(1, 2), memory.values.flatten(1, 2), mask, dropout)
        return self.out(answer.unflatten(1, (experts, self.heads)).transpose(2, 3).flatten(3))


class ExpertGates(nn.Module):
    """alpha_i = sigmoid(Linear_i([Y; a_i])): one gate a source and feature; Xavier weights, zero bias."""

    def __init__(self, experts: int, d_model: int) -> None:
        super().__init__()
        self.of_state = nn.Parameter(torch.empty(experts, d_model, d_model))
        self.of_answer = nn.Parameter(torch.empty(experts, d_model, d_model))
        self.bias = nn.Parameter(torch.zeros(experts, d_model))
        bound = math.sqrt(6 / (3 * d_model))  # Xavier for 2d -> d
        for weight in (self.of_state, self.of_answer):
            nn.init.uniform_(weight, -bound, bound)

    def forward(self, y: Tensor, answers: Tensor) -> Tensor:
        """y (B, Q, d), answers (B, E, Q, d) -> gates in (0, 1), (B, E, Q, d)."""
        batch, experts, positions, d_model = answers.shape
        rows = answers.transpose(0, 1).reshape(experts, -1, d_model)  # few large products, not one a query
        of_answer = torch.bmm(rows, self.of_answer).view(experts, batch, positions, d_model).transpose(0, 1)
        of_state = (y @ self.of_state.transpose(0, 1).flatten(1)).view(batch, positions, experts, d_model)
        return torch.sigmoid(of_state.transpose(1, 2) + of_answer + self.bias.unsqueeze(1))


class EncoderMemory(nn.Module):
    """Makes of all encoder layers, once a query, the normed sources and the coarse mixture Z."""

    def __init__(self, layers: int, memory_size: int, d_model: int, coarse: bool) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.RMSNorm(memory_size) for _ in range(layers))
        self.mix = nn.Linear(layers * memory_size, d_model) if coarse else None

    def forward(self, states: Sequence[Tensor]) -> tuple[Tensor, Tensor | None]:
        """S states (B, T, memory_size) -> sources (B, S, T, memory_size) and Z (B, 1, T, d) or None."""
        normed = [norm(state) for norm, state in zip(self.norms, states, strict=True)]
        mixture = None if self.mix is None else self.mix(torch.cat(normed, dim=-1)).unsqueeze(1)
        return torch.stack(normed, dim=1), mixture


class Fusion(nn.Module):
    """The cross-attention of one decoder layer: C' + L."""

    def __init__(
        self, d_model: int, memory_size: int, layers: int, heads: int, dropout: float, *, coarse: bool, fine: bool
    ) -> None:
        super().__init__()
        self.coarse = CrossAttention(d_model, d_model, heads, dropout) if coarse else None
        self.self_gate = nn.Linear(d_model, d_model) if coarse else None
        # Plain cross-attention is the fine branch with one source and no gate.
        self.fine = CrossAttention(d_model, memory_size, heads, dropout) if fine or not coarse else None
        self.gates = ExpertGates(layers, d_model) if fine else None

    def remember(self, sources: Tensor, mixture: Tensor | None) -> LayerMemory:
        """Keys and values of every branch from what `EncoderMemory` gave."""
        coarse = self.coarse.remember(mixture) if self.coarse is not None and mixture is not None else None
        if self.fine is None:
            return LayerMemory(coarse, None)
        return LayerMemory(coarse, self.fine.remember(sources if self.gates is not None else sources[:, -1:]))

    def forward(self, y: Tensor, memory: LayerMemory, mask: Tensor) -> Tensor:
        """y (B, Q, d), mask bool (B, 1, 1, T) -> (B, Q, d)."""
        parts = []
        if self.coarse is not None and self.self_gate is not None and memory.coarse is not None:
            answer = self.coarse(y, memory.coarse, mask).squeeze(1)
            parts.append(torch.sigmoid(self.self_gate(answer)) * answer)
        if self.fine is not None and memory.fine is not None:
            answers = self.fine(y, memory.fine, mask)
            if self.gates is not None:
                answers = self.gates(y, answers) * answers
            parts.append(answers.sum(dim=1) / math.sqrt(answers.shape[1]))
        return parts[0] if len(parts) == 1 else parts[0] + parts[1]
