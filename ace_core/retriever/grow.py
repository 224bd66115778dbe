"""Room for more items with the same code: a wider unique level."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ace_core.retriever.model import Retriever


@torch.no_grad()
def grow_unique(model: Retriever, size: int) -> Retriever:
    """A retriever whose last level knows `size` tokens at least; the same object where it does already.

    New rows of its head (and of its embedding, where the two are tied) are the mean of the old ones, as a bundle stores
    it: a new token is neither favoured nor impossible, and what the retriever says of all others stays as it was.
    """
    sizes = model.config.level_sizes
    if size <= sizes[-1]:
        return model
    grown = Retriever(replace(model.config, level_sizes=(*sizes[:-1], size)), model.tokenizer, pretrained=False)
    last = len(sizes) - 1
    wider = {f"heads.{last}.weight", f"heads.{last}.bias", f"level_embeddings.{last}.weight"}
    grown.load_state_dict(
        {name: _longer(rows, size) if name in wider else rows for name, rows in model.state_dict().items()}
    )
    return grown.to(next(model.parameters()).device).eval().requires_grad_(False)


def _longer(rows: Tensor, size: int) -> Tensor:
    """(n, ...) -> (size, ...) with the mean of the rows, rounded as in a file, in the new ones."""
    mean = rows.float().mean(dim=0, keepdim=True).half().to(rows)
    return torch.cat([rows, mean.expand(size - len(rows), *rows.shape[1:])])
