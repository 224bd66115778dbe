"""Media made by code: pictures, sounds and clips of many formats, whole and damaged."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
from PIL import Image

TONE = 440.0  # hertz, of every sound made here


def gradient(height: int = 40, width: int = 60) -> np.ndarray:
    """uint8 (H, W, 3): red grows downwards, green to the right."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows * 255 // height, columns * 255 // width, 0 * rows + 90], axis=-1).astype(np.uint8)


def tone(seconds: float = 1.0, rate: int = 44_100, channels: int = 2) -> np.ndarray:
    """float32 (S, channels): a tone of 0.5 in every channel."""
    wave = 0.5 * np.sin(2 * np.pi * TONE * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def write_picture(path: Path, **options: object) -> Path:
    Image.fromarray(gradient()).save(path, **options)  # type: ignore[arg-type]
    return path


def picture(path: Path, colour: int = 0) -> Path:
    """A small picture of one colour, in a folder that is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (colour, 255 - colour, 90)).save(path)
    return path


def write_sound(path: Path, samples: np.ndarray | None = None, rate: int = 44_100, **options: str) -> Path:
    """WAV, FLAC, Ogg or MP3 through libsndfile."""
    soundfile.write(path, tone(rate=rate) if samples is None else samples, rate, **options)
    return path


def write_packed(
    path: Path, codec: str, samples: np.ndarray | None = None, rate: int = 44_100, layout: str = "stereo", **muxer: str
) -> Path:
    """M4A, AAC or WebM through FFmpeg."""
    samples = tone(rate=rate) if samples is None else samples
    with av.open(str(path), "w", container_options=muxer) as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        given = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout=layout)
        given.sample_rate, given.pts = rate, 0
        context = stream.codec_context
        shaped = av.AudioResampler(
            format=context.format, layout=layout, rate=rate, frame_size=context.frame_size or 1024
        )
        for frame in [*shaped.resample(given), *shaped.resample(None)]:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_clip(
    path: Path,
    frames: int = 12,
    width: int = 96,
    height: int = 64,
    rate: int = 12,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    times: Sequence[float] | None = None,
    **muxer: str,
) -> Path:
    """Frame i: a grey of 20 + 200 i / frames with a black upper left corner; `times`: seconds at which it comes on."""
    options = {"crf": "12", "threads": "1"} if codec == "libx264" else {}
    with av.open(str(path), "w", container_options=muxer) as container:
        stream = container.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        if times is not None:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for i in range(frames):
            grey = np.full((height, width, 3), 20 + 200 * i // frames, np.uint8)
            grey[: height // 2, : width // 2] = 0
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
            if times is not None:
                frame.pts, frame.time_base = round(1000 * times[i]), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def mutated(content: bytes, rng: np.random.Generator, trial: int) -> bytes:
    """The content with some bytes changed, every other time in the header alone, and every fifth time cut short."""
    changed = np.frombuffer(content, np.uint8).copy()
    reach = len(changed) if trial % 2 else min(len(changed), 64)
    places = rng.integers(0, reach, size=int(rng.integers(1, 12)))
    changed[places] = rng.integers(0, 256, size=len(places))
    return changed.tobytes()[: int(rng.integers(1, len(changed) + 1)) if trial % 5 == 0 else None]
