"""A visitor's media on the page: addresses that only this visitor knows, and looks that were found out elsewhere."""

from __future__ import annotations

from urllib.parse import quote

from ace_core.collection import Item
from app.media import Media
from app.visitors import Visitor


class VisitorMedia(Media):
    """Addresses of one visitor's media, which hold the visitor's `view`; what they look like was found out before."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    def url(self, item: Item) -> str:
        """A picture is shown as its preview, which any browser can show whatever the picture's format."""
        return self.poster(item) if item.modality == "image" else self._address("media", item)

    def poster(self, item: Item) -> str:
        return self._address("preview", item)

    def loudness(self, item: Item) -> tuple[float, ...]:
        kept = self._visitor.files.get(item.path)
        return kept.peaks if kept else ()

    def label(self, item: Item) -> str:
        return item.path

    def _address(self, what: str, item: Item) -> str:
        return f"/yours/{what}/{self._visitor.view}/{quote(item.path, safe='')}"
