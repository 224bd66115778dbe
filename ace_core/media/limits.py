"""What the decoders accept, stated once. A file over a limit is refused before its content is decoded."""

from __future__ import annotations

from typing import Final

MAX_BYTES: Final = 200 * 1024 * 1024  # of any file
MAX_PIXELS: Final = 50_000_000  # of a picture
MAX_FRAME_PIXELS: Final = 4096 * 2304  # of one frame of a clip
MAX_FRAMES: Final = 256  # asked for at once
MAX_SECONDS: Final = 600.0  # of a sound or a clip
MAX_CHANNELS: Final = 32  # of a sound
SAMPLE_RATES: Final = (1_000, 384_000)  # hertz, lowest and highest
BATCH_BYTES: Final = 64 * 1024 * 1024  # of frames decoded at full size at a time
WHOLE_SHARE: Final = 0.9  # of the frames a clip announces that must decode; containers miscount by a few

PICTURE_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
CLIP_FORMATS: Final = "mov,mp4,matroska,webm,avi,mpeg,mpegts,ogg,gif"
"""Self-contained containers only: a playlist could name other files or addresses."""
