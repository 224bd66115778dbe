"""Weak text for every item: what each describer says, cleaned, without repetitions, kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ace_core.captioners.cleaning import clean
from ace_core.captioners.field import Describer
from ace_core.captioners.text_cache import TextCache
from ace_core.encoders.base import Media
from ace_core.errors import MediaError, TrainingError
from ace_core.stages import say

ITEMS_AT_ONCE = 32  # described and synced together

Note = Callable[[str], None]


def write_texts(
    describers: Sequence[Describer],
    media: Sequence[Media],
    keys: Sequence[str],
    folder: Path,
    *,
    count: int = 8,
    seed: int = 0,
    progress: bool = True,
    note: Note | None = None,
) -> list[list[str]]:
    """Sentences for each of N media: at most `count` of each describer of its modality, in the describers' order.

    `keys` (N,): the sha256 of the items' content. `folder` keeps one file a describer, so that nothing is written
    twice and a killed run goes on where it was. A file that a describer cannot read is told to `note` (a line on
    stderr by default) and gets nothing from it; the others go on.
    """
    if len(keys) != len(media) or not all(keys):
        raise TrainingError(f"Every item needs a key (the sha256 of its content) to keep its texts in {folder}.")
    found: list[list[str]] = [[] for _ in media]
    for describer in describers:
        places = [place for place, one in enumerate(media) if one.modality in describer.modalities]
        if not places:
            continue
        part = _Part(describer, [media[place] for place in places], count, seed, note or say)
        if describer.cached:
            cache = TextCache(Path(folder) / f"{describer.name}.jsonl", f"{describer.fingerprint}/{count}/{seed}")
            own = [keys[place] for place in places]
            texts = cache.complete(
                own, part.write, at_once=ITEMS_AT_ONCE, title=f"texts: {describer.name}", progress=progress
            )
        else:
            texts = [written or [] for written in part.write(range(len(places)))]
        for place, written in zip(places, texts, strict=True):
            found[place] += written
    return [clean(texts) for texts in found]


class _Part:
    """The media of one describer."""

    def __init__(self, describer: Describer, media: Sequence[Media], count: int, seed: int, note: Note) -> None:
        self.describer, self.media, self.count, self.seed, self.note = describer, media, count, seed, note

    def write(self, places: Sequence[int]) -> list[list[str] | None]:
        """Sentences of the media at `places`; None for a file that cannot be read, which halving finds quickly."""
        try:
            texts = self.describer.describe([self.media[place] for place in places], self.count, self.seed)
        except MediaError as error:
            if len(places) == 1:
                self.note(f"no text from {self.describer.name}: {error}")
                return [None]
            middle = len(places) // 2
            return [*self.write(places[:middle]), *self.write(places[middle:])]
        return [clean(written, self.count) for written in texts]
