"""Weights of published models: found in a folder or on a hub, checked by sha256, read as tensors and nothing else."""

from __future__ import annotations

import hashlib
import pickle
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from ace_core.errors import AceError, BundleError, ConfigError
from ace_core.files import sha256_file

SUFFIXES = (".safetensors", ".bin", ".pt", ".pth", ".npz")  # the safest first
SMALL = ("*.json", "*.txt", "*.model")  # configuration and vocabulary of a model folder; never Python
SAFE, PICKLED = "*.safetensors", "pytorch_model*.bin"  # its weights; the second is read as tensors alone
ENCODER = "the compact encoder, which is trained here"  # what does without any published weights
CAPTIONER = "the compact captioner, which needs none"

# Checkpoints of a training run often hold its epoch and its loss as numpy numbers; nothing else of numpy is let in.
_SCALAR = np.float64(0).__reduce__()[0]
_NUMBERS: list[Any] = [
    (_SCALAR, "numpy.core.multiarray.scalar"),
    (_SCALAR, "numpy._core.multiarray.scalar"),
    np.dtype,
    *(type(np.dtype(kind)) for kind in ("float64", "float32", "int64", "int32")),
]


# On a hub


def out_of_reach(what: str, instead: str = ENCODER) -> ConfigError:
    """The one sentence for files that are not here and cannot be fetched, with the three ways out."""
    return ConfigError(
        f"{what} is neither on this machine nor on a hub that can be reached: go online once so that it is kept, "
        f"name a folder that holds it with --weights DIR, or use {instead}."
    )


def unknown(name: str) -> ConfigError:
    return ConfigError(f"The model hub has no open model named {name!r}; check its name.")


@contextmanager
def reaching(what: str) -> Iterator[None]:
    """Whatever a hub's client raises inside becomes that sentence."""
    try:
        yield
    except AceError:
        raise
    except Exception as error:
        raise out_of_reach(what) from error


def hub_file(repository: str, *names: str) -> Path:
    """The first of the files that a repository of the hub has; kept on this machine from then on.

    Raises `ConfigError` where there is no such repository or file, or no way to it.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    unreached: Exception | None = None
    for name in names:
        try:
            return Path(hf_hub_download(repository, name))
        except (RepositoryNotFoundError, HFValidationError) as error:
            raise unknown(repository) from error
        except EntryNotFoundError as error:  # LocalEntryNotFoundError is one of these: not here, and the hub is far
            unreached = error if isinstance(error, LocalEntryNotFoundError) else unreached
        except Exception as error:
            unreached = error
    if unreached is not None:
        raise out_of_reach(f"{names[0]} of {repository}") from unreached
    raise ConfigError(f"The repository {repository!r} has no {' or '.join(names)}; choose another model.")


def hub_folder(model: str) -> Path:
    """Configuration, vocabulary and weights of a model of the hub; safetensors where it has them.

    Raises `ConfigError` where there is no such model, or no way to it.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    what = f"The captioner {model}"
    try:
        folder = Path(snapshot_download(model, allow_patterns=[*SMALL, SAFE], ignore_patterns="*/*"))
        if not any(folder.glob(SAFE)):
            snapshot_download(model, allow_patterns=[PICKLED], ignore_patterns="*/*")
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise unknown(model) from error
    except Exception as error:  # whatever the network says
        raise out_of_reach(what, CAPTIONER) from error
    if not (folder / "config.json").is_file() or not weight_files(folder):
        raise out_of_reach(what, CAPTIONER)
    return folder


# In a folder


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
    return hub_folder(model)


def find_weights(place: Path, stems: Sequence[str] = ()) -> Path:
    """The file of weights at `place`: itself, or the one in that folder; `stems` are names to prefer, best first."""
    if place.is_file():
        return place
    found = [path for suffix in SUFFIXES for path in sorted(place.glob(f"*{suffix}"))]
    if not found:
        raise out_of_reach(f"A file of weights ({', '.join(SUFFIXES)}) in {place}")
    named = [path for stem in stems for path in found if path.stem == stem]
    alike = [path for path in found if path.suffix == found[0].suffix]
    if not named and len(alike) > 1:
        raise ConfigError(f"{place} holds several files of weights ({alike[0].name}, {alike[1].name}, ...); name one.")
    return (named or alike)[0]


def checked_sha256(path: Path, expected: str | None = None) -> str:
    """Hex sha256 of the file; `BundleError` where another one was expected."""
    found = sha256_file(path)
    if expected is not None and found != expected:
        raise BundleError(
            f"{path} is not the file of weights that was used before (sha256 {found[:12]}..., expected "
            f"{expected[:12]}...); put that file there, or build again."
        )
    return found


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


# Reading


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong while weights are read becomes one `ConfigError` that names the file."""
    try:
        yield
    except AceError:
        raise
    except pickle.UnpicklingError as error:
        detail = shorten(str(error.__context__ or error), 100, placeholder=" ...")  # torch adds a page of advice
        raise ConfigError(
            f"{path} is a pickle of more than tensors ({detail}) and is not opened; use its .safetensors form."
        ) from error
    except Exception as error:  # safetensors, zip, torch and the models each raise their own kinds
        detail = shorten(str(error), 200, placeholder=" ...")
        raise ConfigError(
            f"{path} cannot be read as the weights of this model ({detail}); name the model they were made for."
        ) from error


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Name -> tensor of a .safetensors file or of a torch checkpoint, of which only tensors and numbers are read.

    A training run's wrapping (`state_dict`, the prefix `module.`) is taken off.
    """
    with reading(path):
        if path.suffix == ".safetensors":
            stored = load_file(path)
        else:
            with torch.serialization.safe_globals(_NUMBERS):
                stored = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
            stored = stored.get("state_dict", stored)
        tensors = {name.removeprefix("module."): value for name, value in stored.items()}
        strange = [name for name, value in tensors.items() if not isinstance(value, Tensor)]
        if strange or not tensors:
            raise ConfigError(f"{path} is no table of tensors; name a file of weights.")
    return tensors


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
