"""Clips: file -> uint8 (count, H, W, 3), evenly spaced frames; decord, or PyAV where decord is missing or fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
from PIL import Image

from ace_core.media.guard import MediaInfo, decoding, refuse
from ace_core.media.image import fit_square
from ace_core.media.limits import BATCH_BYTES, CLIP_FORMATS, MAX_FRAME_PIXELS, MAX_FRAMES, MAX_SECONDS, WHOLE_SHARE

try:  # decord has wheels for x86-64 Linux and Windows only
    import decord
except (ImportError, OSError):
    decord = None
else:
    decord.logging.set_level(decord.logging.QUIET)


def load_frames(path: Path | str, count: int, size: int | None = None) -> np.ndarray:
    """Decode `count` frames spread evenly over a clip -> uint8 (count, H, W, 3) RGB.

    The clip is cut into `count` equal parts and the middle frame of each is taken; a clip shorter than `count`
    frames gives some of them twice. With `size`, frames are resized and cut to (size, size, 3) as pictures are.
    """
    path = Path(path)
    if not 1 <= count <= MAX_FRAMES:
        raise refuse(path, f"{count} frames were asked for", f"ask for 1 to {MAX_FRAMES}")
    with decoding(path, "video"):
        info = video_info(path)
        if decord is not None:
            with suppress(Exception):
                return _collect(_with_decord(path, info, count), size)
        return _collect(_with_pyav(path, info, count), size)


def video_info(path: Path | str) -> MediaInfo:
    path = Path(path)
    with decoding(path, "video"), _open(path) as container:
        stream = container.streams.video[0]
        info = _info(path, container, stream)
    if (info.width or 0) * (info.height or 0) > MAX_FRAME_PIXELS:
        what = f"{info.width} x {info.height} pixels a frame is over the limit of {MAX_FRAME_PIXELS:,}"
        raise refuse(path, what, "make the clip smaller")
    if info.seconds is not None and info.seconds > MAX_SECONDS:
        what = f"{info.seconds:.0f} seconds is over the limit of {MAX_SECONDS:.0f}"
        raise refuse(path, what, "use a shorter part of it")
    return info


def spread(frames: int, count: int) -> np.ndarray:
    """Middles of `count` equal parts of `frames` frames -> int64 (count,), never falling."""
    return ((2 * np.arange(count) + 1) * frames) // (2 * count)


def _with_decord(path: Path, info: MediaInfo, count: int) -> Iterator[np.ndarray]:
    reader = decord.VideoReader(str(path.resolve()), num_threads=1)
    try:
        _check_whole(path, info, len(reader))
        wanted = spread(len(reader), count)
        batch = max(1, BATCH_BYTES // max(1, 3 * (info.width or 1) * (info.height or 1)))
        for start in range(0, count, batch):
            yield from reader.get_batch(wanted[start : start + batch].tolist()).asnumpy()
    finally:
        del reader  # it keeps the file open


def _with_pyav(path: Path, info: MediaInfo, count: int) -> Iterator[np.ndarray]:
    """Two passes: the first counts what really decodes, the second converts only the frames wanted."""
    with _open(path) as container:
        found = sum(1 for _ in _decoded(container))
    _check_whole(path, info, found)
    repeats = np.bincount(spread(found, count), minlength=found)
    with _open(path) as container:
        for frame, times in zip(_decoded(container), repeats, strict=False):
            if times:
                pixels = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
                yield from [pixels] * int(times)


def _decoded(container: av.container.InputContainer) -> Iterator[av.VideoFrame]:
    """Frames in the order shown, up to the first damaged packet."""
    with suppress(av.error.FFmpegError):
        yield from container.decode(video=0)


def _collect(frames: Iterable[np.ndarray], size: int | None) -> np.ndarray:
    if size is None:
        return np.stack(list(frames))
    return np.stack([np.asarray(fit_square(Image.fromarray(frame), size)) for frame in frames])


def _open(path: Path) -> av.container.InputContainer:
    options = {"format_whitelist": CLIP_FORMATS, "protocol_whitelist": "file"}
    return av.open(str(path.resolve()), metadata_errors="replace", container_options=options)


def _info(path: Path, container: av.container.InputContainer, stream: av.VideoStream) -> MediaInfo:
    seconds = None
    if stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    elif container.duration:
        seconds = container.duration / av.time_base
    rate = stream.average_rate or stream.base_rate
    return MediaInfo(
        "video",
        path.stat().st_size,
        width=stream.codec_context.width,
        height=stream.codec_context.height,
        seconds=seconds,
        frames=stream.frames or None,
        rate=float(rate) if rate else None,
    )


def _check_whole(path: Path, info: MediaInfo, found: int) -> None:
    if found == 0:
        raise refuse(path, "no frame of the clip can be decoded", "replace it with a whole file")
    if info.frames and found < WHOLE_SHARE * info.frames:
        what = f"only {found} of {info.frames} frames can be decoded"
        raise refuse(path, what, "replace it with a whole file")
