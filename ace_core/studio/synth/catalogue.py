"""Every source by name: how to make it, how long it takes, how often and how densely it may be repeated.

Kinds: a `bed` lies under the whole sound; a `hit` is one stroke or call that may be repeated and counted; a `lasting`
sound goes on for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ace_core.studio.synth import animals, machines, music, nature, things
from ace_core.studio.synth.core import Signal

Kind = Literal["bed", "hit", "lasting"]


@dataclass(frozen=True)
class Source:
    """`seconds`: of one hit (upper bound), or of a lasting sound at least; `gap`: between the starts of two hits."""

    make: Callable[..., Signal]
    kind: Kind
    seconds: float = 0.0
    gap: float = 0.0
    most: int = 1
    paced: bool = False
    loud: float = 0.0  # dB beside the others
    still: bool = False  # does not carry: never far away
    changeable: bool = True  # a bed that may fade in or out and be known by it


def _bed(make: Callable[..., Any], loud: float = 0.0, changeable: bool = True) -> Source:
    return Source(make, "bed", loud=loud, changeable=changeable)


def _hit(
    make: Callable[..., Any], seconds: float, gap: float, most: int = 3, loud: float = 0.0, still: bool = False
) -> Source:
    return Source(make, "hit", seconds, gap, most, loud=loud, still=still)


def _lasting(
    make: Callable[..., Any], seconds: float, paced: bool = False, loud: float = 0.0, still: bool = False
) -> Source:
    return Source(make, "lasting", seconds, paced=paced, loud=loud, still=still)


SOURCES: dict[str, Source] = {
    # beds
    "light rain": _bed(nature.light_rain),
    "heavy rain": _bed(nature.heavy_rain, 3),
    "rain on a tin roof": _bed(nature.rain_on_tin_roof, 1),
    "hail": _bed(nature.hail, 1),
    "wind": _bed(nature.wind),
    "storm wind": _bed(nature.storm_wind, 3),
    "rustling leaves": _bed(nature.leaves),
    "sea waves": _bed(nature.sea_waves, 2, changeable=False),
    "stream": _bed(nature.stream),
    "waterfall": _bed(nature.waterfall, 3),
    "underwater": _bed(nature.underwater, changeable=False),
    "dripping cave": _bed(nature.echoing_cave, 0, changeable=False),
    "fire": _bed(nature.fire),
    "boiling pot": _bed(nature.bubbling, -1),
    "crickets": _bed(animals.crickets),
    "cicadas": _bed(animals.cicadas),
    "bees": _bed(animals.bees),
    "dawn birds": _bed(animals.dawn_chorus),
    "frog pond": _bed(animals.frog_pond),
    "city traffic": _bed(machines.city_hum, 0, changeable=False),
    "crowd": _bed(things.crowd_murmur),
    "applause": _bed(things.applause, 2),
    "engine room": _bed(machines.engine_room, 2),
    "fan hum": _bed(machines.fan_hum, -2),
    "train ride": _bed(machines.train_ride, 1, changeable=False),
    "plane cabin": _bed(machines.plane_cabin, changeable=False),
    "washing machine": _bed(machines.washing_machine, 0, changeable=False),
    "radio static": _bed(machines.radio_static),
    "vinyl crackle": _bed(nature.vinyl_crackle, -2, changeable=False),
    # weather, water, sky
    "thunder": _hit(nature.thunder, 2.6, 2.2, 2, 4),
    "water drop": _hit(nature.water_drop, 0.6, 0.55, 4, -2, still=True),
    "splash": _hit(nature.splash, 0.95, 1.0, 3, 0),
    "whoosh": _hit(nature.whoosh, 0.5, 0.6, 3, 0, still=True),
    "firework": _hit(nature.firework, 2.2, 2.0, 2, 3),
    "pouring water": _lasting(nature.pouring, 1.6, still=True),
    # animals
    "dog bark": _hit(animals.dog_bark, 0.35, 0.42, 4, 2),
    "small dog": _hit(animals.small_dog_yap, 0.25, 0.34, 4, 1),
    "cat": _hit(animals.cat_meow, 0.85, 1.05, 3),
    "wolf": _hit(animals.wolf_howl, 2.5, 2.3, 2, 1),
    "cow": _hit(animals.cow_moo, 1.5, 1.7, 2, 1),
    "sheep": _hit(animals.sheep_bleat, 0.95, 1.1, 3),
    "pig": _hit(animals.pig_grunt, 0.35, 0.5, 4, 0, still=True),
    "horse neigh": _hit(animals.horse_neigh, 1.7, 1.9, 2, 1),
    "donkey": _hit(animals.donkey_bray, 1.6, 1.9, 2, 1),
    "frog": _hit(animals.frog_croak, 0.4, 0.6, 4),
    "duck": _hit(animals.duck_quack, 0.27, 0.38, 4),
    "goose": _hit(animals.goose_honk, 0.42, 0.58, 3, 1),
    "rooster": _hit(animals.rooster_crow, 1.6, 1.8, 2, 1),
    "hen": _hit(animals.hen_cluck, 0.55, 0.75, 3, -1, still=True),
    "crow": _hit(animals.crow_caw, 0.42, 0.6, 4, 1),
    "seagull": _hit(animals.seagull_cry, 0.9, 0.85, 3, 1),
    "songbird": _hit(animals.songbird_chirp, 0.75, 0.95, 3, -1),
    "owl": _hit(animals.owl_hoot, 1.8, 1.9, 2),
    "cuckoo": _hit(animals.cuckoo_call, 0.9, 1.0, 3),
    "woodpecker": _hit(animals.woodpecker, 1.0, 1.2, 2),
    "fly": _lasting(animals.fly_buzz, 1.8, still=True, loud=-2),
    # bells, chimes, doors
    "church bell": _hit(things.church_bell, 2.2, 1.15, 4, 2),
    "hand bell": _hit(things.small_bell, 0.9, 0.6, 4),
    "bicycle bell": _hit(things.bicycle_bell, 0.75, 0.75, 3),
    "door bell": _hit(things.door_bell, 1.35, 1.4, 2, 0, still=True),
    "gong": _hit(things.gong, 2.4, 1.6, 2, 2),
    "triangle": _hit(things.triangle, 1.1, 0.7, 4, -1, still=True),
    "wind chimes": _lasting(things.wind_chimes, 1.9),
    "knock": _hit(things.knock, 0.3, 0.34, 5, 1),
    "door creak": _lasting(things.door_creak, 1.1, still=True),
    "door slam": _hit(things.door_slam, 0.8, 0.95, 2, 2),
    # tools, things
    "hammer": _hit(things.hammer, 0.3, 0.45, 5, 1),
    "anvil": _hit(things.anvil, 0.9, 0.65, 4, 1),
    "axe": _hit(things.axe_chop, 0.35, 0.7, 4, 1),
    "glass clink": _hit(things.glass_clink, 0.5, 0.5, 3, 0, still=True),
    "breaking glass": _hit(things.glass_breaking, 1.2, 1.4, 1, 2),
    "coins": _hit(things.coins, 0.7, 0.9, 2, -1, still=True),
    "keys": _lasting(things.keys_jingle, 1.3, still=True, loud=-1),
    "camera": _hit(things.camera_shutter, 0.22, 0.5, 4, -1, still=True),
    "tearing paper": _hit(things.paper_tear, 0.7, 0.9, 3, -1, still=True),
    "zipper": _hit(things.zipper, 0.65, 0.85, 2, -1, still=True),
    "hand clap": _hit(things.hand_clap, 0.27, 0.36, 5, 1),
    "whistling person": _hit(things.whistle, 0.85, 1.0, 3),
    "referee whistle": _hit(things.referee_whistle, 0.65, 0.8, 3, 1),
    "steps on gravel": _lasting(things.steps_on_gravel, 1.8, True),
    "steps on wood": _lasting(things.steps_on_wood, 1.8, True),
    "steps in snow": _lasting(things.steps_in_snow, 1.8, True),
    "steps in puddles": _lasting(things.steps_in_puddles, 1.8, True),
    "high heels": _lasting(things.high_heels, 1.8, True),
    "galloping horse": _lasting(things.horse_gallop, 1.7, True, loud=1),
    "walking horse": _lasting(things.horse_walk, 1.7, True),
    "clock": _lasting(things.clock_ticking, 1.8, True, still=True, loud=-1),
    "typewriter": _lasting(things.typewriter, 1.8, True, still=True),
    "keyboard": _lasting(things.keyboard, 1.6, True, still=True, loud=-2),
    "saw": _lasting(things.hand_saw, 1.7, True),
    "broom": _lasting(things.sweeping, 1.8, True, still=True),
    "rocking chair": _lasting(things.rocking_chair, 1.9, True, still=True),
    "bouncing ball": _lasting(things.bouncing_ball, 2.0),
    "heartbeat": _lasting(things.heartbeat, 2.0, True, still=True),
    # machines, signals
    "passing car": _lasting(machines.car_passing, 2.2, loud=1),
    "motorbike": _lasting(machines.motorbike, 2.2, loud=2),
    "tractor": _lasting(machines.tractor, 1.9, loud=1),
    "lawn mower": _lasting(machines.lawn_mower, 1.8, loud=1),
    "chainsaw": _lasting(machines.chainsaw, 1.6, loud=1),
    "helicopter": _lasting(machines.helicopter, 2.1, loud=1),
    "propeller plane": _lasting(machines.propeller_plane, 2.4, loud=1),
    "jet plane": _lasting(machines.jet_plane, 2.4, loud=2),
    "steam train": _lasting(machines.steam_train, 1.9, True, loud=1),
    "train wheels": _lasting(machines.train_wheels, 2.0, True, loud=1),
    "siren": _lasting(machines.siren, 2.2, loud=1),
    "two-tone siren": _lasting(machines.two_tone_siren, 2.0, loud=1),
    "kettle": _lasting(machines.kettle, 1.9, still=True),
    "car horn": _hit(machines.car_horn, 0.5, 0.65, 4, 2),
    "bulb horn": _hit(machines.bulb_horn, 0.5, 0.7, 3, 1),
    "train horn": _hit(machines.train_horn, 2.0, 1.8, 2, 2),
    "fog horn": _hit(machines.fog_horn, 2.4, 2.3, 2, 2),
    "steam whistle": _hit(machines.steam_whistle, 1.8, 1.6, 2, 1),
    "telephone": _hit(machines.phone_ring, 1.15, 1.25, 3, 0, still=True),
    "mobile phone": _hit(machines.phone_melody, 0.85, 1.1, 2, 0, still=True),
    "alarm clock": _hit(machines.alarm_beep, 0.5, 0.85, 3, 0, still=True),
    "reversing truck": _hit(machines.truck_reversing, 0.42, 0.8, 4),
    "sonar": _hit(machines.sonar_ping, 1.4, 1.2, 3),
    "laser": _hit(machines.laser_zap, 0.36, 0.45, 4, 0, still=True),
    # drums
    "rock drums": _lasting(music.rock_drums, 2.2, True, loud=1),
    "march drums": _lasting(music.march_drums, 2.2, True),
    "hand drums": _lasting(music.tribal_drums, 2.2, True),
    "drum roll": _lasting(music.drum_roll, 2.0),
    "cymbal": _hit(music.cymbal, 1.2, 1.0, 2, 1, still=True),
    "bass drum": _hit(music.bass_drum, 0.9, 0.7, 4, 2),
    "tambourine": _hit(music.tambourine, 0.35, 0.42, 4, 0, still=True),
}

# Where things belong together: place -> (beds, events). What is heard tells the place; it is not a fact of its own.
PLACES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "farm": (
        ("wind", "light rain", "bees", "dawn birds", "hail"),
        (
            "cow",
            "sheep",
            "pig",
            "rooster",
            "hen",
            "donkey",
            "horse neigh",
            "walking horse",
            "goose",
            "duck",
            "tractor",
            "dog bark",
            "axe",
            "door creak",
            "fly",
            "steps on gravel",
        ),
    ),
    "forest": (
        ("rustling leaves", "stream", "waterfall", "dawn birds", "light rain", "wind", "cicadas"),
        (
            "woodpecker",
            "cuckoo",
            "songbird",
            "owl",
            "axe",
            "chainsaw",
            "crow",
            "steps on gravel",
            "thunder",
            "saw",
            "small dog",
        ),
    ),
    "night": (
        ("crickets", "fire", "wind", "frog pond", "storm wind"),
        (
            "owl",
            "wolf",
            "frog",
            "church bell",
            "galloping horse",
            "thunder",
            "dog bark",
            "door creak",
            "clock",
            "cat",
            "train horn",
            "firework",
        ),
    ),
    "shore": (
        ("sea waves", "wind", "storm wind", "underwater"),
        (
            "seagull",
            "fog horn",
            "hand bell",
            "splash",
            "helicopter",
            "propeller plane",
            "wind chimes",
            "sonar",
            "steam whistle",
            "goose",
        ),
    ),
    "street": (
        ("city traffic", "light rain", "heavy rain", "crowd"),
        (
            "car horn",
            "passing car",
            "motorbike",
            "siren",
            "two-tone siren",
            "bicycle bell",
            "high heels",
            "church bell",
            "reversing truck",
            "bulb horn",
            "steps in puddles",
            "jet plane",
            "whistling person",
            "small dog",
            "helicopter",
            "walking horse",
        ),
    ),
    "house": (
        ("fan hum", "fire", "rain on a tin roof", "washing machine", "boiling pot", "vinyl crackle", "radio static"),
        (
            "door bell",
            "knock",
            "telephone",
            "clock",
            "kettle",
            "glass clink",
            "breaking glass",
            "door creak",
            "door slam",
            "cat",
            "pouring water",
            "water drop",
            "steps on wood",
            "rocking chair",
            "broom",
            "keys",
            "fly",
            "alarm clock",
            "mobile phone",
            "zipper",
            "tearing paper",
        ),
    ),
    "office": (
        ("fan hum", "crowd", "city traffic"),
        (
            "typewriter",
            "keyboard",
            "telephone",
            "mobile phone",
            "camera",
            "tearing paper",
            "coins",
            "high heels",
            "door slam",
            "knock",
            "keys",
            "clock",
        ),
    ),
    "workshop": (
        ("engine room", "fire", "radio static"),
        (
            "hammer",
            "anvil",
            "saw",
            "chainsaw",
            "steam whistle",
            "reversing truck",
            "whoosh",
            "hand bell",
            "bouncing ball",
        ),
    ),
    "railway": (
        ("train ride", "crowd", "wind", "light rain"),
        (
            "train horn",
            "steam train",
            "train wheels",
            "steam whistle",
            "hand bell",
            "referee whistle",
            "steps on wood",
            "coins",
            "mobile phone",
        ),
    ),
    "storm": (
        ("heavy rain", "storm wind", "hail", "rain on a tin roof", "light rain"),
        (
            "thunder",
            "church bell",
            "door slam",
            "breaking glass",
            "galloping horse",
            "dog bark",
            "wolf",
            "siren",
            "steps in puddles",
            "fog horn",
        ),
    ),
    "winter": (
        ("wind", "storm wind", "fire"),
        ("steps in snow", "hand bell", "horse neigh", "galloping horse", "crow", "axe", "wolf", "church bell"),
    ),
    "stage": (
        ("applause", "crowd", "vinyl crackle"),
        (
            "rock drums",
            "march drums",
            "hand drums",
            "drum roll",
            "cymbal",
            "bass drum",
            "tambourine",
            "gong",
            "triangle",
            "hand clap",
            "camera",
            "glass clink",
        ),
    ),
    "playing field": (
        ("applause", "crowd", "wind", "dawn birds"),
        (
            "referee whistle",
            "bouncing ball",
            "hand clap",
            "lawn mower",
            "whistling person",
            "splash",
            "bass drum",
            "bicycle bell",
            "firework",
        ),
    ),
    "garden": (
        ("bees", "dawn birds", "stream", "cicadas", "rustling leaves", "frog pond"),
        (
            "lawn mower",
            "wind chimes",
            "songbird",
            "frog",
            "duck",
            "splash",
            "broom",
            "cuckoo",
            "fly",
            "cat",
            "propeller plane",
        ),
    ),
    "strange": (
        ("underwater", "dripping cave", "radio static", "engine room", "plane cabin"),
        (
            "sonar",
            "laser",
            "heartbeat",
            "gong",
            "water drop",
            "whoosh",
            "alarm clock",
            "door creak",
            "steps on wood",
            "pouring water",
        ),
    ),
}
