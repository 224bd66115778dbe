"""Any sound file as pieces of mono samples, from any place in it, never held as a whole.

libsndfile reads WAV, FLAC, Ogg and AIFF, exact to the sample. FFmpeg, through PyAV, reads the rest: MP3, M4A, AAC, the
sound of clips, and what libsndfile does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import numpy as np
import soundfile

from ace_core.media.guard import refuse
from ace_core.media.limits import SOUND_FORMATS

PLAIN = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"FORM")  # how a file for libsndfile begins
BLOCK = 1 << 16  # samples of one channel read at a time
RUN_UP = 1.0  # seconds decoded and thrown away after a jump: packets of lossy codecs lean on those before them


class SoundReader(Protocol):
    """An open sound. Positions and lengths count samples of one channel."""

    rate: int  # hertz
    channels: int
    announced: int | None  # the length that the header gives, where it gives one that can be relied on

    def length(self) -> int:
        """The length announced, else what the packets add up to; nothing is decoded."""
        ...

    def blocks(self, start: int, count: int) -> Iterator[np.ndarray]:
        """The `count` samples from `start`, or what there is of them: float32 (n,) pieces, mean of the channels."""
        ...


@contextmanager
def open_sound(path: Path) -> Iterator[SoundReader]:
    """Open a sound by its content, whatever its ending."""
    if (plain := _open_plain(path)) is not None:
        with plain:
            yield _Plain(plain)
        return
    options = {"format_whitelist": SOUND_FORMATS, "protocol_whitelist": "file"}
    with av.open(str(path.resolve()), metadata_errors="replace", container_options=options) as container:
        if not container.streams.audio or not container.streams.audio[0].codec_context.sample_rate:
            raise refuse(path, "the file holds no sound", "use a file with a sound track")
        yield _Packed(container)


def _open_plain(path: Path) -> soundfile.SoundFile | None:
    with open(path, "rb") as stream:
        if stream.read(4) not in PLAIN:
            return None
    with suppress(soundfile.LibsndfileError):
        return soundfile.SoundFile(path)
    return None


class _Plain:
    """Through libsndfile."""

    def __init__(self, file: soundfile.SoundFile) -> None:
        self._file = file
        self.rate: int = file.samplerate
        self.channels: int = file.channels
        self.announced: int | None = file.frames

    def length(self) -> int:
        return self._file.frames

    def blocks(self, start: int, count: int) -> Iterator[np.ndarray]:
        place = max(0, start - round(RUN_UP * self.rate))
        self._file.seek(place)
        while place < start + count:
            samples = self._file.read(min(start + count - place, BLOCK), dtype="float32", always_2d=True)
            if not len(samples):
                return
            if len(kept := samples[max(0, start - place) :]):
                yield kept.mean(axis=1)
            place += len(samples)


class _Packed:
    """Through FFmpeg."""

    def __init__(self, container: av.container.InputContainer) -> None:
        self._container = container
        self._stream = container.streams.audio[0]
        self.rate: int = self._stream.codec_context.sample_rate
        self.channels: int = self._stream.codec_context.channels
        self._tick = self._stream.time_base or Fraction(0)  # seconds
        self.announced = self._announced()
        self._length = self.announced

    def length(self) -> int:
        if self._length is None:
            self._length = self._count()
        return self._length

    def blocks(self, start: int, count: int) -> Iterator[np.ndarray]:
        ahead = max(0, start - round(RUN_UP * self.rate))
        self._jump(ahead)
        place = None  # of the next sample decoded
        for frame in self._frames():
            if place is None:
                place = self._place(frame, ahead)
            samples = frame.to_ndarray().mean(axis=0, dtype=np.float32)
            piece = samples[max(0, start - place) : max(0, start + count - place)]
            place += len(samples)
            if len(piece):
                yield piece
            if place >= start + count:
                return

    def _announced(self) -> int | None:
        """Only of containers with a table of contents; elsewhere FFmpeg guesses from the bit rate."""
        if not {"mov", "matroska"} & set(self._container.format.name.split(",")):
            return None
        seconds = None
        if self._stream.duration is not None:
            seconds = self._stream.duration * self._tick
        elif self._container.duration is not None:
            seconds = Fraction(self._container.duration, av.time_base)
        return None if seconds is None else round(seconds * self.rate)

    def _count(self) -> int:
        self._jump(0)
        ticks = sum(packet.duration or 0 for packet in self._container.demux(self._stream))
        return max(0, round((ticks - max(0, self._stream.start_time or 0)) * self._tick * self.rate))

    def _jump(self, place: int) -> None:
        ticks = place / self.rate / self._tick if self._tick else 0
        self._container.seek(int(ticks) + (self._stream.start_time or 0), stream=self._stream)

    def _place(self, frame: av.AudioFrame, otherwise: int) -> int:
        """Where in the sound a frame begins; below 0 in the run-up that encoders put before the first sample."""
        if frame.pts is None or frame.time_base is None:
            return otherwise
        start = (self._stream.start_time or 0) * self._tick
        return round((frame.pts * frame.time_base - start) * self.rate)

    def _frames(self) -> Iterator[av.AudioFrame]:
        """Decoded frames, (channels, n) float32, up to the end of what can be read; a damaged packet is passed over."""
        to_float = av.AudioResampler(format="fltp", rate=self.rate)
        with suppress(av.error.FFmpegError):
            for packet in self._container.demux(self._stream):
                with suppress(av.error.InvalidDataError):
                    for frame in packet.decode():
                        yield from to_float.resample(frame)
