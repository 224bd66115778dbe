"""The check's own parts, tiny: a captioner of random weights with strong opinions, and features to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ace_core.add_check import save_check
from ace_core.bundle import Bundle, new_bundle
from ace_core.captioners.writer import CaptionerConfig, CompactCaptioner
from ace_core.check import CheckConfig
from ace_core.collection import MODALITIES
from ace_core.parts import save_parts
from ace_core.text import Tokenizer
from tests.readable import make_readable_bundle
from tests.tiny import make_tiny_collection, tiny_parts

TOKENS = {"image": 3, "audio": 2, "video": 1}
SIZE = 8
STRONG = CheckConfig({"generation": {str(m): 0.5 for m in MODALITIES}, "dual_tower": {str(m): 0.5 for m in MODALITIES}})


def opinionated(tokenizer: Tokenizer, seed: int = 3) -> CompactCaptioner:
    """A captioner of which every item is far likelier to be said one thing of than another."""
    torch.manual_seed(seed)
    sizes = {name: SIZE for name in TOKENS}
    config = CaptionerConfig(
        tokenizer.size, dict(TOKENS), sizes, width=16, layers=2, heads=2, d_ff=32, words=8, max_tokens=14
    )
    captioner = CompactCaptioner(config, tokenizer).eval()
    captioner.word_ids.copy_(torch.tensor(list(tokenizer.words)[:8]))
    with torch.no_grad():
        captioner.embedding.weight.mul_(3)
    return captioner


def some_features(modalities: Sequence[str], seed: int = 4) -> dict[str, np.ndarray]:
    """float16 (N_m, T, F) by modality."""
    rng = np.random.default_rng(seed)
    counts = {name: list(modalities).count(name) for name in TOKENS}
    return {name: rng.normal(size=(counts[name], TOKENS[name], SIZE)).astype(np.float16) for name in TOKENS}


def make_stored_bundle(folder: Path, check: CheckConfig = STRONG) -> Path:
    """A bundle from ready vectors, so with its features inside."""
    collection = make_tiny_collection(folder / "media")
    parts = tiny_parts(collection, folder / "codec")
    features = some_features([item.modality for item in collection])
    parts = replace(parts, captioner=opinionated(parts.tokenizer), features=features, check=check)
    with new_bundle(folder / "bundle") as staged:
        save_parts(staged, folder / "bundle", parts, collection, folder / "media" / "manifest.jsonl", {"tiny": 0}, {})
    return folder / "bundle"


def make_reading_bundle(folder: Path, check: CheckConfig = STRONG) -> Path:
    """A bundle whose encoder reads the media that are checked."""
    path = make_readable_bundle(folder, talkative=True)
    save_check(Bundle.open(path), path, check)
    return path
