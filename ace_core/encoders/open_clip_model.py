"""open_clip models by name: which configuration, which file of weights, and both as a model that computes."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from ace_core.errors import ConfigError
from ace_core.files import read_json, write_json
from ace_core.weights import find_weights, hub_file, out_of_reach, reaching, reading

CONFIG = "open_clip_config.json"  # beside the weights in every open_clip folder, local or on a hub
WEIGHTS = ("open_clip_model", "open_clip_pytorch_model", "model", "pytorch_model")  # best first
HUB, LOCAL = "hf-hub:", "local-dir:"

SMALL = ("MobileCLIP2-S0", "dfndr2b")  # arXiv 2508.20691; 11 M parameters read pictures
LARGE = ("ViT-B-32", "datacomp_xl_s13b_b90k")  # arXiv 2304.14108; 88 M
LARGE_CORES = 16


@dataclass(frozen=True)
class ClipShape:
    """Everything but the weights: enough to build the model again without asking a hub for it."""

    model: str
    pretrained: str
    architecture: dict  # open_clip's `model_cfg`
    preprocess: dict  # open_clip's `preprocess_cfg`
    frames: int = 8  # of a clip


@dataclass(frozen=True)
class ClipParts:
    model: Any  # encode_image (B, 3, H, W) -> (B, D), encode_text (B, T) -> (B, D), logit_scale
    tokenize: Callable[[list[str]], Tensor]  # texts -> ids (B, T)
    prepare: Callable[[Image.Image], Tensor]  # picture -> float32 (3, H, W)


def default_model() -> tuple[str, str]:
    """`model, pretrained` for this machine: the larger one where there is a GPU or many cores."""
    large = torch.cuda.is_available() or (os.cpu_count() or 1) >= LARGE_CORES
    return LARGE if large else SMALL


def locate(model: str, pretrained: str, weights: Path | None, frames: int) -> tuple[ClipShape, Path]:
    """Shape and file of weights, from a folder, from open_clip's own list, or from a hub; see `open_clip.py`."""
    import open_clip

    folders = [folder for folder in (weights, _named_folder(model)) if folder is not None]
    config = next((folder / CONFIG for folder in folders if (folder / CONFIG).is_file()), None)
    if config is not None:
        architecture, preprocess = _read_config(config)
    elif model.startswith(LOCAL):
        raise out_of_reach(f"{CONFIG} in {folders[-1]}")
    elif model.startswith(HUB):
        architecture, preprocess = _read_config(hub_file(model.removeprefix(HUB), CONFIG))
    else:
        model = model.replace("/", "-")
        tag = _tag(model, pretrained) if weights is None else open_clip.get_pretrained_cfg(model, pretrained)
        architecture, preprocess = open_clip.get_model_config(model) or {}, dict(tag)
        if tag.get("quick_gelu"):  # some weights were trained with another activation than the model's name says
            architecture["quick_gelu"] = True
    if "embed_dim" not in architecture:
        raise ConfigError(
            f"open_clip has no model {model!r}; name one of open_clip.list_models(), hf-hub: or local-dir:."
        )
    shape = ClipShape(model, pretrained, architecture, _complete(preprocess), frames)
    return shape, checkpoint(model, pretrained, weights)


def checkpoint(model: str, pretrained: str, weights: Path | None) -> Path:
    """The file of weights: in the folder that is given or named, else on this machine or on the hub."""
    import open_clip

    folder = weights or _named_folder(model)
    if folder is not None:
        return find_weights(folder, WEIGHTS)
    if model.startswith(HUB):
        return hub_file(model.removeprefix(HUB), "open_clip_model.safetensors", "open_clip_pytorch_model.bin")
    with reaching(f"The model {model} ({pretrained})"):
        return Path(open_clip.download_pretrained(_tag(model, pretrained)))


