"""Where the page finds media: public folders, addresses of files, posters of clips and waveforms of sounds."""

from __future__ import annotations

import functools
import tempfile
from html import escape
from pathlib import Path
from urllib.parse import quote

import numpy as np
from PIL import Image

from ace_core.collection import Item
from ace_core.engine import Engine
from ace_core.errors import MediaError
from ace_core.files import atomic_path
from ace_core.media import load_audio, load_frames

WAVE_BARS = 64
WAVE_RATE = 8_000  # hertz; enough to see loudness
POSTER_SIZE = 384  # pixels, longest side


class Media:
    """Markup for the media of an engine's items. Items come from the engine, so no visitor can name a path."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._posters = tempfile.TemporaryDirectory(prefix="ace-posters-")

    def public_paths(self) -> list[Path]:
        """The folders (or, for media that lie beside the manifest, the very files) that may be served."""
        collection = self._engine.collection
        tops = {item.path.split("/", 1)[0] for item in collection}
        return [Path(self._posters.name).resolve(), *sorted((collection.root / top).resolve() for top in tops)]

    def url(self, item: Item) -> str:
        return _address(self._engine.media_path(item).resolve())

    def poster(self, item: Item) -> str:
        """Address of the middle frame of a clip; empty where the clip cannot be decoded."""
        return self._poster(item.id)

    @functools.lru_cache(maxsize=8192)  # noqa: B019  (lives as long as the process)
    def _poster(self, item_id: str) -> str:
        position = self._engine.collection.index(item_id)
        file = Path(self._posters.name).resolve() / f"{position}.webp"
        try:
            frame = load_frames(self._engine.media_path(self._engine.collection[position]), 1)[0]
        except MediaError:
            return ""
        picture = Image.fromarray(frame)
        picture.thumbnail((POSTER_SIZE, POSTER_SIZE))
        with atomic_path(file) as staged:
            picture.save(staged, "WEBP", quality=80)
        return _address(file)

    def loudness(self, item: Item) -> tuple[float, ...]:
        """Peak of each of `WAVE_BARS` equal parts of a sound, the loudest 1; empty where it cannot be decoded."""
        return self._loudness(item.id)

    @functools.lru_cache(maxsize=8192)  # noqa: B019
    def _loudness(self, item_id: str) -> tuple[float, ...]:
        try:
            wave = np.abs(load_audio(self._engine.media_path(self._engine.item(item_id)), WAVE_RATE))
        except MediaError:
            return ()
        peaks = np.array([part.max(initial=0.0) for part in np.array_split(wave, WAVE_BARS)])
        return tuple((peaks / max(float(peaks.max()), 1e-6)).round(3).tolist())

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


def title(item: Item) -> str:
    """What an item is called where it cannot be seen: its first caption, or its id."""
    return item.captions[0].text if item.captions else item.id


def _address(file: Path) -> str:
    return "/gradio_api/file=" + quote(file.as_posix())
