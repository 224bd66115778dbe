"""Whose encoder reads what visitors bring, and what they should know of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ace_core.bundle import BUILT_IN, MANIFEST, Bundle
from ace_core.files import read_json

DRAWN: Final = (
    "The encoder in use was trained on drawn scenes and synthesised sounds. On drawings it does well; "
    "on photos and recordings it will be weak."
)
COMPACT: Final = "compact"  # an encoder that was trained by this project's code
SPACE: Final = "encoder/joint.safetensors"  # its file that tells one training from another
OWN: Final = (
    "The encoder in use was trained on the collection “{name}” alone. On media that are unlike it, it will be weak."
)


def encoder_bundle(bundle: Bundle) -> Path | None:
    """A bundle whose encoder and captioner can read new media: this one, else the shipped one, else none."""
    own = bundle.config.get("encoder") not in (None, "precomputed") and bundle.has("captioner")
    return bundle.folder if own else BUILT_IN if (BUILT_IN / MANIFEST).is_file() else None


def weakness_of(bundle: Path) -> str:
    """What a visitor should know of the bundle's encoder; empty where it learnt from large published data."""
    try:
        config, files = read_json(bundle / "config.json"), read_json(bundle / MANIFEST)["files"]
        if config["encoder"] != COMPACT:
            return ""
        shipped = read_json(BUILT_IN / MANIFEST)["files"] if (BUILT_IN / MANIFEST).is_file() else {}
        same = files.get(SPACE) is not None and files.get(SPACE) == shipped.get(SPACE)
        return DRAWN if same else OWN.format(name=config["collection"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
