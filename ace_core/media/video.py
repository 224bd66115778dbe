"""Clips: file -> uint8 (count, H, W, 3), evenly spaced frames; decord, or PyAV where decord is missing or fails."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import av  # before decord, whose older FFmpeg would otherwise stand in for parts of this one
import numpy as np
from av.stream import Disposition
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

ROUNDING = 1e-3  # seconds: containers and decoders round the times of frames


def load_frames(path: Path | str, count: int, size: int | None = None) -> np.ndarray:
    """Decode `count` frames spread evenly over a clip -> uint8 (count, H, W, 3) RGB.

    The clip's time is cut into `count` equal parts and the frame shown in the middle of each is taken, however long
    each frame stays; a clip shorter than `count` frames gives some of them twice. With `size`, frames are resized and
    cut to (size, size, 3) as pictures are.
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
        info = _info(path, container, _stream(path, container))
    if (info.width or 0) * (info.height or 0) > MAX_FRAME_PIXELS:
        what = f"{info.width} x {info.height} pixels a frame is over the limit of {MAX_FRAME_PIXELS:,}"
        raise refuse(path, what, "make the clip smaller")
    if info.seconds is not None and info.seconds > MAX_SECONDS:
        what = f"{info.seconds:.0f} seconds is over the limit of {MAX_SECONDS:.0f}"
        raise refuse(path, what, "use a shorter part of it")
    return info


def spread(starts: np.ndarray, end: float, count: int) -> np.ndarray:
    """The frames shown in the middles of `count` equal parts of a clip's time -> int64 (count,), never falling.

    starts: seconds at which each frame comes on, float (F,); end: seconds at which the last one goes off. Times that
    cannot be (some clips have none) are passed over: every frame then stays equally long.
    """
    starts = np.asarray(starts, dtype=np.float64)
    if not np.isfinite([*starts, end]).all() or (np.diff([*starts, end]) < 0).any() or end <= starts[0]:
        starts, end = np.arange(len(starts), dtype=np.float64), float(len(starts))
    middles = starts[0] + (2 * np.arange(count) + 1) * ((end - starts[0]) / (2 * count))
    return np.searchsorted(starts, middles + ROUNDING, side="right") - 1


def _with_decord(path: Path, info: MediaInfo, count: int) -> Iterator[np.ndarray]:
    reader = decord.VideoReader(str(path.resolve()), num_threads=1)
    try:
        _check_whole(path, info, len(reader))
        times = reader.get_frame_timestamp(range(len(reader)))  # (F, 2): on, off
        wanted = spread(times[:, 0], float(times[-1, 1]), count)
        batch = max(1, BATCH_BYTES // max(1, 3 * (info.width or 1) * (info.height or 1)))
        for start in range(0, count, batch):
            yield from reader.get_batch(wanted[start : start + batch].tolist()).asnumpy()
    finally:
        del reader  # it keeps the file open


def _with_pyav(path: Path, info: MediaInfo, count: int) -> Iterator[np.ndarray]:
    """Two passes: the first notes when each frame that really decodes is shown, the second converts those wanted."""
    with _open(path) as container:
        shown = [_shown(frame) for frame in _decoded(path, container)]
    _check_whole(path, info, len(shown))
    starts = np.array([start for start, _ in shown])
    stay = shown[-1][1] or (float(np.median(np.diff(starts))) if len(starts) > 1 else 1.0)
    repeats = np.bincount(spread(starts, starts[-1] + stay, count), minlength=len(shown))
    with _open(path) as container:
        for frame, times in zip(_decoded(path, container), repeats, strict=False):
            if times:
                same = frame.reformat(info.width, info.height, "rgb24")  # some streams change their size
                pixels = np.rot90(same.to_ndarray(), frame.rotation // 90)
                yield from [pixels] * int(times)


def _shown(frame: av.VideoFrame) -> tuple[float, float]:
    """When a frame comes on and how long it stays, in seconds; nan and 0 where the clip does not say."""
    if frame.pts is None or frame.time_base is None:
        return math.nan, 0.0
    return float(frame.pts * frame.time_base), float((frame.duration or 0) * frame.time_base)


def _decoded(path: Path, container: av.container.InputContainer) -> Iterator[av.VideoFrame]:
    """Frames in the order shown, up to the first damaged packet."""
    with suppress(av.error.FFmpegError):
        yield from container.decode(_stream(path, container))


def _collect(frames: Iterable[np.ndarray], size: int | None) -> np.ndarray:
    if size is None:
        return np.stack(list(frames))
    return np.stack([np.asarray(fit_square(Image.fromarray(frame), size)) for frame in frames])


def _open(path: Path) -> av.container.InputContainer:
    container = {"format_whitelist": CLIP_FORMATS, "protocol_whitelist": "file"}
    every = {"max_pixels": str(MAX_FRAME_PIXELS)}  # frames may turn out larger than the header says
    return av.open(str(path.resolve()), metadata_errors="replace", options=every, container_options=container)


def _stream(path: Path, container: av.container.InputContainer) -> av.VideoStream:
    """The first stream of moving pictures; the cover of a sound is none."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    what = "the file holds sound but no moving pictures" if container.streams.audio else "the file holds no pictures"
    raise refuse(path, what, "use a clip, or name it as the sound that it is")


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
