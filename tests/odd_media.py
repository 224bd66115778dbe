"""Odd and broken media: how each file is made, and what is expected of it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition
from PIL import Image

from ace_core.collection import Modality
from tests.made_media import TONE, gradient, tone, write_clip, write_packed, write_picture, write_sound

Make = Callable[[Path], object]
FRAMES = 4


@dataclass(frozen=True)
class Case:
    """A file, how it is made, and what is told of it; `told` is empty where it decodes to what `looks` accepts."""

    name: str
    make: Make
    told: str = ""
    looks: Callable[[np.ndarray], bool] = lambda decoded: decoded.size > 0

    def __str__(self) -> str:
        return f"{self.name}: {self.told or 'decodes'}"


def holds(content: bytes) -> Make:
    return lambda path: path.write_bytes(content)


def cut(make: Make, share: float) -> Make:
    """The first `share` of what `make` writes."""

    def write(path: Path) -> None:
        make(path)
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])

    return write


def other_ending(make: Make, name: str) -> Make:
    """What `make` writes under another name, renamed."""

    def write(path: Path) -> None:
        make(path.with_name(name))
        path.with_name(name).rename(path)

    return write


def is_gradient(pixels: np.ndarray) -> bool:
    return pixels.shape == (40, 60, 3) and float(np.abs(pixels.astype(int) - gradient()).mean()) < 6


def is_colour(red: int, green: int, blue: int) -> Callable[[np.ndarray], bool]:
    return lambda pixels: bool(np.abs(pixels.astype(int) - (red, green, blue)).max() <= 2)


def is_tone(wave: np.ndarray) -> bool:
    """About a second of the tone, at 16,000 hertz."""
    peak = np.abs(np.fft.rfft(wave * np.hanning(len(wave)))).argmax() * 16_000 / len(wave)
    return abs(len(wave) - 16_000) < 1_700 and abs(peak - TONE) < 5 and 0.4 < np.abs(wave[4000:8000]).max() < 0.6


def is_clip(height: int, width: int) -> Callable[[np.ndarray], bool]:
    return lambda frames: frames.shape == (FRAMES, height, width, 3) and bool((frames[:, 2, 2] < 20).all())


# Pictures


def save(mode: str, colour: object, **options: object) -> Make:
    return lambda path: Image.new(mode, (16, 8), colour).save(path, **options)  # type: ignore[arg-type]


def animation(path: Path) -> None:
    frames = [Image.new("RGB", (16, 8), colour) for colour in ((255, 0, 0), (0, 0, 255))]
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)


def several_in_one(path: Path) -> None:
    """As some cameras write: a JPEG with a second one behind it."""
    Image.fromarray(gradient()).save(path, format="MPO", save_all=True, append_images=[Image.new("RGB", (60, 40))])


def deep_colour(path: Path) -> None:
    pixels = (gradient().astype(np.uint16) << 8) + 128
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 60, 40, "rgb48be"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb48be")))
        container.mux(stream.encode(None))


def broken_notes(path: Path) -> None:
    write_picture(path, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(range(40)))


def bomb(path: Path) -> None:
    """A PNG of a hundred bytes that announces 60,000 x 60,000 pixels."""
    Image.new("1", (1, 1)).save(path)
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">II", 60_000, 60_000)
    path.write_bytes(bytes(content[:29]) + struct.pack(">I", zlib.crc32(content[12:29])) + content[33:])


PICTURES = [
    *(Case(f"whole.{ending}", write_picture, looks=is_gradient) for ending in ("jpg", "png", "webp", "bmp", "tif")),
    Case("whole.gif", write_picture, looks=lambda pixels: pixels.shape == (40, 60, 3)),
    *(Case(f"cut.{e}", cut(write_picture, 0.6), rf"cut\.{e}: .*damaged") for e in ("jpg", "png", "webp", "gif", "bmp")),
    Case("cut.tif", cut(write_picture, 0.02), r"cut\.tif: .*damaged"),
    Case("empty.png", holds(b""), r"empty\.png: the file is empty; put a picture"),
    Case("zeros.jpg", holds(bytes(5000)), r"zeros\.jpg: .*content is nothing but zeros"),
    Case("page.png", holds(b"<!DOCTYPE html><p>404 not found" * 9), r"page\.png: .*content is a web page"),
    Case("words.jpg", holds("Grüße\n".encode() * 99), r"words\.jpg: .*content is text"),
    Case("noise.jpg", holds(b"\x13\x37\xfe" * 99), r"noise\.jpg: .*of no known kind"),
    Case("phone.jpg", holds(b"\0\0\0\x18ftypheic" + bytes(99)), r"phone\.jpg: .*content is a HEIC picture"),
    Case("clip.png", other_ending(write_clip, "c.mp4"), r"clip\.png: .*content is an MP4"),
    Case("sound.jpg", other_ending(write_sound, "s.flac"), r"sound\.jpg: .*content is a FLAC sound"),
    Case("really_png.jpg", other_ending(write_picture, "p.png"), looks=is_gradient),
    Case("really_webp.png", other_ending(write_picture, "p.webp"), looks=is_gradient),
    Case("bomb.png", bomb, r"bomb\.png: .*over the limit"),
    Case("grey.jpg", save("L", 77), looks=is_colour(77, 77, 77)),
    Case("ink.jpg", save("CMYK", (0, 255, 255, 0)), looks=is_colour(254, 0, 0)),
    Case("ink.tif", save("CMYK", (255, 0, 255, 0)), looks=is_colour(0, 255, 0)),
    Case("deep_grey.png", save("I;16", 40_000), looks=is_colour(156, 156, 156)),
    Case("deep_colour.png", deep_colour, looks=is_gradient),
    Case("clear.png", save("RGBA", (0, 0, 255, 0)), looks=is_colour(255, 255, 255)),
    Case("half_clear.webp", save("RGBA", (0, 0, 0, 128), lossless=True), looks=is_colour(127, 127, 127)),
    Case("grey_clear.png", save("LA", (0, 0)), looks=is_colour(255, 255, 255)),
    *(Case(f"moves.{ending}", animation, looks=is_colour(255, 0, 0)) for ending in ("gif", "webp", "png")),
    Case("camera.jpg", several_in_one, looks=is_gradient),
    Case("broken_notes.jpg", broken_notes, looks=is_gradient),
    Case("long" * 60 + ".png", write_picture, looks=is_gradient),
    Case("câfé 写真 🎴\n.png", write_picture, looks=is_gradient),
]

# Sounds


def channels(count: int) -> Make:
    return lambda path: write_sound(path, tone(channels=count))


def of_rate(rate: int) -> Make:
    return lambda path: write_sound(path, tone(rate=rate), rate)


def packed(codec: str, rate: int = 44_100, count: int = 2, layout: str = "stereo", **muxer: str) -> Make:
    return lambda path: write_packed(path, codec, tone(rate=rate, channels=count), rate, layout, **muxer)


def opus(path: Path) -> None:
    write_sound(path, tone(rate=48_000), 48_000, format="OGG", subtype="OPUS")


def lying(samples: int) -> Make:
    """A FLAC that announces `samples` samples."""

    def write(path: Path) -> None:
        write_sound(path)
        path.write_bytes(announcing(path.read_bytes(), samples))

    return write


def announcing(flac: bytes, samples: int) -> bytes:
    """A FLAC file with another length in its header."""
    return flac[:21] + bytes([flac[21] & 0xF0 | samples >> 32]) + struct.pack(">I", samples & 0xFFFFFFFF) + flac[26:]


def untagged(path: Path) -> None:
    """An MP3 without the note of its length, as streams are recorded."""
    write_sound(path)
    path.write_bytes(path.read_bytes().replace(b"Xing", bytes(4)).replace(b"Info", bytes(4)))


def scratched(path: Path) -> None:
    """An MP3 with rubbish in its middle."""
    write_sound(path, tone(2.0))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + b"\x55" * 999 + content[len(content) // 2 :])


SOUNDS = [
    *(Case(f"whole.{ending}", write_sound, looks=is_tone) for ending in ("wav", "flac", "ogg", "mp3")),
    Case("whole.opus", opus, looks=is_tone),
    Case("aac.m4a", packed("aac"), looks=is_tone),
    Case("alac.m4a", packed("alac"), looks=is_tone),
    Case("raw.aac", packed("aac"), looks=is_tone),
    Case("browser.webm", packed("libopus", 48_000), looks=is_tone),
    *(Case(f"channels{count}.wav", channels(count), looks=is_tone) for count in (1, 2, 6)),
    Case("surround.m4a", packed("aac", count=6, layout="5.1"), looks=is_tone),
    *(Case(f"rate{rate}.wav", of_rate(rate), looks=is_tone) for rate in (8_000, 96_000, 192_000)),
    Case("silent.wav", lambda path: write_sound(path, np.zeros((44_100, 2))), looks=lambda wave: not wave.any()),
    Case("none.wav", lambda path: write_sound(path, np.zeros((0, 2))), r"none\.wav: the sound has no length"),
    Case("none.flac", lambda path: write_sound(path, np.zeros((0, 2))), r"none\.flac: "),
    Case("empty.mp3", holds(b""), r"empty\.mp3: the file is empty; put a sound"),
    Case("cut.flac", cut(write_sound, 0.5), r"cut\.flac: .*FLAC sound that is damaged"),
    Case("cut.m4a", cut(packed("aac"), 0.5), r"cut\.m4a: .*damaged, cut off"),
    Case("cut_later.m4a", cut(packed("aac", movflags="faststart"), 0.5), r"cut_later\.m4a: only .* are there"),
    Case("cut.mp3", cut(write_sound, 0.95), looks=is_tone),
    Case("untagged.mp3", untagged, looks=is_tone),
    Case("scratched.mp3", scratched, looks=lambda wave: len(wave) > 28_000),
    Case("really_flac.mp3", other_ending(write_sound, "s.flac"), looks=is_tone),
    Case("really_m4a.wav", other_ending(packed("aac"), "s.m4a"), looks=is_tone),
    Case("picture.wav", other_ending(write_picture, "p.png"), r"picture\.wav: .*content is a PNG picture"),
    Case("mute.m4a", other_ending(write_clip, "c.mp4"), r"mute\.m4a: the file holds no sound"),
    Case("lying.flac", lying(2**36 - 1), r"lying\.flac: announces 432\.9 hours of sound, which .* cannot hold"),
    Case("boasting.flac", lying(10_000_000), r"boasting\.flac: "),
    Case("page.ogg", holds(b"<html>" + b"moved " * 99), r"page\.ogg: .*content is a web page"),
]

# Clips


def clip(**shape: object) -> Make:
    return lambda path: write_clip(path, **shape)  # type: ignore[arg-type]


def changing(path: Path) -> None:
    """A recording whose pictures become larger on the way."""
    parts = [path.with_name("a.ts"), path.with_name("b.ts")]
    write_clip(parts[0])
    write_clip(parts[1], width=192, height=128)
    path.write_bytes(b"".join(part.read_bytes() for part in parts))


def covered(path: Path) -> None:
    """A sound with a cover picture, as a clip with nothing in it that moves."""
    with av.open(str(path), "w", format="mp4") as container:
        sound = container.add_stream("aac", rate=44_100, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 60, 40, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        given = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        given.sample_rate = 44_100
        for packet in [*cover.encode(av.VideoFrame.from_ndarray(gradient(), format="rgb24")), *cover.encode(None)]:
            container.mux(packet)
        container.mux([*sound.encode(given), *sound.encode(None)])


CLIPS = [
    *(Case(f"whole.{ending}", write_clip, looks=is_clip(64, 96)) for ending in ("mp4", "mov", "mkv")),
    Case("whole.webm", clip(codec="libvpx"), looks=is_clip(64, 96)),
    Case("whole.avi", clip(codec="mpeg4"), looks=is_clip(64, 96)),
    Case("whole.gif", clip(codec="gif", pixels="rgb8"), looks=is_clip(64, 96)),
    Case("odd.mp4", clip(width=97, height=65, pixels="yuv444p"), looks=is_clip(65, 97)),
    Case("odd.webm", clip(width=33, height=17, codec="libvpx"), looks=is_clip(17, 33)),
    Case("deep.mp4", clip(pixels="yuv420p10le"), looks=is_clip(64, 96)),
    *(Case(f"one.{ending}", clip(frames=1), looks=is_clip(64, 96)) for ending in ("mp4", "mkv", "mov")),
    Case("one.webm", clip(frames=1, codec="libvpx"), looks=is_clip(64, 96)),
    Case("changing.mp4", changing, looks=is_clip(64, 96)),
    Case("empty.mp4", holds(b""), r"empty\.mp4: the file is empty; put a clip"),
    Case("cut.mp4", cut(write_clip, 0.7), r"cut\.mp4: .*damaged, cut off"),
    Case("cut_later.mp4", cut(clip(frames=40, movflags="faststart"), 0.7), r"cut_later\.mp4: only .* can be decoded"),
    Case("cut.mkv", cut(clip(frames=40), 0.7), looks=is_clip(64, 96)),
    Case("cut.avi", cut(clip(codec="mpeg4", frames=40), 0.5), r"cut\.avi: "),
    Case("really_avi.mp4", other_ending(clip(codec="mpeg4"), "c.avi"), looks=is_clip(64, 96)),
    Case("picture.mp4", other_ending(write_picture, "p.jpg"), r"picture\.mp4: .*content is a JPEG picture"),
    Case("only_sound.mp4", packed("aac"), r"only_sound\.mp4: the file holds sound but no moving pictures"),
    Case("covered.mp4", covered, r"covered\.mp4: the file holds sound but no moving pictures"),
    Case("zeros.mov", holds(bytes(5000)), r"zeros\.mov: .*nothing but zeros"),
]
KINDS: list[tuple[Modality, list[Case]]] = [("image", PICTURES), ("audio", SOUNDS), ("video", CLIPS)]
