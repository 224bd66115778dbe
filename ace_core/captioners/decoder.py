"""A causal transformer over C sentences of each of I items, which looks at the item's memory in every layer.

Nothing orders a sentence's positions towards the memory, so all C x L positions of one item are one long query: the
memory's keys and values are computed once an item and never repeated for its sentences.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention


class KeysValues(NamedTuple):
    keys: Tensor  # (B, heads, positions, d / heads)
    values: Tensor  # (B, heads, positions, d / heads)


class DecoderLayer(nn.Module):
    """Pre-norm: causal self-attention, attention to the memory, feed-forward."""

    def __init__(self, width: int, heads: int, d_ff: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before_self, self.before_cross, self.before_mlp = (nn.LayerNorm(width) for _ in range(3))
        self.qkv, self.self_out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.query, self.cross_out = nn.Linear(width, width), nn.Linear(width, width)
        self.memory_keys_values = nn.Linear(width, 2 * width)
        self.mlp = nn.Sequential(nn.Linear(width, d_ff), nn.GELU(), nn.Linear(d_ff, width))
        self.drop = nn.Dropout(dropout)

    def remember(self, memory: Tensor) -> KeysValues:
        """Keys and values of memory (I, T, d), once an item."""
        keys, values = self.memory_keys_values(memory).chunk(2, dim=-1)
        return KeysValues(self._split(keys), self._split(values))

    def forward(self, x: Tensor, memory: KeysValues, past: KeysValues | None = None) -> tuple[Tensor, KeysValues]:
        """x (I, C, L, d): whole sentences, or their one next position (L = 1) after `past`. Also the new past."""
        query, keys, values = (self._split(part) for part in self.qkv(self.before_self(x)).flatten(0, 1).chunk(3, -1))
        if past is not None:
            keys, values = torch.cat([past.keys, keys], dim=2), torch.cat([past.values, values], dim=2)
        mixed = _attention(query, keys, values, causal=past is None)
        x = x + self.drop(self.self_out(self._merge(mixed)).view_as(x))
        looking = self._split(self.query(self.before_cross(x)).flatten(1, 2))
        x = x + self.drop(self.cross_out(self._merge(_attention(looking, *memory))).view_as(x))
        return x + self.drop(self.mlp(self.before_mlp(x))), KeysValues(keys, values)

    def _split(self, x: Tensor) -> Tensor:
        """(B, positions, d) -> (B, heads, positions, d / heads)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    @staticmethod
    def _merge(x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(2)


def _attention(query: Tensor, keys: Tensor, values: Tensor, causal: bool = False) -> Tensor:
    """Scaled dot-product attention; on a CPU in float32, where its gradient is about 8 times faster than in bf16."""
    if query.device.type != "cpu":
        return scaled_dot_product_attention(query, keys, values, is_causal=causal)
    with torch.autocast("cpu", enabled=False):
        return scaled_dot_product_attention(query.float(), keys.float(), values.float(), is_causal=causal)
