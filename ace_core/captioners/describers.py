"""Describers by name, all registered: `DESCRIBERS["blip"].load(...)`; a new one is a file that registers itself."""

from ace_core.captioners import audio, blip, names, sidecar, tags, video
from ace_core.captioners.field import DESCRIBERS, Describer

__all__ = ["DESCRIBERS", "Describer", "audio", "blip", "names", "sidecar", "tags", "video"]
