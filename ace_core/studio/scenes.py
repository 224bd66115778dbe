"""The grammar of pictured scenes: which things belong to which place, hour, season and weather, and how they are
arranged.

A scene has a main thing (or a group of it), mostly a partner that stands in a stated relation to it, and at times
some extras.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ace_core.studio.language import chance, pick
from ace_core.studio.painter import KINDS, TIMES, Zone, backdrop

SIZES = {"small": 0.74, "": 1.0, "big": 1.34}

# Who is at home where: place -> zone -> kinds.
CAST: dict[str, dict[str, tuple[str, ...]]] = (
    {"coast": {"land": ("crab", "dog", "person", "parasol", "beach hut", "sandcastle", "surfboard", "beach ball",
    "deck chair", "lighthouse", "palm tree", "horse", "campfire", "camper van", "bicycle", "picnic basket",
    "umbrella", "rock"), "water": ("sailboat", "rowing boat", "fishing boat", "steamship", "whale", "dolphin",
    "buoy"), "air": ("kite", "bird", "hot-air balloon", "airplane", "helicopter", "balloons")},
    "mountain lake": {"land": ("deer", "bear", "tent", "campfire", "hiker", "cabin", "pine tree", "fox", "horse",
    "bench", "dog", "birch tree", "rabbit", "signpost"),
    "water": ("rowing boat", "canoe", "sailboat", "swan", "duck"), "air": ("bird", "hot-air balloon", "airplane")},
    "forest": {"land": ("fox", "deer", "bear", "rabbit", "owl", "mushroom", "tent", "cabin", "hiker", "campfire",
    "person", "signpost", "well", "bicycle", "dog", "oak tree", "autumn tree", "bush"),
    "air": ("butterfly", "bird", "lantern")}, "desert": {"land": ("camel", "cactus", "tipi", "camper van", "truck",
    "rock", "person", "hiker", "car", "campfire", "well", "horse", "tent", "fox", "signpost"),
    "air": ("hot-air balloon", "airplane", "bird", "kite", "helicopter")},
    "canyon": {"land": ("horse", "cactus", "hiker", "tent", "campfire", "tipi", "bus", "camper van", "car", "fox",
    "rock", "bicycle", "signpost", "camel"), "air": ("hot-air balloon", "bird", "helicopter", "airplane")},
    "village street": {"land": ("bicycle", "scooter", "cat", "dog", "car", "camper van", "bus", "person", "bench",
    "street lamp", "fountain", "well", "mailbox", "market stall", "tulips", "horse", "hen", "church", "barrel",
    "blossom tree", "statue", "umbrella", "pumpkin", "snowman"),
    "air": ("bird", "balloons", "hot-air balloon", "kite", "lantern")},
    "city": {"land": ("car", "bus", "tram", "bicycle", "scooter", "truck", "camper van", "person", "dog",
    "street lamp", "bench", "statue", "fountain", "umbrella", "mailbox", "balloons", "cat"),
    "air": ("airplane", "helicopter", "hot-air balloon", "bird", "kite")},
    "farm": {"land": ("cow", "horse", "sheep", "pig", "hen", "barn", "windmill", "tractor", "scarecrow", "hay bale",
    "pumpkin", "fence", "dog", "cat", "sunflower", "cottage", "autumn tree", "greenhouse", "well", "truck",
    "snowman"), "air": ("hot-air balloon", "bird", "airplane", "kite")},
    "harbour": {"land": ("barrel", "crates", "cat", "person", "lighthouse", "bench", "street lamp", "dog", "bicycle",
    "scooter", "truck", "market stall", "umbrella"), "water": ("sailboat", "fishing boat", "steamship", "rowing boat",
    "swan", "buoy"), "air": ("bird", "hot-air balloon", "helicopter", "kite")},
    "snowfield": {"land": ("snowman", "sled", "penguin", "igloo", "fox", "deer", "bear", "rabbit", "cabin",
    "pine tree", "tent", "hiker", "person", "owl", "dog"),
    "air": ("bird", "hot-air balloon", "helicopter", "airplane")},
    "island": {"land": ("person", "tent", "flamingo", "beach hut", "parasol", "campfire", "deck chair", "surfboard",
    "crab", "treasure chest"), "water": ("sailboat", "whale", "dolphin", "rowing boat", "steamship", "fishing boat",
    "canoe", "buoy"), "air": ("bird", "kite", "airplane", "hot-air balloon", "helicopter")},
    "park": {"land": ("bench", "fountain", "statue", "dog", "cat", "bicycle", "person", "tulips", "daisies",
    "blossom tree", "oak tree", "willow", "autumn tree", "birch tree", "picnic basket", "umbrella", "rabbit",
    "street lamp", "beach ball", "snowman", "scooter"),
    "air": ("kite", "balloons", "butterfly", "bird", "hot-air balloon")},
    "night market": {"land": ("market stall", "person", "cat", "dog", "bicycle", "scooter", "umbrella", "street lamp",
    "barrel", "crates", "fountain", "pumpkin"), "air": ("lantern", "balloons", "kite")},
    "room": {"floor": ("armchair", "cat", "dog", "table", "potted plant", "floor lamp", "guitar", "bookshelf",
    "vase of flowers", "clock", "teapot", "cushion"),},
    "meadow hills": {"land": ("sheep", "horse", "cow", "rabbit", "cottage", "windmill", "castle", "church", "tent",
    "sunflower", "tulips", "daisies", "poplar", "oak tree", "person", "hiker", "bicycle", "bench", "lavender", "well",
    "tractor", "house", "fox"), "air": ("kite", "hot-air balloon", "butterfly", "bird", "airplane")},
    "river valley": {"land": ("cow", "horse", "cottage", "windmill", "tent", "person", "cabin", "deer", "fox",
    "church", "willow", "house", "dog", "bear"), "water": ("rowing boat", "canoe", "duck", "swan", "sailboat"),
    "air": ("bird", "hot-air balloon", "butterfly", "kite")},
    "waterfall": {"land": ("deer", "bear", "hiker", "tent", "campfire", "fox", "mushroom", "rabbit", "dog", "owl",
    "bush"), "water": ("canoe", "rowing boat", "duck", "swan"), "air": ("bird", "butterfly", "hot-air balloon")},
    "coral reef": {"swim": ("fish", "turtle", "jellyfish", "submarine", "fish"),
    "seabed": ("octopus", "coral", "starfish", "treasure chest", "crab", "seaweed")},
    "vineyard": {"land": ("grapevine", "tractor", "bicycle", "cottage", "barrel", "dog", "castle", "cat", "church",
    "person", "truck", "poplar", "crates", "scarecrow", "house", "car"),
    "air": ("bird", "hot-air balloon", "butterfly", "airplane")},
    "railway": {"rail": ("train", "train", "train", "train", "train", "train"),
    "land": ("cow", "sheep", "horse", "deer", "signpost", "person", "dog", "bicycle", "sunflower", "fox", "fence",
    "tulips"), "air": ("hot-air balloon", "bird", "airplane", "kite")}}
)  # fmt: skip

_ONLY_IN = (
    {"autumn tree": ("autumn",), "blossom tree": ("spring",), "snowman": ("winter",), "sled": ("winter",),
    "igloo": ("winter",), "pumpkin": ("autumn",), "tulips": ("spring",), "daisies": ("spring", "summer"),
    "sunflower": ("summer",), "lavender": ("summer",), "butterfly": ("spring", "summer"),
    "mushroom": ("spring", "summer", "autumn"), "hay bale": ("summer", "autumn"),
    "scarecrow": ("spring", "summer", "autumn"), "parasol": ("spring", "summer"), "deck chair": ("spring", "summer"),
    "sandcastle": ("spring", "summer"), "beach ball": ("spring", "summer"),
    "surfboard": ("spring", "summer", "autumn"), "bush": ("spring", "summer"), "oak tree": ("spring", "summer"),
    "willow": ("spring", "summer"), "poplar": ("spring", "summer"), "birch tree": ("spring", "summer", "autumn"),
    "grapevine": ("summer", "autumn"), "picnic basket": ("spring", "summer", "autumn")}
)  # fmt: skip
_SUNNY = (
    "parasol",
    "deck chair",
    "sandcastle",
    "beach ball",
    "kite",
    "hot-air balloon",
    "butterfly",
    "picnic basket",
    "balloons",
)
_SEASONLESS = ("desert", "canyon", "island", "coral reef", "snowfield")  # where the year leaves no mark worth telling
_ALONE = (
    "lighthouse",
    "castle",
    "church",
    "fountain",
    "train",
    "tram",
    "steamship",
    "well",
    "statue",
    "barn",
    "submarine",
    "bookshelf",
    "clock",
)
_FEW = (
    "bench",
    "street lamp",
    "mailbox",
    "signpost",
    "windmill",
    "house",
    "scarecrow",
    "armchair",
    "floor lamp",
    "fence",
    "campfire",
    "table",
)
_PLACES_WEIGHT = {"coral reef": 1.2, "room": 0.9, "railway": 0.9, "island": 0.9}


def _rarity() -> dict[str, float]:
    """Weights that make kinds of few places and few seasons come up about as often as those of many."""
    cast = [kind for zones in CAST.values() for kinds in zones.values() for kind in kinds]
    return {kind: (4 / len(_ONLY_IN.get(kind, "1234"))) ** 0.8 / cast.count(kind) ** 0.7 for kind in set(cast)}


_RARITY = _rarity()


@dataclass(frozen=True)
class Thing:
    """`count` of one kind, all of one colour ('' where the kind has only its own) and size ('small', '' or 'big')."""

    kind: str
    colour: str
    size: str
    count: int
    zone: str


@dataclass(frozen=True)
class Spot:
    """Where one thing stands: ground point and height in 256ths."""

    thing: int
    x: float
    y: float
    height: float
    flip: bool
    phase: float


@dataclass(frozen=True)
class Scene:
    """`things`: the main one, then its partner if there is a relation, then extras. `relation`: of the main to the
    partner."""

    seed: int
    index: int
    place: str
    time: str
    weather: str
    season: str
    things: tuple[Thing, ...]
    relation: str
    spots: tuple[Spot, ...]
    backdrop_seed: int

    @property
    def main(self) -> Thing:
        return self.things[0]

    @property
    def partner(self) -> Thing | None:
        return self.things[1] if self.relation else None

    @property
    def extras(self) -> tuple[Thing, ...]:
        return self.things[2 if self.relation else 1 :]

    @property
    def season_shows(self) -> bool:
        return self.place not in _SEASONLESS

    def attributes(self) -> dict[str, Any]:
        told = {"place": self.place, "time": self.time, "weather": self.weather, "season": self.season}
        return told | {
            "main": asdict(self.main),
            "partner": asdict(self.partner) if self.partner else None,
            "relation": self.relation,
            "extras": [asdict(thing) for thing in self.extras],
        }


def make_scene(rng: np.random.Generator, seed: int, index: int) -> Scene:
    """Draw a scene by chance, sensible throughout."""
    places = list(CAST)
    place = pick(rng, places, [_PLACES_WEIGHT.get(p, 1.0) for p in places])
    time, season, weather = _when(rng, place)
    backdrop_seed = int(rng.integers(1 << 31))
    zones = backdrop(place, time, weather, season, backdrop_seed).zones
    main = _thing(rng, place, time, season, weather, _zone(rng, place), group=0.42)
    assert main is not None, f"no kind fits {place} in {season}"
    main = _at_most(main, zones, 2)
    partner, relation = None, ""
    if chance(rng, 0.86):
        partner, relation = _partner(rng, zones, main, place, time, season, weather) or (None, "")
    spots = _arrange(rng, zones, main, partner, relation)
    things = [main, *([partner] if partner else [])]
    for _ in range(int(rng.integers(0, 3))):
        spots += _extra(rng, zones, things, spots, place, time, season, weather)
    return Scene(seed, index, place, time, weather, season, tuple(things), relation, tuple(spots), backdrop_seed)


def _when(rng: np.random.Generator, place: str) -> tuple[str, str, str]:
    time = pick(rng, TIMES, (0.16, 0.26, 0.2, 0.19, 0.19))
    season = pick(rng, ("spring", "summer", "autumn", "winter"))
    weather = pick(
        rng, ("clear", "cloudy", "rain", "fog", "snow", "storm", "rainbow"), (0.36, 0.2, 0.12, 0.08, 0.08, 0.06, 0.1)
    )
    if place in ("desert", "canyon", "island"):
        season = "summer"
    if place == "snowfield":
        season = "winter"
    if place == "coral reef":
        return time, "summer", "clear"
    if place in ("desert", "canyon") and weather in ("fog", "rain", "snow"):
        weather = "clear"
    if weather == "snow" and place == "island":
        weather = "clear"
    if weather == "snow":
        season = "winter"
    elif (season == "winter" and weather in ("rain", "storm")) or (place == "snowfield" and weather == "rainbow"):
        weather = pick(rng, ("snow", "cloudy"))
    if place == "night market":
        time = pick(rng, ("dusk", "night"))
        weather = "cloudy" if weather == "rainbow" else weather
    elif weather == "rainbow" and time in ("night", "dusk"):
        time = pick(rng, ("noon", "golden hour"))
    if time == "night" and weather in ("fog", "storm") and chance(rng, 0.7):
        weather = pick(rng, ("clear", "cloudy"))
    return time, season, weather


def _zone(rng: np.random.Generator, place: str, among: Sequence[str] = ()) -> str:
    zones = [zone for zone in CAST[place] if not among or zone in among]
    weights = [len(CAST[place][zone]) * (0.5 if zone == "air" else 1.5 if zone == "water" else 1.0) for zone in zones]
    return pick(rng, zones, weights)


def _thing(
    rng: np.random.Generator,
    place: str,
    time: str,
    season: str,
    weather: str,
    zone: str,
    group: float,
    avoid: Sequence[Thing] = (),
) -> Thing | None:
    """A thing that fits, or None where all that would fit is there already."""
    fits = [k for k in CAST[place][zone] if season in _ONLY_IN.get(k, (season,)) and k not in {t.kind for t in avoid}]
    if weather in ("rain", "storm", "snow"):
        fits = [k for k in fits if k not in _SUNNY] or fits
        fits += ["umbrella"] * (2 if "umbrella" in fits else 0)
    if not fits:
        return None
    kind = pick(rng, fits, [_RARITY[k] for k in fits])
    unseen = {"white"} if season == "winter" and zone == "land" else {"black"} if time == "night" else set()
    colour = _colour(rng, kind, {t.colour for t in avoid} | unseen)
    size = pick(rng, tuple(SIZES), (0.16, 0.62, 0.22))
    count = 1
    if kind not in _ALONE and chance(rng, group):
        count = pick(rng, (2, 3, 4, 5), (0.45, 0.3, 0.15, 0.1))
        if KINDS[kind].size * KINDS[kind].width > 75:
            count = min(count, 3)
        if kind in _FEW:
            count = 2
    return Thing(kind, colour, size, count, zone)


def _colour(rng: np.random.Generator, kind: str, taken: set[str]) -> str:
    free = [c for c in KINDS[kind].colours if c not in taken]
    return pick(rng, free or list(KINDS[kind].colours)) if KINDS[kind].colours else ""


def _partner(
    rng: np.random.Generator, zones: dict[str, Zone], main: Thing, place: str, time: str, season: str, weather: str
) -> tuple[Thing, str] | None:
    zone = _zone(rng, place)
    partner = _thing(rng, place, time, season, weather, zone, 0.25 if main.count == 1 else 0.12, avoid=[main])
    if partner is None:
        return None
    partner = _at_most(partner, zones, 1)
    if main.zone == zone and _narrow(zones[zone]):
        return _at_most(partner, zones, 1), pick(rng, ["left of", "right of", "beside"])
    if main.zone == zone and zone not in ("air", "swim", "rail"):
        options = ["left of", "right of", "beside", "in front of", "behind"]
        if main.count == 1 and partner.kind not in _ALONE and chance(rng, 0.16):
            return Thing(partner.kind, partner.colour, "", 2, zone), "between"
        return partner, pick(rng, options)
    if main.zone == zone:
        return partner, pick(rng, ["left of", "right of"])
    if main.zone in ("air", "swim"):
        return partner, "above"
    if zone in ("air", "swim"):
        return partner, "below"
    here, there = zones[main.zone], zones[zone]
    if here.x1 <= there.x0 or there.x1 <= here.x0:
        return partner, "left of" if here.x1 <= there.x0 else "right of"
    return partner, "in front of" if here.far > there.far else "behind"


def _height(thing: Thing, zone: Zone, y: float) -> float:
    return KINDS[thing.kind].size * SIZES[thing.size] * zone.scale(y)


def _span(thing: Thing, height: float) -> float:
    """Width of a whole group."""
    wide = max(KINDS[thing.kind].width * height, 14.0)
    return wide * (1 + (thing.count - 1) * 0.92)


def _y(rng: np.random.Generator, thing: Thing, zone: Zone, low: float, high: float) -> float:
    """A ground height between two shares (0 far, 1 near) of a zone; in the air, whole things stay on the canvas."""
    share = float(rng.uniform(low, high))
    if thing.zone in ("air", "swim"):
        tall = _height(thing, zone, zone.near)
        top = tall + (8 if thing.zone == "air" else 26)
        return top + max(4.0, zone.near - top) * share
    return zone.far + (zone.near - zone.far) * share


def _arrange(
    rng: np.random.Generator, zones: dict[str, Zone], main: Thing, partner: Thing | None, relation: str
) -> list[Spot]:
    reach = {
        "in front of": ((0.7, 1.0), (0.0, 0.25)),
        "behind": ((0.0, 0.25), (0.75, 1.0)),
        "beside": ((0.5, 0.8), (0.5, 0.8)),
    }
    (a0, a1), (b0, b1) = reach.get(relation, ((0.35, 0.95), (0.35, 0.95)))
    zone_a = zones[main.zone]
    y_a = _y(rng, main, zone_a, a0, a1)
    tall_a = max(_height(main, zone_a, y_a) * (1.22 if main.count == 1 else 1.05), 30.0)
    wide_a = _span(main, tall_a)
    if partner is None:
        return _row(rng, 0, main, *_fit(_within(rng, wide_a, zone_a, 128, 40), wide_a, tall_a, zone_a), y_a, zone_a)
    zone_b = zones[partner.zone]
    y_b = _y(rng, partner, zone_b, b0, b1)
    tall_b = max(_height(partner, zone_b, y_b) * 1.08, 24.0)
    wide_b = _span(partner, tall_b)
    if relation == "between":
        each = wide_b / (1 + 0.92)
        shrink = min(1.0, 224 / (wide_a + 2 * each + 24))
        tall_a, wide_a, tall_b, each = tall_a * shrink, wide_a * shrink, tall_b * shrink, each * shrink
        x, off = _within(rng, wide_a + 2 * each + 24, Zone(10, 246, 0, 1, 0), 128, 20), wide_a / 2 + each / 2 + 11
        spots = _row(rng, 0, main, x, wide_a, tall_a, y_a, zone_a)
        return spots + [_spot(rng, 1, x + side * off, y_a - 1, tall_b, partner) for side in (-1, 1)]
    if relation in ("left of", "right of", "beside") and main.zone == partner.zone:
        gap = 8.0 if relation == "beside" else float(rng.uniform(20, 44))
        x0, x1 = min(zone_a.x0, zone_b.x0) - _slack(zone_a), max(zone_a.x1, zone_b.x1) + _slack(zone_a)
        shrink = min(1.0, (x1 - x0) / (wide_a + wide_b + gap))
        tall_a, wide_a, tall_b, wide_b, gap = (
            tall_a * shrink,
            wide_a * shrink,
            tall_b * shrink,
            wide_b * shrink,
            gap * shrink,
        )
        centre = _within(rng, wide_a + wide_b + gap, Zone(x0, x1, 0, 1, 0), (x0 + x1) / 2, 30)
        side = {"left of": -1, "right of": 1}.get(relation) or (1 if chance(rng, 0.5) else -1)
        left = centre - (wide_a + wide_b + gap) / 2
        x_a = left + wide_a / 2 if side < 0 else left + wide_b + gap + wide_a / 2
        x_b = left + wide_a + gap + wide_b / 2 if side < 0 else left + wide_b / 2
    elif relation in ("left of", "right of"):  # each in a zone of its own, side by side
        x_a, x_b = _within(rng, wide_a, zone_a, (zone_a.x0 + zone_a.x1) / 2, 20), (zone_b.x0 + zone_b.x1) / 2
    elif relation in ("above", "below"):
        x_a = _within(rng, wide_a, zone_a, 128, 40)
        x_b = _within(rng, wide_b, zone_b, x_a, 26)
    else:  # in front of, behind: off to one side, so that both are seen
        x_a = _within(rng, wide_a, zone_a, 128, 34)
        side = -1 if x_a > 128 else 1
        off = 0.3 * wide_a + 0.36 * wide_b if main.zone == partner.zone else 0.36 * (wide_a + wide_b)
        edge = wide_b * 0.4 - _slack(zone_b)
        x_b = min(max(x_a + side * off, zone_b.x0 + edge), zone_b.x1 - edge)
    if relation in ("left of", "right of", "beside") and main.zone == partner.zone:
        return _row(rng, 0, main, x_a, wide_a, tall_a, y_a, zone_a) + _row(
            rng, 1, partner, x_b, wide_b, tall_b, y_b, zone_b
        )
    first = _row(rng, 0, main, *_fit(x_a, wide_a, tall_a, zone_a), y_a, zone_a)
    return first + _row(rng, 1, partner, *_fit(x_b, wide_b, tall_b, zone_b), y_b, zone_b)


def _narrow(zone: Zone) -> bool:
    return zone.x1 - zone.x0 < 120


def _at_most(thing: Thing, zones: dict[str, Zone], count: int) -> Thing:
    """Fewer of it where its zone is too narrow for a crowd."""
    return replace(thing, count=min(thing.count, count)) if _narrow(zones[thing.zone]) else thing


def _slack(zone: Zone) -> float:
    """How far things may reach over the sides of a zone; a narrow one has real edges."""
    return 4.0 if _narrow(zone) else 16.0


def _within(rng: np.random.Generator, wide: float, zone: Zone, about: float, spread: float) -> float:
    """An x near `about` at which something `wide` stays in a zone as far as it can."""
    low, high = zone.x0 - _slack(zone) + wide / 2, zone.x1 + _slack(zone) - wide / 2
    x = about + float(rng.uniform(-spread, spread))
    return (zone.x0 + zone.x1) / 2 if low > high else min(max(x, low), high)


def _fit(x: float, wide: float, tall: float, zone: Zone) -> tuple[float, float, float]:
    """Shrink a group that is wider than its zone."""
    share = min(1.0, (zone.x1 - zone.x0 + 2 * _slack(zone)) / wide)
    return x, wide * share, tall * share


def _spot(
    rng: np.random.Generator, number: int, x: float, y: float, height: float, thing: Thing, flip: bool = False
) -> Spot:
    turned = flip and KINDS[thing.kind].turns
    return Spot(number, round(x, 2), round(y, 2), round(height, 2), turned, round(float(rng.random()), 3))


def _row(
    rng: np.random.Generator, number: int, thing: Thing, x: float, wide: float, tall: float, y: float, zone: Zone
) -> list[Spot]:
    """A group side by side, a little uneven in depth."""
    flip = chance(rng, 0.5)
    step = wide / (1 + (thing.count - 1) * 0.92) * 0.92
    uneven = (
        0.0
        if thing.count == 1 or thing.zone == "rail"
        else 18.0
        if thing.zone in ("air", "swim")
        else min(9.0, (zone.near - zone.far) * 0.3)
    )
    spots = []
    for i in range(thing.count):
        dy = uneven * ((i * 0.618 + 0.3) % 1.0 - 0.5) * 2
        low, high = (tall + 6, 236.0) if thing.zone in ("air", "swim") else (zone.far, zone.near)
        spots.append(
            _spot(
                rng,
                number,
                x + (i - (thing.count - 1) / 2) * step,
                min(max(y + dy, low), high),
                tall,
                thing,
                flip != chance(rng, 0.2),
            )
        )
    return spots


def _extra(
    rng: np.random.Generator, zones: dict[str, Zone], things: list[Thing], spots: list[Spot], place: str, time: str,
    season: str, weather: str
) -> list[Spot]:  # fmt: skip
    """A supporting thing where there is room for it; appended to `things` if so."""
    zone = _zone(rng, place)
    if zone == "rail":
        return []
    told = _thing(rng, place, time, season, weather, zone, 0.2, avoid=things)
    if told is None:
        return []
    thing = Thing(told.kind, told.colour, "", min(told.count, 3), zone)
    for _ in range(6):
        y = _y(rng, thing, zones[zone], 0.0, 0.7)
        tall = _height(thing, zones[zone], y) * 0.9
        wide = _span(thing, tall)
        x = _within(rng, wide, zones[zone], 128, 110)
        boxes = [(s.x, s.y, KINDS[things[s.thing].kind].width * s.height, s.height) for s in spots]
        if all(abs(x - bx) > (wide + bw) / 2 + 3 or y < by - bh - 4 or y - tall > by + 4 for bx, by, bw, bh in boxes):
            things.append(thing)
            return _row(rng, len(things) - 1, thing, x, wide, tall, y, zones[zone])
    return []
