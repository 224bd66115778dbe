"""Where a published captioner's files are: a folder, the weights folder that was given, or the model hub's cache."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ace_core.errors import ConfigError
from ace_core.files import sha256_file

SMALL = ("*.json", "*.txt", "*.model")  # configuration and vocabulary; never Python
SAFE, PICKLED = "*.safetensors", "pytorch_model*.bin"  # the second is read by torch.load(weights_only=True) alone


def model_folder(model: str | Path, weights: str | Path | None = None) -> Path:
    """The folder that holds `model`: itself, one below `weights` of its name, `weights`, or a copy from the hub.

    `ConfigError` where it is not there and the hub cannot be reached either.
    """
    if Path(model).is_dir():
        return Path(model)
    if isinstance(model, Path) or str(model).startswith((".", "/", "~")):
        raise ConfigError(f"There is no folder {model}; give the folder of a captioner, or its name on the model hub.")
    if weights is not None:
        given = Path(weights)
        for folder in (given / model, given / model.split("/")[-1], given):
            if (folder / "config.json").is_file():
                return folder
        raise ConfigError(f"{given} does not hold {model}; put its config.json, vocabulary and weights there.")
    return _from_hub(model)


def _from_hub(model: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    try:
        folder = Path(snapshot_download(model, allow_patterns=[*SMALL, SAFE], ignore_patterns="*/*"))
        if not any(folder.glob(SAFE)):
            snapshot_download(model, allow_patterns=[PICKLED], ignore_patterns="*/*")
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise ConfigError(f"The model hub has no open model named {model!r}; check its name.") from error
    except Exception as error:  # whatever the network says
        raise missing(model) from error
    if not (folder / "config.json").is_file() or not weight_files(folder):
        raise missing(model)
    return folder


def missing(model: str) -> ConfigError:
    return ConfigError(
        f"The weights of {model} are not on this machine and the model hub cannot be reached: go online once, "
        f"name the folder that holds them with --weights DIR, or use the compact captioner, which needs none."
    )


def weight_files(folder: Path) -> list[Path]:
    """The files with weights that are read: safetensors, or pickles where there are none."""
    return sorted(folder.glob(SAFE)) or sorted(folder.glob(PICKLED))


def folder_fingerprint(folder: Path) -> str:
    """Hex sha256 over the names and the bytes of all files that are read."""
    small = sorted(file for pattern in SMALL for file in folder.glob(pattern))
    digest = hashlib.sha256()
    for file in [*small, *weight_files(folder)]:
        digest.update(f"{file.name} {sha256_file(file)}\n".encode())
    return digest.hexdigest()


def load_part(folder: Path, what: str, load: Callable[..., Any], **settings: Any) -> Any:
    """`load`, a from_pretrained of `transformers`, on a local folder; never code of the folder's, never a free pickle.

    `ConfigError` naming the folder where that fails, or where weights of the model are missing.
    """
    try:
        loaded = load(folder, local_files_only=True, trust_remote_code=False, **settings)
    except Exception as error:  # transformers raises whatever its parts raise
        detail = " ".join(str(error).split())[:160] or type(error).__name__
        raise ConfigError(f"{folder} does not hold {what} that can be loaded ({detail}); fetch it again.") from error
    return loaded


def load_model(folder: Path, kind: Any, **settings: Any) -> Any:
    """A model of class `kind` with all of its weights, in eval mode."""
    what = f"a {kind.__name__}"
    model, report = load_part(
        folder, what, kind.from_pretrained, weights_only=True, output_loading_info=True, **settings
    )
    lost = sorted(report["missing_keys"])
    if lost:
        raise ConfigError(f"{folder} lacks {len(lost)} weights of {what}, {lost[0]} among them; fetch it again.")
    return model.eval()
