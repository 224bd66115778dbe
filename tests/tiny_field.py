"""Tiny random models of the very architectures of published ones, laid out on disk as on the hub; and the hub off."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from safetensors.torch import save_file
from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, RobertaConfig, RobertaModel, RobertaTokenizer

from ace_core.encoders import clap_laion

TINY_CLIP: dict[str, Any] = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "patch_size": 16, "head_width": 16},
    "text_cfg": {"context_length": 20, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}
MOBILE_CLIP: dict[str, Any] = {  # MobileCLIP2-S0 with small pictures and a small text tower
    "embed_dim": 16,
    "vision_cfg": {"timm_model_name": "fastvit_mci0", "timm_pool": "avg", "timm_proj": None, "image_size": 64},
    "text_cfg": TINY_CLIP["text_cfg"] | {"no_causal_mask": True},
    "custom_text": True,
}
PREPROCESS = {"mean": [0.1, 0.2, 0.3], "std": [0.9, 1.0, 1.1], "interpolation": "bilinear", "resize_mode": "squash"}
TEXT = {"vocab_size": 300, "num_hidden_layers": 1, "intermediate_size": 64, "max_position_embeddings": 82}


@contextmanager
def hub_off(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[None]:
    """The hub is off and `cache` is where its files would be; whoever tries to connect anywhere fails the test."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    tried: list[Any] = []

    def refuse(_: socket.socket, address: Any) -> None:
        tried.append(address)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield
    assert not tried


def fetched_before(repository: str, files: Sequence[Path]) -> None:
    """Put files where the hub's client keeps what it has fetched."""
    from huggingface_hub import constants

    kept = Path(constants.HF_HUB_CACHE) / f"models--{repository.replace('/', '--')}"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("0" * 40)
    (kept / "snapshots" / ("0" * 40)).mkdir(parents=True)
    for file in files:
        os.link(file, kept / "snapshots" / ("0" * 40) / file.name)


def make_clip(folder: Path, architecture: dict[str, Any] = TINY_CLIP) -> Path:
    """A folder for open_clip: a configuration and a file of weights."""
    folder.mkdir()
    config = {"model_cfg": architecture, "preprocess_cfg": PREPROCESS}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    torch.manual_seed(0)
    model = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder


def make_tokenizer(folder: Path) -> None:
    """RoBERTa's kind of tokenizer, with one token a letter."""
    letters = sorted({*map(chr, range(33, 127)), "Ġ"})
    words = ["<s>", "<pad>", "</s>", "<unk>", *letters, "<mask>"]
    RobertaTokenizer(vocab={word: index for index, word in enumerate(words)}, merges=[]).save_pretrained(folder)


def make_clap(folder: Path) -> Path:
    """A folder for transformers: a small ClapModel, its log-mel pictures and its tokenizer."""
    config = ClapConfig(
        text_config=TEXT | {"hidden_size": 32, "num_attention_heads": 2},
        audio_config={
            "hidden_size": 32,
            "patch_embeds_hidden_size": 8,
            "depths": [1, 1, 1],
            "num_attention_heads": [1, 1, 2],
            "num_hidden_layers": 3,
        },
        projection_dim=16,
    )
    torch.manual_seed(0)
    model = ClapModel(config)
    with torch.no_grad():
        for values in model.audio_model.parameters():
            values.add_(0.1 * torch.randn_like(values))  # as they are initialised, all sounds are nearly alike
    model.save_pretrained(folder)
    ClapFeatureExtractor(truncation="rand_trunc").save_pretrained(folder)
    make_tokenizer(folder)
    return folder


def make_laion_clap(folder: Path) -> Path:
    """A folder with a checkpoint (mine.pt) as laion-clap's training leaves it, of HTSAT-tiny and a small RoBERTa."""
    folder.mkdir()
    torch.manual_seed(0)
    roberta = RobertaModel(RobertaConfig(**TEXT, hidden_size=768, num_attention_heads=12, type_vocab_size=1))
    shape = {f"text_branch.{name}": value for name, value in roberta.state_dict().items()}
    model = clap_laion._build(clap_laion._config("HTSAT-tiny"), shape)
    tensors = {f"module.{name}": value for name, value in model.state_dict().items()}
    for name, value in tensors.items():
        if value.is_floating_point() and "_extractor." not in name:
            tensors[name] = value.half()  # a smaller file
    tensors["module.text_branch.embeddings.position_ids"] = torch.arange(82)[None]
    torch.save({"epoch": 7, "loss": np.float64(0.5), "state_dict": tensors}, folder / "mine.pt")
    make_tokenizer(folder)
    return folder
