"""The compact encoder: trunks, joint space and tokenizer, trained here. It is the shipped dual tower as well."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from ace_core.collection import Modality
from ace_core.config import load_config, save_config
from ace_core.encoders.base import ENCODERS, Media
from ace_core.encoders.decode import decode_batches, group
from ace_core.encoders.joint import encode_in_parts
from ace_core.encoders.pretrain import trunk_features
from ace_core.encoders.space import JointConfig, JointSpace
from ace_core.encoders.trunks import TrunkConfig, make_trunk
from ace_core.errors import BundleError, ConfigError, TrainingError
from ace_core.files import atomic_folder, sha256_file
from ace_core.text import Tokenizer
from ace_core.training.precision import pick_device


@dataclass(frozen=True)
class CompactConfig:
    trunk: TrunkConfig
    joint: JointConfig


@ENCODERS.register("compact")
class CompactEncoder:
    """A folder on disk: encoder.json, tokenizer.json, joint.safetensors and trunk-<modality>.safetensors (float16).

    Trunks are read only when media are encoded; a text needs the joint space alone.
    """

    name = "compact"

    def __init__(self, folder: Path) -> None:
        """Open what `create` wrote. `BundleError` names what is missing or of another kind."""
        self.folder = Path(folder)
        self._device = pick_device()
        self._trunks: dict[Modality, nn.Module] = {}
        if not (self.folder / "encoder.json").is_file():
            raise BundleError(f"{self.folder} holds no compact encoder (encoder.json is missing); train one.")
        self.config = load_config(CompactConfig, self.folder / "encoder.json")
        self.tokenizer = Tokenizer.load(self.folder / "tokenizer.json")
        self.joint = JointSpace(self.config.joint).to(self._device)
        self._read(self.joint, "joint.safetensors")
        self.dimension = self.config.joint.dimension
        self.feature_dimension = self.config.trunk.feature_dimension
        self.modalities: frozenset[Modality] = frozenset(self.config.joint.modalities)

    @classmethod
    def load(cls, folder: Path) -> CompactEncoder:
        return cls(folder)

    @classmethod
    def create(
        cls,
        folder: Path,
        config: CompactConfig,
        tokenizer: Tokenizer,
        joint: JointSpace,
        trunks: Mapping[Modality, nn.Module],
    ) -> CompactEncoder:
        """Write a trained encoder, atomically, and open it."""
        if set(trunks) != set(config.joint.modalities):
            raise TrainingError(f"Trunks of {sorted(trunks)} do not fit a joint space of {config.joint.modalities}.")
        with atomic_folder(Path(folder)) as staged:
            save_config(config, staged / "encoder.json")
            tokenizer.save(staged / "tokenizer.json")
            _write(joint, staged / "joint.safetensors")
            for modality, trunk in trunks.items():
                _write(trunk, staged / f"trunk-{modality}.safetensors")
        return cls(folder)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the names and contents of the encoder's files."""
        digest = hashlib.sha256()
        for name in self.files():
            digest.update(f"{name} {sha256_file(self.folder / name)}\n".encode())
        return digest.hexdigest()

    def files(self) -> list[str]:
        trunks = [f"trunk-{modality}.safetensors" for modality in sorted(self.modalities)]
        return ["encoder.json", "joint.safetensors", "tokenizer.json", *trunks]

    def encode_features(self, media: Sequence[Media]) -> np.ndarray:
        """float16 (N, T, F); all of one modality, because T differs between them."""
        modalities = {one.modality for one in media}
        if len(modalities) != 1:
            raise ConfigError(f"encode_features takes items of one modality at a time, not {sorted(modalities)}.")
        batches = decode_batches(media, self.config.trunk)
        return trunk_features(self._trunk(modalities.pop()), batches, len(media))

    def encode_media(self, media: Sequence[Media]) -> np.ndarray:
        """float32 (N, D), unit rows; modalities may be mixed."""
        vectors = np.empty((len(media), self.dimension), dtype=np.float32)
        for modality, positions in group(media).items():
            features = self.encode_features([media[position] for position in positions])
            vectors[positions] = self.pool_features(features, modality)
        return vectors

    def pool_features(self, features: np.ndarray, modality: Modality) -> np.ndarray:
        """Feature tokens (N, T, F) as `encode_features` gave them -> unit vectors float32 (N, D)."""
        return encode_in_parts(self.joint.eval(), features, modality)

    @torch.inference_mode()
    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (Q, D), unit rows."""
        ids, mask = self.tokenizer.encode_batch(texts, min(32, self.config.joint.max_tokens))
        return self.joint.eval().encode_text_ids(ids.to(self._device), mask.to(self._device)).cpu().numpy()

    def _trunk(self, modality: Modality) -> nn.Module:
        if modality not in self.modalities:
            raise ConfigError(f"This encoder knows {', '.join(sorted(self.modalities))}, not {modality}.")
        if modality not in self._trunks:
            trunk = make_trunk(self.config.trunk, modality).to(self._device)
            self._read(trunk, f"trunk-{modality}.safetensors")
            self._trunks[modality] = trunk.eval()
        return self._trunks[modality]

    def _read(self, module: nn.Module, name: str) -> None:
        try:
            module.load_state_dict(load_file(self.folder / name))  # float16 on disk is widened as it is copied
        except Exception as error:  # safetensors and torch raise different kinds for different damage
            raise BundleError(f"{self.folder / name} cannot be read as this encoder's weights ({error}).") from error


def round_weights(module: nn.Module) -> None:
    """Make the weights what float16 can write, so that features made now and after a reload are the same."""
    with torch.no_grad():
        for value in module.state_dict().values():
            if value.is_floating_point():
                value.copy_(value.half())


def _write(module: nn.Module, path: Path) -> None:
    tensors = {
        name: (value.to(torch.float16) if value.is_floating_point() else value).cpu().contiguous()
        for name, value in module.state_dict().items()
    }
    if not all(torch.isfinite(value).all() for value in tensors.values()):
        raise TrainingError(f"{path.stem} holds weights that float16 cannot write; train it again.")
    save_file(tensors, path)
