"""Encoders by name: `ENCODERS["compact"]`, `["open_clip"]`, `["clap"]`, ...; a new one is a file that registers itself.

Importing them is cheap: open_clip, laion-clap and transformers are imported when one of theirs is loaded.
"""

from ace_core.encoders import clap, compact, open_clip, precomputed, spaces
from ace_core.encoders.base import ENCODERS, Encoder, Media

__all__ = ["ENCODERS", "Encoder", "Media", "clap", "compact", "open_clip", "precomputed", "spaces"]
