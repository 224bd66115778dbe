"""Small, honest changes to decoded media while a trunk learns.

Captions speak of left and right, of colours, and of what comes first, so nothing is mirrored, recoloured or reordered.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ace_core.collection import Modality


def augment(media: np.ndarray, modality: Modality, generator: np.random.Generator) -> Tensor:
    """uint8 (B, ...) as decoded -> float32 (B, ...) in about 0..255, of the same shape."""
    return _sounds(media, generator) if modality == "audio" else _views(media, generator)


def _views(media: np.ndarray, generator: np.random.Generator) -> Tensor:
    """Shift by up to a sixteenth of the side, change light and contrast a little; frames of a clip all alike."""
    side = media.shape[-2]
    reach = side // 16
    shifted = np.empty_like(media)
    for row, (down, right) in enumerate(generator.integers(-reach, reach + 1, (len(media), 2))):
        rows = np.clip(np.arange(side) + down, 0, side - 1)
        columns = np.clip(np.arange(side) + right, 0, side - 1)
        shifted[row] = media[row][..., rows, :, :][..., columns, :]
    pixels = torch.from_numpy(shifted).float()
    each = (len(media), *[1] * (media.ndim - 2))
    contrast = torch.from_numpy(generator.uniform(0.88, 1.12, (*each, 1)).astype(np.float32))
    tint = torch.from_numpy(generator.uniform(-6, 6, (*each, 3)).astype(np.float32))
    light = torch.from_numpy(generator.uniform(-12, 12, (*each, 1)).astype(np.float32))
    return ((pixels - 128) * contrast + 128 + light + tint).clamp_(0, 255)


def _sounds(media: np.ndarray, generator: np.random.Generator) -> Tensor:
    """Start up to 0.2 s later, be louder or softer by up to 4 dB, lose a stretch of time and of bands (SpecAugment,
    arXiv 1904.08779)."""
    count, frames, bands = media.shape
    sounds = torch.zeros(count, frames, bands)
    for row in range(count):
        late = int(generator.integers(0, 11))
        sounds[row, late:] = torch.from_numpy(media[row, : frames - late]).float()
        begin, band = int(generator.integers(0, frames)), int(generator.integers(0, bands))
        sounds[row, begin : begin + int(generator.integers(0, 16))] = 0
        sounds[row, :, band : band + int(generator.integers(0, 8))] = 0
    gain = torch.from_numpy(generator.uniform(-12, 12, (count, 1, 1)).astype(np.float32))
    return torch.where(sounds > 0, sounds + gain, sounds).clamp_(0, 255)
