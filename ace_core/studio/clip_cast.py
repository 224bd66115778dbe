"""Who can move how, and where: the tables that scenes of clips are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

GAIT_OF: dict[str, str] = {
    **dict.fromkeys(("car", "camper van", "truck", "bus", "tractor"), "wheels"),
    **dict.fromkeys(("train", "tram"), "rails"),
    **dict.fromkeys(("horse", "cow", "sheep", "pig", "dog", "fox", "deer", "bear", "camel", "crab"), "legs"),
    **dict.fromkeys(("person", "hiker", "penguin", "hen"), "feet"),
    "rabbit": "hops",
    "beach ball": "ball",
    "sled": "slide",
    **dict.fromkeys(("sailboat", "rowing boat", "fishing boat", "steamship", "canoe"), "hull"),
    **dict.fromkeys(("duck", "swan"), "paddle"),
    **dict.fromkeys(("fish", "turtle"), "fins"),
    **dict.fromkeys(("dolphin", "whale"), "surface"),
    **dict.fromkeys(("jellyfish", "octopus"), "drifts"),
    **dict.fromkeys(("bird", "butterfly"), "wings"),
    **dict.fromkeys(("airplane", "helicopter"), "engine"),
    "submarine": "screw",
    **dict.fromkeys(("hot-air balloon", "balloons", "lantern", "kite"), "wind"),
}
GROUND_GAITS = ("wheels", "rails", "legs", "feet", "hops", "ball", "slide")
WATER_GAITS = ("hull", "paddle", "surface")

_GOING = {"cross": 3.0, "move": 2.0, "come": 1.6, "leave": 1.6, "return": 1.6, "approach": 1.5, "recede": 1.5}
_TOGETHER = {"pass": 1.3, "follow": 1.3, "overtake": 1.2}
MOTIONS_OF: dict[str, Mapping[str, float]] = {
    "wheels": {**_GOING, **_TOGETHER},
    "rails": {"cross": 3.0, "move": 1.5, "come": 2.0, "leave": 2.0, "pass": 1.0},
    "legs": {**_GOING, "hop": 1.4, **_TOGETHER, "chase": 1.6},
    "feet": {**_GOING, "hop": 1.2, **_TOGETHER},
    "hops": {"hop": 4.0, "cross": 2.0, "return": 1.0, "chase": 1.0},
    "ball": {"cross": 2.0, "hop": 2.0},
    "slide": {"cross": 2.0, "move": 0.6, "come": 1.0},
    "hull": {"cross": 2.0, "move": 2.4, "come": 1.0, "leave": 1.2, "return": 1.0, "approach": 1.5, "recede": 1.5,
        "bob": 2.0, **_TOGETHER},
    "paddle": {"cross": 1.5, "move": 2.0, "return": 1.0, "bob": 1.0, "approach": 1.0, "recede": 1.0, "follow": 1.6,
        "pass": 1.0},
    "surface": {"cross": 2.0, "move": 1.5, "return": 1.0, "hop": 2.0, "follow": 1.0, "pass": 0.8},
    "fins": {"cross": 2.5, "move": 2.0, "return": 1.4, "approach": 1.2, "recede": 1.2, "circle": 1.5, "pass": 1.2,
        "follow": 1.3, "chase": 1.4},
    "drifts": {"rise": 2.0, "descend": 2.0, "move": 1.0, "approach": 0.8},
    "wings": {"cross": 2.5, "move": 1.4, "return": 1.2, "circle": 2.0, "rise": 1.0, "descend": 1.2, "approach": 1.0,
        "recede": 1.2, "pass": 1.0, "follow": 1.2, "chase": 1.2},
    "engine": {"cross": 2.4, "move": 1.2, "return": 1.0, "circle": 1.4, "rise": 1.4, "descend": 1.4, "approach": 1.2,
        "recede": 1.2, "pass": 1.0},
    "screw": {"cross": 2.0, "move": 2.0, "return": 1.0, "approach": 1.0, "recede": 1.0, "circle": 1.0,
        "descend": 1.0, "rise": 1.0},
    "wind": {"rise": 2.5, "descend": 1.6, "move": 2.0, "recede": 1.0, "approach": 0.8},
}  # fmt: skip
PAIRED = ("pass", "follow", "chase", "overtake")
CAMERA = ("pan", "zoom in", "zoom out")

CHASES: dict[str, tuple[str, ...]] = {
    "dog": ("fox", "hen", "sheep", "rabbit", "beach ball", "person", "pig"),
    "fox": ("hen", "rabbit", "dog"),
    "bear": ("deer", "hiker", "fox"),
    "rabbit": ("rabbit",),
    "fish": ("fish",),
    "turtle": ("fish", "turtle"),
    "bird": ("butterfly", "bird"),
    "butterfly": ("butterfly", "bird"),
    "cow": ("person", "dog"),
    "pig": ("hen", "pig"),
    "horse": ("horse", "dog"),
}
"""Who chases whom; all others chase their own kind."""


@dataclass(frozen=True)
class Setting:
    """Who moves in a place, what may stand in it, and when it is seen."""

    movers: tuple[str, ...]
    sights: tuple[str, ...]
    seasons: tuple[str, ...] = ("spring", "summer", "autumn", "winter")
    times: tuple[str, ...] = ("dawn", "noon", "golden hour", "dusk", "night")
    weathers: tuple[str, ...] = ("clear", "cloudy", "rain", "fog", "snow", "storm", "rainbow")
    under_water: bool = False
    horizon: bool = False  # open enough for the sun to come up over it


_FLYERS = ("bird", "butterfly", "hot-air balloon", "balloons", "airplane", "helicopter")
_BOATS = ("sailboat", "rowing boat", "fishing boat", "steamship", "canoe")
_MILD = ("spring", "summer", "autumn")
SETTINGS: dict[str, Setting] = {
    "coast": Setting(
        ("sailboat", "steamship", "fishing boat", "dog", "person", "crab", "beach ball", "dolphin", "whale", "bird",
            "helicopter", "balloons"),
        ("lighthouse", "parasol", "sandcastle", "palm tree"), seasons=_MILD, horizon=True,
    ),
    "mountain lake": Setting(
        ("sailboat", "rowing boat", "canoe", "duck", "swan", "deer", "bear", "hiker", "bird", "hot-air balloon",
            "lantern"),
        ("cabin", "tent", "pine tree"),
    ),
    "forest": Setting(
        ("fox", "deer", "bear", "rabbit", "hiker", "dog", "bird", "butterfly", "horse"), ("cabin", "tent", "tipi",
            "campfire"),
    ),
    "desert": Setting(
        ("camel", "hiker", "car", "truck", "camper van", "horse", "bird", "airplane", "hot-air balloon"), ("tent",
            "tipi", "cactus", "campfire"),
        seasons=("summer",), weathers=("clear", "cloudy", "storm"), horizon=True,
    ),
    "canyon": Setting(
        ("horse", "hiker", "bear", "camel", "fox", "bird", "airplane", "helicopter", "hot-air balloon"), ("tent",
            "tipi", "campfire", "cactus"), seasons=("summer",),
        weathers=("clear", "cloudy", "rain", "storm", "rainbow"),
    ),
    "village street": Setting(
        ("car", "camper van", "tractor", "truck", "person", "dog", "hen", "horse", "pig", "bird", "balloons",
            "lantern"), ("church", "fountain", "snowman", "street lamp"),
    ),
    "city": Setting(
        ("car", "bus", "tram", "truck", "camper van", "person", "dog", "bird", "helicopter", "balloons", "airplane"),
            ("statue", "fountain", "street lamp", "market stall"),
    ),
    "farm": Setting(
        ("tractor", "cow", "pig", "hen", "horse", "sheep", "dog", "truck", "person", "bird", "hot-air balloon",
            "airplane"), ("barn", "windmill", "cottage", "scarecrow"),
        horizon=True,
    ),
    "harbour": Setting(
        ("fishing boat", "sailboat", "steamship", "rowing boat", "swan", "dog", "person", "truck", "bird",
            "helicopter", "dolphin"),
        ("lighthouse", "street lamp", "house"), horizon=True,
    ),
    "snowfield": Setting(
        ("penguin", "sled", "bear", "fox", "person", "deer", "dog", "rabbit", "hot-air balloon", "helicopter"),
            ("igloo", "snowman", "cabin", "pine tree", "tent"),
        seasons=("winter",), weathers=("clear", "cloudy", "snow", "fog"), horizon=True,
    ),
    "island": Setting(
        ("sailboat", "canoe", "rowing boat", "steamship", "dolphin", "whale", "bird", "airplane", "hot-air balloon"),
            ("tent", "beach hut", "campfire"), seasons=("summer",),
        weathers=("clear", "cloudy", "rain", "storm", "rainbow"), horizon=True,
    ),
    "park": Setting(
        ("person", "dog", "rabbit", "hen", "bird", "butterfly", "balloons", "beach ball", "deer", "fox"), ("statue",
            "fountain", "oak tree", "blossom tree", "street lamp"),
    ),
    "night market": Setting(
        ("person", "dog", "lantern", "balloons", "hen", "bird"), ("fountain", "statue", "street lamp"),
            times=("dusk", "night"),
    ),
    "room": Setting(
        ("dog", "rabbit", "balloons", "beach ball", "person", "butterfly", "hen"), ("floor lamp",),
            weathers=("clear",),
    ),
    "meadow hills": Setting(
        ("horse", "cow", "sheep", "fox", "dog", "hiker", "rabbit", "deer", "tractor", "butterfly", "kite",
            "hot-air balloon", "airplane"),
        ("windmill", "cottage", "castle", "oak tree", "house", "church"), horizon=True,
    ),
    "coral reef": Setting(
        ("fish", "fish", "turtle", "jellyfish", "octopus", "submarine"), ("treasure chest", "starfish"),
            seasons=("summer",), weathers=("clear",), under_water=True,
    ),
    "vineyard": Setting(
        ("tractor", "hiker", "dog", "horse", "fox", "bird", "butterfly", "hot-air balloon", "camper van", "rabbit"),
            ("cottage", "house", "church", "castle"), seasons=_MILD,
        horizon=True,
    ),
    "railway": Setting(
        ("train", "train", "train", "horse", "hiker", "bird", "airplane"), ("cottage", "cabin", "oak tree",
            "windmill"), horizon=True,
    ),
}  # fmt: skip


ALIKE: dict[str, tuple[str, ...]] = {
    "wheels": ("wheels", "rails"),
    "rails": ("wheels", "rails"),
    "legs": ("legs", "feet"),
    "feet": ("legs", "feet"),
    "hops": ("hops",),
    "hull": ("hull",),
    "paddle": ("paddle", "hull"),
    "fins": ("fins",),
    "surface": ("surface",),
    "wings": ("wings",),
    "engine": ("engine",),
}
"""Gaits that meet, follow and overtake each other."""

LAMPS = ("house", "cottage", "cabin", "church", "castle", "lighthouse", "tent", "street lamp", "floor lamp", "igloo")
BY_DAY = ("butterfly", "bird", "crab", "hen")
"""Too small or too dark to be made out at night."""
DRY = ("clear", "cloudy")
LIGHT_HOURS = ("dawn", "noon", "golden hour")
DARK_HOURS = ("dusk", "night")


@dataclass(frozen=True)
class Event:
    """Something that changes: allowed weathers before and the one after, hours before and the one later, seasons."""

    name: str
    weight: float
    before: tuple[str, ...] = DRY
    after: str | None = None
    times: tuple[str, ...] = (*LIGHT_HOURS, *DARK_HOURS)
    later: str | None = None
    seasons: tuple[str, ...] = ()
    lamps: bool = False
    under_water: bool = False
    horizon: bool = False


EVENTS: dict[str, Event] = {
    event.name: event
    for event in (
        Event("night falls", 2.0, (*DRY, "snow"), times=("noon", "golden hour"), later="night"),
        Event("day breaks", 2.0, (*DRY, "snow"), times=("night",), later="noon"),
        Event("sun rises", 1.6, DRY, times=("dawn",), horizon=True),
        Event("sun sets", 1.6, DRY, times=("golden hour",), horizon=True),
        Event("rain starts", 2.0, after="rain", seasons=_MILD),
        Event("rain stops", 1.5, ("rain",), after="clear", seasons=_MILD),
        Event("snow starts", 2.0, after="snow", seasons=("winter",)),
        Event("snow stops", 1.4, ("snow",), after="clear", seasons=("winter",)),
        Event("fog rolls in", 1.5, after="fog", times=LIGHT_HOURS),
        Event("fog lifts", 1.2, ("fog",), after="clear", times=LIGHT_HOURS),
        Event("storm breaks", 1.0, ("clear", "cloudy"), after="storm", seasons=_MILD),
        Event("rainbow appears", 1.2, ("rain",), after="rainbow", times=LIGHT_HOURS, seasons=_MILD, horizon=True),
        Event("leaves fall", 2.0, seasons=("autumn",)),
        Event("petals fall", 1.6, seasons=("spring",), times=LIGHT_HOURS),
        Event("fireworks", 1.6, ("clear",), times=("night",)),
        Event("shooting star", 1.2, ("clear",), times=("night",)),
        Event("lights go on", 3.0, (*DRY, "rain", "snow"), times=("night",), lamps=True),
        Event("lights go out", 1.8, (*DRY, "rain", "snow"), times=("night",), lamps=True),
        Event("bubbles rise", 3.0, ("clear",), under_water=True),
    )
}  # fmt: skip
