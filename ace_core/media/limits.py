"""What the decoders accept, stated once. A file over a limit is refused before its content is decoded."""

from __future__ import annotations

from typing import Final

from ace_core.collection import Modality

MIB: Final = 1024 * 1024
MAX_BYTES: Final[dict[Modality, int]] = {"image": 200 * MIB, "audio": 4096 * MIB, "video": 2048 * MIB}
"""Pictures are decoded whole; sounds and clips in pieces, so their files may be larger."""

MAX_PIXELS: Final = 50_000_000  # of a picture as it is decoded; a JPEG decoded at a smaller scale may have more
MAX_FRAME_PIXELS: Final = 4096 * 2304  # of one frame of a clip
MAX_FRAMES: Final = 256  # asked for at once
MAX_SECONDS: Final = 600.0  # of a clip, and of a sound read at once: a longer sound is read in windows
MAX_SOUND_SECONDS: Final = 24 * 3600.0  # of a sound as its file announces it
MAX_CHANNELS: Final = 32  # of a sound
MAX_SAMPLES_A_BYTE: Final = 8_192  # of a sound: no codec packs more, silence included, so that header lies
SAMPLE_RATES: Final = (1_000, 384_000)  # hertz, lowest and highest
BATCH_BYTES: Final = 64 * MIB  # of frames decoded at full size at a time
WHOLE_SHARE: Final = 0.9  # of the frames or samples a file announces that must decode; containers miscount by a few
PADDING: Final = 8_192  # samples that encoders of sounds may put around them, counted and never played

PICTURE_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
SOUND_FORMATS: Final = "mp3,mov,mp4,aac,ogg,matroska,webm,wav,aiff,flac"
CLIP_FORMATS: Final = "mov,mp4,matroska,webm,avi,mpeg,mpegts,ogg,gif"
"""Self-contained containers only: a playlist could name other files or addresses."""
