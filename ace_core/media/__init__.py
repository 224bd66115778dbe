"""Bytes -> arrays, one function a modality. Every failure is one `MediaError`; the limits are in `limits.py`."""

from __future__ import annotations

from pathlib import Path

from ace_core.collection import Modality
from ace_core.media.audio import audio_info, load_audio, load_audio_windows, log_mel
from ace_core.media.guard import MediaInfo
from ace_core.media.image import image_info, load_image
from ace_core.media.video import load_frames, video_info

__all__ = ["MediaInfo", "load_audio", "load_audio_windows", "load_frames", "load_image", "log_mel", "probe"]


def probe(path: Path | str, modality: Modality) -> MediaInfo:
    """Size and length as the file announces them, within the limits, without decoding its content."""
    return {"image": image_info, "audio": audio_info, "video": video_info}[modality](path)
