"""Where the page finds media: public folders, addresses of files, posters of clips and waveforms of sounds."""

from __future__ import annotations

import functools
import hashlib
import tempfile
from abc import ABC, abstractmethod
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
from PIL import Image

from ace_core.collection import Item
from ace_core.errors import MediaError
from ace_core.files import atomic_path
from ace_core.media import load_audio, load_audio_windows, load_frames, probe
from ace_core.media.limits import MAX_SECONDS

if TYPE_CHECKING:
    from ace_core.engine import Engine

WAVE_BARS = 64
WAVE_RATE = 8_000  # hertz; enough to see loudness
LOOK = 1.0  # seconds of each part of a long sound that are listened to
POSTER_SIZE = 384  # pixels, longest side


class Media(ABC):
    """Markup for the media of an engine's items; where they are and how they look small is for a subclass to say."""

    @abstractmethod
    def url(self, item: Item) -> str:
        """Address of the picture, sound or clip."""

    @abstractmethod
    def poster(self, item: Item) -> str:
        """Address of the middle frame of a clip; empty where the clip cannot be decoded."""

    @abstractmethod
    def loudness(self, item: Item) -> tuple[float, ...]:
        """Peak of each of `WAVE_BARS` equal parts of a sound, the loudest 1; empty where it cannot be decoded."""

    def label(self, item: Item) -> str:
        """What its owner calls it, where that says something."""
        return ""

    def waveform(self, item: Item) -> str:
        """The sound as an SVG of upright strokes; the script colours the part already played."""
        bars = self.loudness(item)
        if not bars:
            return ""
        strokes = "".join(
            f"M{4 * i + 2} {50 - height:.0f}V{50 + height:.0f}"
            for i, height in enumerate(1 + 43 * peak for peak in bars)
        )
        return (
            f'<svg class="wave" viewBox="0 0 {4 * WAVE_BARS} 100" preserveAspectRatio="none" aria-hidden="true">'
            f'<path class="wave-all" d="{strokes}"/><path class="wave-played" d="{strokes}"/></svg>'
        )

    def player(self, item: Item, eager: bool = False) -> str:
        """The media at full size: picture, sound with its waveform, or clip that plays on hover, focus or tap."""
        name, url = escape(title(item)), self.url(item)
        if item.modality == "image":
            return f'<img src="{url}" alt="{name}" loading="{"eager" if eager else "lazy"}" decoding="async">'
        if item.modality == "audio":
            return f'{self.waveform(item)}<audio src="{url}" controls preload="metadata" aria-label="{name}"></audio>'
        return (
            f'<video src="{url}" poster="{self.poster(item)}" muted loop playsinline preload="metadata" '
            f'tabindex="0" role="button" aria-label="Play or pause: {name}"></video>'
        )

    def thumbnail(self, item: Item) -> str:
        """The media small: a picture, a poster, or a waveform; sounds and clips play on a tap."""
        name, url = escape(title(item)), self.url(item)
        if item.modality == "image":
            return f'<span class="thumb"><img src="{url}" alt="{name}" loading="lazy" decoding="async"></span>'
        if item.modality == "audio":
            return (
                f'<button type="button" class="thumb thumb-sound" aria-label="Play or pause: {name}" title="{name}">'
                f'{self.waveform(item)}<audio src="{url}" preload="none"></audio></button>'
            )
        return (
            f'<span class="thumb"><video src="{url}" poster="{self.poster(item)}" muted loop playsinline '
            f'preload="none" tabindex="0" role="button" aria-label="Play or pause: {name}"></video></span>'
        )


class PublicMedia(Media):
    """Media that everybody may see, served from their folders. Items come from the engine: no visitor names a path."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._posters = tempfile.TemporaryDirectory(prefix="ace-posters-")
        # Held by the instance, so that an engine that is let go takes its cache along.
        self._poster_of = functools.lru_cache(maxsize=8192)(self._make_poster)
        self._loudness_of = functools.lru_cache(maxsize=8192)(self._measure_loudness)

    def public_paths(self) -> list[Path]:
        """The folders (or, for media that lie beside the manifest, the very files) that may be served."""
        collection = self._engine.collection
        tops = {collection.root_of(item) / item.path.split("/", 1)[0] for item in collection}
        return [Path(self._posters.name).resolve(), *sorted(top.resolve() for top in tops)]

    def url(self, item: Item) -> str:
        return _address(self._engine.media_path(item).resolve())

    def poster(self, item: Item) -> str:
        return self._poster_of(item.id)

    def loudness(self, item: Item) -> tuple[float, ...]:
        return self._loudness_of(item.id)

    def _make_poster(self, item_id: str) -> str:
        name = hashlib.sha256(item_id.encode()).hexdigest()[:32]  # a position may be another item's one day
        file = Path(self._posters.name).resolve() / f"{name}.webp"
        try:
            frame = load_frames(self._engine.media_path(self._engine.item(item_id)), 1)[0]
        except MediaError:
            return ""
        save_small(frame, file)
        return _address(file)

    def _measure_loudness(self, item_id: str) -> tuple[float, ...]:
        try:
            return loudness_of(self._engine.media_path(self._engine.item(item_id)))
        except MediaError:
            return ()


def title(item: Item) -> str:
    """What an item is called where it cannot be seen: its first caption, or its id."""
    return item.captions[0].text if item.captions else item.id


def save_small(pixels: np.ndarray, file: Path, side: int = POSTER_SIZE) -> None:
    """Write uint8 (H, W, 3) as a WebP whose longest side is at most `side` pixels, atomically."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((side, side))
    with atomic_path(file) as staged:
        picture.save(staged, "WEBP", quality=80)


def loudness_of(path: Path) -> tuple[float, ...]:
    """See `Media.loudness`. Of a sound too long to be read at once, `LOOK` seconds of each part are listened to."""
    if (probe(path, "audio").seconds or 0) <= MAX_SECONDS:
        parts = np.array_split(load_audio(path, WAVE_RATE), WAVE_BARS)
    else:
        parts = list(load_audio_windows(path, WAVE_RATE, LOOK, WAVE_BARS))
    peaks = np.array([np.abs(part).max(initial=0.0) for part in parts])
    return tuple((peaks / max(float(peaks.max()), 1e-6)).round(3).tolist())


def _address(file: Path) -> str:
    return "/gradio_api/file=" + quote(file.as_posix())
