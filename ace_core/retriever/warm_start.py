"""Ways for a retriever to begin with what is known: the joint space's text tower, and the codec's vectors."""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn

from ace_core.errors import ConfigError
from ace_core.retriever.model import DecoderLayer, Retriever
from ace_core.retriever.query_encoder import EncoderLayer, ScratchEncoder

QUIET = 0.1  # how loud the decoder's layers are at first, beside what was put into heads and embeddings


class Reconstructs(Protocol):
    """`ace_core.identifiers.codec.Codec`, as far as it is needed here."""

    def reconstruct(self, codes: np.ndarray) -> np.ndarray:
        """Prefixes int64 (N, t) of the tokens that carry meaning -> float32 (N, D)."""
        ...


@torch.no_grad()
def init_from_text_tower(model: Retriever, tower: nn.Module) -> list[str]:
    """Copy into the query encoder every tensor of `tower` (`JointSpace.text`) that has its place there.

    Blocks that the tower lacks begin as the identity, or silent where it has none, so the encoder's summary is the
    tower's output. Returns the names of what was copied; `ConfigError` where vocabulary or width do not fit.
    """
    if not isinstance(model.encoder, ScratchEncoder):
        raise ConfigError(f"The encoder {model.config.encoder!r} brings its own weights; use encoder='scratch'.")
    theirs, copied = tower.state_dict(), []
    same_heads = _heads(tower) <= _heads(model.encoder)  # a tower may have no block at all
    if not same_heads:  # the same matrices would mean something else
        theirs = {name: tensor for name, tensor in theirs.items() if not name.startswith("blocks.")}
    for name, mine in model.encoder.state_dict().items():
        found = theirs.get(name)
        if name == "position" and found is not None and found.shape[1:] == mine.shape[1:]:
            rows = min(len(found), len(mine))
            mine[:rows] = found[:rows]
            copied.append(name)
        elif found is not None and found.shape == mine.shape:
            mine.copy_(found)
            copied.append(name)
    if "words.weight" not in copied:
        wanted, given = tuple(model.encoder.words.weight.shape), tuple(theirs.get("words.weight", torch.empty(0)).shape)
        raise ConfigError(
            f"The text tower's words are {given}, the retriever's {wanted}; give both the same vocab_size and width."
        )
    if "leave.weight" not in theirs:
        nn.init.zeros_(model.encoder.leave.weight)
    blocks = {name.split(".")[1] for name in copied if name.startswith("blocks.")}
    for index, block in enumerate(model.encoder.blocks):
        if same_heads and "position" in copied and str(index) not in blocks:
            for layer in (cast(EncoderLayer, block).out, cast(nn.Linear, cast(EncoderLayer, block).mlp[-1])):
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)
    return copied


@torch.no_grad()
def init_from_codec(model: Retriever, codec: Reconstructs, codes: np.ndarray, scale: float = 20.0) -> None:
    """Set the embeddings and heads of all levels but the last (the unique token) from the codec's vectors.

    The vector of a coarse token is its centre, that of a fine token what it adds to a reconstruction on average over
    the items with `codes` int64 (N, L); tokens that no item has keep their random start. A head's logit is `scale`
    times the product of query and token vector, so with a text tower of the same D (= d_model) the untrained
    retriever writes as residual quantisation of the query would. Where D is not d_model, vectors are projected on
    their principal axes.
    """
    d_model = model.config.d_model
    tables = [_token_vectors(codec, codes, level) for level in range(codes.shape[1] - 1)]
    project = _projection(torch.cat([vectors[used] for vectors, used in tables]), d_model)
    for level, (vectors, used) in enumerate(tables):
        projected = (vectors[used] @ project).to(model.start_vector)
        head = cast(nn.Linear, model.heads[level])
        norm = projected.norm(dim=1).mean().clamp(min=1e-6)
        cast(nn.Embedding, model.level_embeddings[level]).weight[: len(used)][used] = QUIET * projected / norm
        head.weight[: len(used)][used] = projected * scale / d_model**0.5  # the final norm leaves lengths of sqrt(d)
    model.start_vector.mul_(QUIET)
    if model.read_summary is not None and project.shape[0] == model.read_summary.in_features:
        model.read_summary.weight.copy_(project.T)
    if model.config.look_ahead != "none":  # what is seen ahead decides alone at first
        for quiet in model.heads:
            cast(nn.Linear, quiet).weight.zero_()
    for layer in model.layers:
        for output in _outputs(cast(DecoderLayer, layer)):
            output.weight.mul_(QUIET)


def _heads(encoder: nn.Module) -> set[int]:
    return {block.heads for block in cast(nn.ModuleList, encoder.blocks)}  # type: ignore[misc]


def _token_vectors(codec: Reconstructs, codes: np.ndarray, level: int) -> tuple[Tensor, Tensor]:
    """What each token of `level` means: float32 (tokens, D), centred over those used, and bool (tokens,) used."""
    tokens = torch.from_numpy(codes[:, level])
    gain = torch.from_numpy(codec.reconstruct(codes[:, : level + 1]))
    if level:
        gain = gain - torch.from_numpy(codec.reconstruct(codes[:, :level]))
    count = torch.bincount(tokens)
    vectors = torch.zeros(len(count), gain.shape[1]).index_add_(0, tokens, gain) / count.clamp(min=1).unsqueeze(1)
    used = count > 0
    return vectors - vectors[used].mean(dim=0), used


def _projection(vectors: Tensor, d_model: int) -> Tensor:
    """(D, d_model): the identity where they are equal, else principal axes (padded with zeros where D is smaller)."""
    dimension = vectors.shape[1]
    if dimension == d_model:
        return torch.eye(dimension)
    axes = torch.linalg.svd(vectors.double(), full_matrices=False).Vh[:d_model].T.float()
    return torch.nn.functional.pad(axes, (0, d_model - axes.shape[1]))


def _outputs(layer: DecoderLayer) -> list[nn.Linear]:
    """The last matrix of each residual branch of a decoder layer."""
    branches = [layer.attention_out, cast(nn.Linear, layer.feed_forward[-1])]
    for attention in (layer.fusion.coarse, layer.fusion.fine):
        if attention is not None:
            branches.append(attention.out)
    return branches