def build(shape: ClipShape, weights: Path) -> ClipParts:
    """The model with its weights, ready to compute on the CPU. `ConfigError` where the two do not fit."""
    import open_clip
    from open_clip.transform import PreprocessCfg, image_transform_v2

    if "trust_remote_code" in json.dumps(shape.architecture):
        raise ConfigError(f"The configuration of {shape.model} asks to run code of its own; choose another model.")
    with TemporaryDirectory() as name, _building(shape):
        folder = Path(name)
        write_json(folder / CONFIG, {"model_cfg": shape.architecture, "preprocess_cfg": shape.preprocess})
        model = open_clip.create_model(f"{LOCAL}{folder}", load_weights=False, pretrained_text=False)
        tokenize = _tokenizer(shape, folder, weights.parent)
    with reading(weights):
        open_clip.load_checkpoint(model, str(weights))  # of a torch file it reads tensors only
    model.eval().requires_grad_(False)
    _join_branches(model.visual)
    prepare = image_transform_v2(PreprocessCfg(**model.visual.preprocess_cfg), is_train=False)
    return ClipParts(model, tokenize, prepare)


def _named_folder(model: str) -> Path | None:
    return Path(model.removeprefix(LOCAL)) if model.startswith(LOCAL) else None


def _tag(model: str, pretrained: str) -> dict[str, Any]:
    """What open_clip knows of a pair; `ConfigError` where it does not know it."""
    import open_clip

    tag = open_clip.get_pretrained_cfg(model, pretrained)
    if not tag:
        known = ", ".join(open_clip.list_pretrained_tags_by_model(model)) or "none"
        raise ConfigError(f"open_clip has no weights {pretrained!r} for the model {model!r}; known: {known}.")
    return tag


def _read_config(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        told = read_json(path)
        return dict(told["model_cfg"]), dict(told.get("preprocess_cfg") or {})
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is no configuration of open_clip ({error}); fetch the folder again.") from error


def _complete(preprocess: dict[str, Any]) -> dict[str, Any]:
    """open_clip's defaults, with what is told in their place; plain JSON values. The model itself knows the size."""
    from open_clip.transform import PreprocessCfg, merge_preprocess_dict

    told = merge_preprocess_dict(asdict(PreprocessCfg()), preprocess)
    return json.loads(json.dumps({key: value for key, value in told.items() if key != "size"}))


def _tokenizer(shape: ClipShape, folder: Path, beside: Path) -> Callable[[list[str]], Tensor]:
    """open_clip's own, or one of transformers: from beside the weights, else from where its name leads."""
    import open_clip

    text = shape.architecture["text_cfg"]
    name = text.get("hf_tokenizer_name")
    if not name:
        return open_clip.get_tokenizer(f"{LOCAL}{folder}")
    from open_clip.tokenizer import HFTokenizer

    return HFTokenizer(
        str(beside) if (beside / "tokenizer.json").is_file() else name,
        context_length=text.get("context_length", 77),
        tokenizer_mode=text.get("tokenizer_mode"),
        **(text.get("tokenizer_kwargs") or {}),
    )


def _join_branches(visual: nn.Module) -> None:
    """Convolutions trained with parallel branches (MobileCLIP) are twice as fast as one, with channels last."""
    if any(hasattr(module, "reparameterize") for module in visual.modules()):
        from timm.utils import reparameterize_model

        reparameterize_model(visual, inplace=True)
        visual.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


@contextmanager
def _building(shape: ClipShape) -> Iterator[None]:
    """Errors of the model's making as `ConfigError`; what open_clip logs about weights that come later is left out."""
    root, silent = logging.getLogger(), lambda record: "open_clip" not in record.pathname
    root.addFilter(silent)
    try:
        yield
    except Exception as error:
        if any(
            key.startswith("hf_") for key in shape.architecture.get("text_cfg", {})
        ):  # its text tower has a hub name
            raise out_of_reach(f"The text tower or tokenizer of {shape.model}") from error
        detail = shorten(str(error), 200, placeholder=" ...")
        raise ConfigError(
            f"open_clip cannot build {shape.model} from its configuration ({detail}); fetch it again."
        ) from (error)
    finally:
        root.removeFilter(silent)
