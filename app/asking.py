"""What a visitor asks, checked before anything is computed: Gradio bounds its sliders but not the length of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, get_args
from urllib.parse import urlencode

from ace_core.collection import Modality
from ace_core.errors import QueryError

MAX_QUERY: Final = 300  # characters
MAX_RESULTS: Final = 50
MAX_BEAMS: Final = 100
RESULTS: Final = 12
BEAMS: Final = 20

ALL: Final = "all"
NAMES: Final[dict[str, str]] = {"image": "Pictures", "audio": "Sounds", "video": "Clips"}
NAME: Final[dict[str, str]] = {"image": "picture", "audio": "sound", "video": "clip"}


@dataclass(frozen=True)
class Ask:
    """A query that may be answered. `modality` None: all of them."""

    text: str
    modality: Modality | None = None
    k: int = RESULTS
    beams: int = BEAMS
    check: bool = False  # whether the first answers are checked, where the collection can be

    @classmethod
    def checked(
        cls, text: object, modality: object = ALL, k: object = RESULTS, beams: object = BEAMS, check: object = False
    ) -> Ask:
        """Build from whatever a form, a link or a client sent; raises `QueryError` with one friendly sentence."""
        if not isinstance(text, str) or not text.strip():
            raise QueryError("Type a sentence first, for example one of those below the box.")
        text = " ".join(text.split())
        if len(text) > MAX_QUERY:
            raise QueryError(
                f"That sentence has {len(text):,} characters; {MAX_QUERY} is the most. Shorten it and ask again."
            )
        return cls(
            text=text,
            modality=_modality(modality),
            k=_whole(k, 1, MAX_RESULTS, "number of results"),
            beams=_whole(beams, 1, MAX_BEAMS, "number of beams"),
            check=check is True,
        )

    @property
    def choice(self) -> str:
        """The modality as the form names it."""
        return self.modality or ALL

    def link(self) -> str:
        """The part of an address that asks this again."""
        return "?" + urlencode({"q": self.text, "modality": self.choice})


def _modality(value: object) -> Modality | None:
    if value in (None, "", ALL):
        return None
    for known in get_args(Modality):
        if value == known:
            return known
    raise QueryError(f"The kind of media must be one of {ALL}, {', '.join(get_args(Modality))}.")


def _whole(value: object, low: int, high: int, what: str) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise QueryError(f"The {what} must be a whole number.")
    if not low <= value <= high:
        raise QueryError(f"The {what} must be from {low} to {high}.")
    return value
