"""What a soundscape is: a bed, events and musical phrases in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ace_core.studio.synth.catalogue import SOURCES


@dataclass(frozen=True)
class Bed:
    """A sound under the whole scene; `change`: '' steady, 'in' growing from nothing, 'out' dying away."""

    sound: str
    change: str
    seed: int


@dataclass(frozen=True)
class Event:
    """One source at `onsets` (seconds, one a hit; a lasting sound has one), between `start` and `end`.

    `distance`: '' (left open), 'near' or 'far'; `pace`: '' (middling), 'slow' or 'quick'.
    """

    sound: str
    onsets: tuple[float, ...]
    start: float
    end: float
    distance: str
    pace: str
    seed: int

    @property
    def count(self) -> int:
        return len(self.onsets)


@dataclass(frozen=True)
class Phrase:
    """An instrument playing `notes` (MIDI numbers, a tuple a stroke), a stroke every `step` seconds from `start` on.

    `mode`: 'major', 'minor', or '' where no third tells; `register`: 'low', 'high', or '' (middling).
    """

    sound: str
    shape: str
    mode: str
    register: str
    pace: str
    notes: tuple[tuple[int, ...], ...]
    step: float
    start: float
    end: float
    seed: int

    @property
    def onsets(self) -> tuple[float, ...]:
        return tuple(round(self.start + k * self.step, 4) for k in range(len(self.notes)))

    @property
    def count(self) -> int:
        return len(self.notes)


Actor = Event | Phrase


@dataclass(frozen=True)
class Scene:
    """What sounds when; `actors` in the order of their starts."""

    seed: int
    index: int
    seconds: float
    place: str
    bed: Bed | None
    actors: tuple[Actor, ...]
    caption_seed: int

    def attributes(self) -> dict[str, Any]:
        return {
            "seconds": self.seconds,
            "place": self.place,
            "bed": {"sound": self.bed.sound, "change": self.bed.change} if self.bed else None,
            "events": [_event_attributes(actor) for actor in self.actors],
        }


def _event_attributes(actor: Actor) -> dict[str, Any]:
    common = {"sound": actor.sound, "start": actor.start, "end": actor.end, "onsets": list(actor.onsets)}
    if isinstance(actor, Event):
        return {
            "kind": SOURCES[actor.sound].kind,
            **common,
            "count": actor.count,
            "distance": actor.distance,
            "pace": actor.pace,
        }
    notes = [list(stroke) for stroke in actor.notes]
    return {
        "kind": "phrase",
        **common,
        "count": actor.count,
        "shape": actor.shape,
        "mode": actor.mode,
        "register": actor.register,
        "pace": actor.pace,
        "notes": notes,
    }
