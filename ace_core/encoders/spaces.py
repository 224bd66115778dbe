"""Several encoders as one: pictures and clips in one space, sounds in another, one text for all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ace_core.collection import MODALITIES, Modality
from ace_core.encoders.base import ENCODERS, Media
from ace_core.encoders.decode import group
from ace_core.encoders.field import FieldEncoder
from ace_core.errors import ConfigError

CONSTANT = 0.2  # an item's component in its space's constant dimension
SHARE = (1 - CONSTANT**2) ** 0.5  # what is left for its own vector, so that the row is of unit length


@dataclass(frozen=True)
class Block:
    """One encoder among several and how its cosines count: `gain * cosine + offset`."""

    encoder: FieldEncoder
    modalities: frozenset[Modality]  # those that it reads here
    gain: float = 1.0
    offset: float = 0.0

    @property
    def width(self) -> int:
        return self.encoder.dimension + 1


@ENCODERS.register("spaces")
class Spaces(FieldEncoder):
    """The direct sum of several spaces, D = the sum of their dimensions + 1 each.

    An item's row has its own space's block filled and zeros elsewhere: its unit vector times `SHARE`, then `CONSTANT`.
    Such rows are of unit length, items of different spaces are orthogonal, and they do not depend on the calibration.

    A text's row holds for every space its unit vector times a gain, then a constant that carries the offset. These
    rows all have one length, by which they are divided; so they are of unit length too, while their blocks are not.
    The inner product of a text and an item is therefore `(gain * cosine + offset) / length` of the item's space, with
    one `length` for all texts and items: within a space the ranking is that space's own, and after `calibrated` the
    scores of different spaces can be compared.

    `scale` is the geometric mean of what each space's own scale comes to for these scores.
    """

    name = "spaces"

    def __init__(self, blocks: Sequence[Block]) -> None:
        """Every modality belongs to one block, whose encoder reads it; `ConfigError` otherwise."""
        self.blocks = tuple(blocks)
        if not self.blocks or not all(block.modalities for block in self.blocks):
            raise ConfigError("Several spaces need one encoder at least, and each a modality that it reads.")
        taken = [modality for block in self.blocks for modality in sorted(block.modalities)]
        if len(set(taken)) < len(taken):
            raise ConfigError(f"A modality belongs to one space, but these were given: {', '.join(taken)}.")
        for block in self.blocks:
            if strange := sorted(block.modalities - block.encoder.modalities):
                raise ConfigError(f"The encoder {block.encoder.name} cannot read {strange[0]}; give it to another one.")
        ends = np.cumsum([block.width for block in self.blocks]).tolist()
        self._columns = [slice(end - block.width, end) for block, end in zip(self.blocks, ends, strict=True)]
        self._length = float(np.sqrt(sum(np.square(_weights(block)).sum() for block in self.blocks)))
        scales = [block.encoder.scale / block.gain for block in self.blocks]
        super().__init__(ends[-1], frozenset(taken), self._length * float(np.exp(np.mean(np.log(scales)))))

    @classmethod
    def load(cls, modalities: Collection[Modality] = MODALITIES, weights: Path | None = None) -> Spaces:
        """`open_clip` for pictures and clips and `clap` for sounds, each where one of `modalities` needs it.

        weights: a folder with a sub-folder for each (`open_clip/`, `clap/`), see their `load`.
        """
        kinds: dict[str, tuple[Modality, ...]] = {"open_clip": ("image", "video"), "clap": ("audio",)}
        blocks = []
        for kind, reads in kinds.items():
            if wanted := frozenset(modality for modality in reads if modality in modalities):
                encoder = ENCODERS[kind].load(weights=None if weights is None else Path(weights) / kind)
                blocks.append(Block(encoder, wanted))
        return cls(blocks)

    @classmethod
    def from_reference(cls, reference: Mapping[str, Any], weights: Path | None = None) -> Spaces:
        """The encoders that `reference()` told of, with their calibration; `weights` as in `load`."""
        blocks = []
        for told in reference["blocks"]:
            kind = told["encoder"]["kind"]
            place = None if weights is None else Path(weights) / kind
            encoder = ENCODERS[kind].from_reference(told["encoder"], place)
            blocks.append(Block(encoder, frozenset(told["modalities"]), told["gain"], told["offset"]))
        return cls(blocks)

    def reference(self) -> dict[str, Any]:
        """kind, and blocks: modalities, gain, offset and the encoder's own reference of each."""
        return {
            "kind": self.name,
            "blocks": [
                {
                    "modalities": sorted(block.modalities),
                    "gain": block.gain,
                    "offset": block.offset,
                    "encoder": block.encoder.reference(),
                }
                for block in self.blocks
            ],
        }

    def calibrated(self, texts: Sequence[str], vectors: Mapping[Modality, np.ndarray]) -> Spaces:
        """The same encoders, such that the scores of random text-item pairs have one mean and one spread in all spaces.

        texts: what is asked of any space, hundreds or more; vectors: float32 (N_m, D) of each modality, as
        `encode_media` or `pool_features` gives them, which stay valid. Mean and spread are those of every text with
        every item of a space. `ConfigError` where a space has nothing to measure.
        """
        moments = [self._moments(index, texts, vectors) for index in range(len(self.blocks))]
        common = float(np.exp(np.mean([np.log(spread) for _, spread in moments])))
        gains = [common / spread for _, spread in moments]
        middle = float(np.mean([gain * mean for gain, (mean, _) in zip(gains, moments, strict=True)]))
        return Spaces(
            [
                replace(block, gain=gain, offset=middle - gain * mean)
                for block, gain, (mean, _) in zip(self.blocks, gains, moments, strict=True)
            ]
        )

    def encode_media(self, media: Sequence[Media]) -> np.ndarray:
        """float32 (N, D), unit rows; modalities may be mixed."""
        self.refuse_unknown(media)
        rows = np.zeros((len(media), self.dimension), dtype=np.float32)
        for modality, positions in group(media).items():
            index = self._index(modality)
            own = self.blocks[index].encoder.encode_media([media[position] for position in positions])
            rows[positions, self._columns[index]] = np.pad(SHARE * own, ((0, 0), (0, 1)), constant_values=CONSTANT)
        return rows

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (Q, D), unit rows: every space's text vector, weighted, side by side."""
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        for block, columns in zip(self.blocks, self._columns, strict=True):
            gain, constant = _weights(block) / self._length
            own = block.encoder.encode_text(texts)
            rows[:, columns] = np.pad(gain * own, ((0, 0), (0, 1)), constant_values=constant)
        return rows

    def _index(self, modality: Modality) -> int:
        return next(index for index, block in enumerate(self.blocks) if modality in block.modalities)

    def _moments(self, index: int, texts: Sequence[str], vectors: Mapping[Modality, np.ndarray]) -> tuple[float, float]:
        """Mean and spread of the cosines of all texts with all items of a space."""
        block, own = self.blocks[index], self._columns[index].start + np.arange(self.blocks[index].encoder.dimension)
        told = [vectors[modality][:, own] / SHARE for modality in sorted(block.modalities) if modality in vectors]
        items = np.concatenate([*told, np.empty((0, len(own)))]).astype(np.float64)
        asked = block.encoder.encode_text(texts).astype(np.float64)
        if not len(items) or not len(asked):
            raise ConfigError(
                f"No items or no texts to calibrate {' and '.join(sorted(block.modalities))} with; give some."
            )
        mean = float(asked.mean(axis=0) @ items.mean(axis=0))
        squares = float(
            np.vdot(asked.T @ asked / len(asked), items.T @ items / len(items))
        )  # mean of the squared cosines
        spread = max(squares - mean**2, 0.0) ** 0.5
        if spread < 1e-6:
            raise ConfigError(
                f"All cosines with {' and '.join(sorted(block.modalities))} are alike; give more texts and items."
            )
        return mean, spread


def _weights(block: Block) -> np.ndarray:
    """Factors of a text's unit vector and of its constant dimension, before the row is brought to length 1."""
    return np.array([block.gain / SHARE, block.offset / CONSTANT])
