"""Files -> uint8 arrays of one shape a modality, as trunks read them; and a memory map of them for training."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ace_core.collection import Modality
from ace_core.encoders.base import Media
from ace_core.encoders.trunks import TrunkConfig
from ace_core.files import atomic_path
from ace_core.media import load_audio, load_frames, load_image, log_mel

RATE = 24_000  # Hz, of sounds
HOP = 480  # samples between mel frames: 20 ms
QUIETEST, LOUDEST = -14.0, 6.0  # natural log of mel power at 0 and 255


def decode(media: Media, config: TrunkConfig) -> np.ndarray:
    """One file -> uint8 array of `config.media_shape(media.modality)`. A longer sound keeps its beginning."""
    if media.modality == "image":
        return load_image(media.path, config.picture_px)
    if media.modality == "video":
        return load_frames(media.path, config.clip_frames, config.clip_px)
    sound = load_audio(media.path, RATE, max_seconds=config.sound_frames * HOP / RATE)
    mel = log_mel(sound, RATE, bands=config.sound_bands, hop=HOP)[: config.sound_frames]
    levels = np.rint((mel - QUIETEST) * (255 / (LOUDEST - QUIETEST))).clip(0, 255).astype(np.uint8)
    return np.pad(levels, ((0, config.sound_frames - len(levels)), (0, 0)))


def decode_batches(media: Sequence[Media], config: TrunkConfig, batch: int = 64) -> Iterator[np.ndarray]:
    """Decode in worker threads, one batch ahead of the reader: uint8 (up to `batch`, ...), all of one modality."""
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as workers:
        parts = [media[start : start + batch] for start in range(0, len(media), batch)]
        ahead = [workers.submit(decode, one, config) for one in parts[0]] if parts else []
        for index in range(len(parts)):
            current, following = ahead, parts[index + 1] if index + 1 < len(parts) else []
            ahead = [workers.submit(decode, one, config) for one in following]
            yield np.stack([task.result() for task in current])


def decoded_store(media: Sequence[Media], config: TrunkConfig, folder: Path, *, progress: bool = True) -> np.ndarray:
    """Decoded items of one modality as a read-only memory map uint8 (N, ...), made once and kept in `folder`.

    The name of the file is a hash of the configuration and of every file's path, size and time of change.
    """
    modality = media[0].modality
    shape = (len(media), *config.media_shape(modality))
    seen = [(str(m.path), m.path.stat().st_size, m.path.stat().st_mtime_ns) for m in media if m.path.is_file()]
    key = hashlib.sha256(json.dumps([shape, seen]).encode()).hexdigest()[:16]
    path = Path(folder) / f"{modality}-{key}.npy"
    if not path.is_file():
        with atomic_path(path) as staged:
            store = np.lib.format.open_memmap(staged, mode="w+", dtype=np.uint8, shape=shape)
            row = 0
            with tqdm(total=len(media), desc=f"decoding {modality}", unit="file", disable=not progress) as bar:
                for part in decode_batches(media, config):
                    store[row : row + len(part)] = part
                    row += len(part)
                    bar.update(len(part))
            store.flush()
            del store
    return np.load(path, mmap_mode="r", allow_pickle=False)


def group(media: Sequence[Media]) -> dict[Modality, list[int]]:
    """Positions of the media by modality."""
    found: dict[Modality, list[int]] = {}
    for position, one in enumerate(media):
        found.setdefault(one.modality, []).append(position)
    return found
