"""Encoders by name: `ENCODERS["compact"]`, `ENCODERS["precomputed"]`; a new one is a file that registers itself."""

from ace_core.encoders import compact, precomputed
from ace_core.encoders.base import ENCODERS, Encoder, Media

__all__ = ["ENCODERS", "Encoder", "Media", "compact", "precomputed"]
