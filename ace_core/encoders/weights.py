"""Weights of published models: found in a folder or on a hub, checked by sha256, read as tensors and nothing else."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterator, Sequence
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

# Checkpoints of a training run often hold its epoch and its loss as numpy numbers; nothing else of numpy is let in.
_SCALAR = np.float64(0).__reduce__()[0]
_NUMBERS: list[Any] = [
    (_SCALAR, "numpy.core.multiarray.scalar"),
    (_SCALAR, "numpy._core.multiarray.scalar"),
    np.dtype,
    *(type(np.dtype(kind)) for kind in ("float64", "float32", "int64", "int32")),
]


def out_of_reach(what: str) -> ConfigError:
    """The one sentence for files that are not here and cannot be fetched, with the three ways out."""
    return ConfigError(
        f"{what} is neither on this machine nor on a hub that can be reached: go online once so that it is kept, "
        "name a folder that holds it with --weights DIR, or use the compact encoder, which is trained here."
    )


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
            raise ConfigError(f"The hub has no open repository {repository!r}; check the model's name.") from error
        except EntryNotFoundError as error:  # LocalEntryNotFoundError is one of these: not here, and the hub is far
            unreached = error if isinstance(error, LocalEntryNotFoundError) else unreached
        except Exception as error:
            unreached = error
    if unreached is not None:
        raise out_of_reach(f"{names[0]} of {repository}") from unreached
    raise ConfigError(f"The repository {repository!r} has no {' or '.join(names)}; choose another model.")


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
