"""What moves people: on land, on water and through the air. Wheels turn and boats rock with the phase."""

from __future__ import annotations

import math

from ace_core.studio.painter.ink import box, dark, disc, group, halo, mix, oval, pale, path, poly, stroke, turn
from ace_core.studio.painter.kinds import Mood, kind, swing

GLASS, RUBBER, STEEL, HULL_WOOD = "#bfe0ee", "#2c2a33", "#b9bfc9", "#8a5632"
LAMP = "rgb(255,226,140)"


def wheel(x: float, y: float, r: float, p: float, hub: str = STEEL) -> str:
    spokes = (
        "".join(stroke(f"M{x} {y}l{r * 0.5 * math.cos(a):.1f} {r * 0.5 * math.sin(a):.1f}", dark(hub, 0.5), r * 0.16)
        for a in (6.283 * (p + k / 3) for k in range(3)))
    )  # fmt: skip
    return disc(x, y, r, RUBBER) + disc(x, y, r * 0.55, hub) + spokes


def glass(x: float, y: float, w: float, h: float, m: Mood, r: float = 2) -> str:
    fill = LAMP if m.lit else GLASS
    return box(x, y, w, h, fill, r) + (
        ""
        if m.lit
        else poly([(x + w * 0.2, y + h), (x + w * 0.55, y), (x + w * 0.8, y), (x + w * 0.45, y + h)], "#e3f2f7")
    )


def beam(x: float, y: float, m: Mood) -> str:
    """A headlight, shining when lit."""
    return halo(x, y, 26, "rgb(255,232,150)", 0.8) + disc(x, y, 4, LAMP) if m.lit else disc(x, y, 4, "#f6e6a8")


@kind("sailboat", 0.95, 84, "water")
def sailboat(c: str, p: float, m: Mood) -> str:
    hull = "#f7f4ec" if c != "#f7f4ec" else "#2f6fd0"
    return (
        turn(box(-3, 0, 3.4, 84, "#6b4a33") + path("M4 4C22 26 34 50 38 72L4 72z", c)
        + path("M4 4C14 28 18 50 18 72L4 72z", pale(c, 0.25)) + path("M-6 14C-8 40-20 60-36 72L-6 72z", dark(c, 0.14))
        + path("M0 0l14 5l-14 5z", "#e8574a") + path("M-48 78L50 78C46 92 36 100 24 100L-26 100C-38 100-46 90-48 78z",
        hull) + path("M-47 80L49 80L47 86L-45 86z", dark(hull, 0.28)), swing(p, 4), 0, 100)
    )  # fmt: skip


@kind("rowing boat", 2.5, 34, "water")
def rowboat(c: str, p: float, m: Mood) -> str:
    return (
        turn(path("M-118 44C-80 56 80 56 122 38C116 80 92 100 58 100L-56 100C-90 100-112 78-118 44z", c)
        + path("M-118 44C-80 56 80 56 122 38L119 54C80 68-80 68-114 58z", pale(c, 0.45))
        + path("M-110 66C-60 82 60 82 114 66C106 88 88 100 58 100L-56 100C-86 100-104 86-110 66z", dark(c, 0.2))
        + box(-50, 47, 16, 12, HULL_WOOD) + box(30, 47, 16, 12, HULL_WOOD)
        + turn(stroke("M-10 50L70 104", "#d8b27a", 6) + oval(74, 106, 18, 6, "#d8b27a",
        transform="rotate(34 74 106)"), swing(p, 16), -10, 50), swing(p, 3), 0, 100)
    )  # fmt: skip


@kind("fishing boat", 1.35, 70, "water")
def fishing_boat(c: str, p: float, m: Mood) -> str:
    return (
        turn(stroke("M-2 46L-2 2M-2 8L-44 50M-2 8L46 46", "#5b4636", 2.4) + box(-3, 4, 3.4, 50, "#6b4a33")
        + box(-40, 38, 34, 32, "#f4efe2", 2) + box(-44, 33, 42, 7, c, 2) + glass(-35, 45, 10, 10, m)
        + glass(-21, 45, 10, 10, m) + path("M-64 64L22 64C36 62 50 56 68 48C64 78 52 98 40 100L-48 100C-58 94-64"
        " 82-64 64z", c) + path("M-63 74L60 74C57 80 55 84 53 88L-59 88C-61 84-62 80-63 74z", "#f7f4ec")
        + path("M-59 88L53 88C49 95 45 99 40 100L-48 100C-53 97-57 93-59 88z", dark(c, 0.45))
        + (halo(-2, 6, 22, "rgb(255,220,130)", 0.8) + disc(-2, 6, 3.4, LAMP) if m.lit else ""), swing(p, 3), 0, 100)
    )  # fmt: skip


@kind("steamship", 1.8, 70, "water", colours=("red", "black", "blue", "white", "green"))
def steamship(c: str, p: float, m: Mood) -> str:
    puffs = "".join(
        disc(-22 - i * 12 - 6 * p, 16 - i * 7, 6 + i * 2.6, "#e9e6e6", opacity=f"{0.8 - 0.16 * i:.2f}")
        for i in range(4)
    )
    funnel = box(-24, 16, 16, 34, "#e0453a" if c != "#d93a32" else "#f6c92f") + box(-24, 16, 16, 8, "#33323c")
    return (
        puffs + funnel + box(-52, 44, 82, 14, "#f7f4ec", 2) + box(-62, 56, 112, 14, "#ece6d8", 2)
        + box(12, 34, 18, 12, "#f7f4ec", 2) + "".join(glass(-56 + 15 * i, 60, 8, 6, m, 3) for i in range(7))
        + "".join(glass(-46 + 14 * i, 48, 7, 6, m, 1) for i in range(5)) + path("M-82 68L70 68C78 66 84 64 90 60C86"
        " 84 76 98 66 100L-66 100C-76 92-82 82-82 68z", c) + path("M-78 88L80 88C76 95 71 99 66 100L-66 100C-71 97-75"
        " 93-78 88z", dark("#b23a34", 0.2))
    )  # fmt: skip


@kind("canoe", 3.2, 24, "water", colours=("red", "green", "yellow", "brown", "orange", "blue"))
def canoe(c: str, p: float, m: Mood) -> str:
    return (
        turn(path("M-150 22C-140 62-100 62 0 62C100 62 140 62 152 20C160 70 130 100 90 100L-90 100C-130 100-158"
        " 70-150 22z", c) + path("M-150 22C-140 62-100 62 0 62C100 62 140 62 152 20C154 34 154 42 151 52C120 74-120"
        " 74-149 54C-153 42-152 32-150 22z", pale(c, 0.45)) + box(-40, 56, 14, 14, "#6b4a33")
        + box(40, 56, 14, 14, "#6b4a33"), swing(p, 3), 0, 100)
    )  # fmt: skip


@kind("car", 2.0, 42)
def car(c: str, p: float, m: Mood) -> str:
    return (
        path("M-94 84C-98 62-92 52-66 48L-46 16C-42 8-36 6-26 6L18 6C30 6 36 10 42 18L62 46C88 50 96 58 96 84z", c)
        + path("M-56 46L-38 18C-36 14-32 13-26 13L-8 13L-8 46z", LAMP if m.lit else GLASS)
        + path("M0 13L18 13C26 13 30 16 34 22L50 46L0 46z", LAMP if m.lit else GLASS)
        + path("M-96 72L96 72L96 84L-95 84z", dark(c, 0.28)) + box(-20, 54, 13, 4, dark(c, 0.35), 2)
        + box(92, 56, 6, 8, "#e5e1d8", 2) + beam(92, 62, m) + disc(-92, 60, 4, "#c62f2f")
        + disc(-54, 80, 22, dark(c, 0.45)) + disc(56, 80, 22, dark(c, 0.45)) + wheel(-54, 82, 18, p)
        + wheel(56, 82, 18, p)
    )  # fmt: skip


@kind("camper van", 1.6, 54)
def van(c: str, p: float, m: Mood) -> str:
    return (
        path("M-78 88L-78 24C-78 10-70 4-58 4L34 4C52 4 62 14 68 32L76 54C80 64 80 76 78 88z", "#f5f0e2")
        + path("M-78 88L-78 50L40 50C56 50 64 58 77 60C80 70 79 80 78 88z", c)
        + path("M-78 80L79 80L78 88L-78 88z", dark(c, 0.3)) + glass(-70, 18, 26, 24, m, 4)
        + glass(-38, 18, 26, 24, m, 4) + glass(-6, 18, 26, 24, m, 4) + path("M28 18L40 18C48 18 52 24 56 32L60 42L28"
        " 42z", LAMP if m.lit else GLASS) + beam(72, 66, m) + disc(-46, 84, 17, dark(c, 0.5))
        + disc(44, 84, 17, dark(c, 0.5)) + wheel(-46, 86, 14, p) + wheel(44, 86, 14, p)
    )  # fmt: skip


@kind("truck", 1.7, 56)
def truck(c: str, p: float, m: Mood) -> str:
    return (
        box(-84, 8, 106, 72, pale(c, 0.75), 3) + box(-84, 8, 106, 10, c, 3)
        + box(-84, 64, 106, 16, dark(pale(c, 0.7), 0.2)) + path("M26 82L26 30C26 26 28 24 32 24L56 24C62 24 66 28 70"
        " 36L78 54C84 58 86 62 86 82z", c) + path("M40 32L54 32C58 32 60 34 62 38L68 52L40 52z", LAMP if m.lit
        else GLASS) + box(-86, 80, 172, 7, "#3a3942") + beam(84, 68, m) + wheel(-58, 86, 14, p)
        + wheel(-26, 86, 14, p) + wheel(58, 86, 14, p)
    )  # fmt: skip


@kind("bus", 2.0, 62)
def bus(c: str, p: float, m: Mood) -> str:
    return (
        path("M-98 88L-98 14C-98 6-94 2-86 2L84 2C94 2 98 8 99 18L100 88z", c) + box(-98, 56, 198, 7, pale(c, 0.7))
        + box(-98, 78, 198, 10, dark(c, 0.3)) + "".join(glass(-90 + 32 * i, 14, 26, 32, m, 3) for i in range(5))
        + box(70, 14, 22, 62, dark(c, 0.15), 3) + glass(73, 17, 16, 56, m, 2) + beam(95, 72, m)
        + disc(-54, 86, 17, dark(c, 0.5)) + disc(44, 86, 17, dark(c, 0.5)) + wheel(-54, 86, 14, p)
        + wheel(44, 86, 14, p)
    )  # fmt: skip


@kind("train", 2.9, 50, turns=True)
def train(c: str, p: float, m: Mood) -> str:
    steam = "".join(
        disc(98 - i * 20 - 14 * p, -4 - i * 9, 9 + i * 3, "#f1eeee", opacity=f"{0.85 - 0.16 * i:.2f}") for i in range(4)
    )
    return (
        steam + box(-140, 22, 116, 58, c, 4) + box(-144, 16, 124, 9, dark(c, 0.45), 4)
        + "".join(glass(-130 + 26 * i, 34, 18, 20, m, 2) for i in range(4)) + box(-140, 62, 116, 6, "#f2c14b")
        + box(-24, 72, 18, 6, "#3a3942") + box(-8, 12, 46, 68, c, 3) + box(-14, 6, 58, 9, dark(c, 0.45), 3)
        + glass(2, 24, 24, 22, m, 2) + box(36, 36, 84, 40, dark(c, 0.18), 8) + box(54, 36, 5, 40, "#f2c14b")
        + box(88, 36, 5, 40, "#f2c14b") + path("M92 36L95 10L113 10L110 36z", "#33323c")
        + oval(64, 35, 10, 8, "#f2c14b") + box(-140, 76, 264, 8, "#33323c")
        + path("M118 82L136 98L112 98z", "#b23a34") + disc(119, 50, 5, LAMP if m.lit else "#f6e6a8")
        + "".join(wheel(x, 88, 11, p, "#c9453a") for x in (-120, -92, -62, -36)) + wheel(14, 84, 15, p, "#c9453a")
        + wheel(50, 84, 15, p, "#c9453a") + wheel(88, 88, 11, p, "#c9453a")
    )  # fmt: skip


@kind("tram", 2.1, 60, colours=("red", "yellow", "green", "blue", "orange", "white"))
def tram(c: str, p: float, m: Mood) -> str:
    return (
        stroke("M-10 12L10 -8L30 -8", "#4a4650", 2.4) + path("M-100 86L-96 20C-95 12-90 10-82 10L82 10C90 10 95 12 96"
        " 20L100 86z", c) + path("M-97 46L-96 20C-95 12-90 10-82 10L82 10C90 10 95 12 96 20L97 46z", "#f6eedb")
        + box(-88, 8, 176, 8, dark(c, 0.3), 4) + "".join(glass(-88 + 30 * i, 22, 24, 22, m, 3) for i in range(6))
        + box(-60, 20, 22, 62, dark(c, 0.2), 2) + glass(-57, 24, 16, 40, m, 2) + box(38, 20, 22, 62, dark(c, 0.2), 2)
        + glass(41, 24, 16, 40, m, 2) + box(-100, 80, 200, 8, dark(c, 0.5), 2) + beam(97, 68, m)
        + wheel(-62, 90, 9, p) + wheel(-36, 90, 9, p) + wheel(36, 90, 9, p) + wheel(62, 90, 9, p)
    )  # fmt: skip


@kind("tractor", 1.3, 54, colours=("red", "green", "blue", "orange", "yellow"))
def tractor(c: str, p: float, m: Mood) -> str:
    return (
        box(-40, 4, 46, 8, c, 3) + box(-34, 10, 5, 40, dark(c, 0.4)) + box(-4, 10, 5, 40, dark(c, 0.4))
        + glass(-28, 14, 22, 26, m, 1) + box(24, 14, 5, 28, "#4a4650") + box(22, 10, 9, 6, "#4a4650", 2)
        + path("M-46 70L-46 44L2 44L4 40L50 42C56 44 58 52 58 72L0 74z", c) + box(30, 50, 20, 3, dark(c, 0.4))
        + box(30, 57, 20, 3, dark(c, 0.4)) + box(-46, 66, 100, 7, dark(c, 0.4)) + beam(56, 52, m)
        + disc(-26, 70, 32, dark(c, 0.35)) + wheel(-26, 72, 28, p, "#f2c14b") + wheel(42, 84, 16, p, "#f2c14b")
    )  # fmt: skip


@kind("bicycle", 1.55, 46, colours=("red", "yellow", "green", "blue", "teal", "pink", "black", "orange"))
def bicycle(c: str, p: float, m: Mood) -> str:
    def rim(x: float) -> str:
        spokes = "".join(
            f"M{x} 72l{26 * math.cos(a):.1f} {26 * math.sin(a):.1f}" for a in (6.283 * (p + k / 6) for k in range(6))
        )
        return (
            stroke(spokes, "#c9ccd4", 1.2)
            + disc(x, 72, 26, "none", stroke=RUBBER, stroke_width=5)
            + disc(x, 72, 4, STEEL)
        )

    return (
        rim(-46) + rim(48) + stroke("M-46 72L-20 34L30 34L0 72L-46 72M-24 26L0 72M30 34L48 72M30 34L26 18", c, 6)
        + stroke("M24 18L40 14", "#3a3942", 5) + path("M-38 22C-34 16-18 18-10 22C-18 28-32 28-38 22z", "#3a3942")
        + disc(0, 72, 7, "#3a3942") + box(36, 20, 24, 18, "#c99a5b", 3) + stroke("M36 26h24M36 32h24", "#8a5632", 1.4)
    )  # fmt: skip


@kind("scooter", 1.25, 44)
def scooter(c: str, p: float, m: Mood) -> str:
    return (
        path("M-52 70C-56 44-34 36-8 40L2 62L24 64L30 20L40 18L48 62C50 76 40 80 30 80L-44 82C-50 80-52 76-52 70z", c)
        + path("M-46 40C-38 28-8 30 0 36L-4 44L-44 46z", "#4a3226")
        + stroke("M34 22L22 10M34 22L38 8", "#4a4650", 4.4) + disc(40, 22, 6, LAMP if m.lit else "#f6e6a8")
        + path("M-48 62C-30 56-14 60-8 74L-46 76z", pale(c, 0.4)) + wheel(-34, 84, 15, p) + wheel(46, 84, 15, p)
    )  # fmt: skip


@kind("hot-air balloon", 0.75, 78, "air", turns=False)
def balloon(c: str, p: float, m: Mood) -> str:
    b = pale(c, 0.72) if c != "#f7f4ec" else "#e0564c"
    shape = "M0 0C30 0 38 24 36 38C34 54 20 66 10 76L-10 76C-20 66-34 54-36 38C-38 24-30 0 0 0z"
    stripe = "M0 0C10 4 16 24 15 38C14 54 8 66 4 76L-4 76C-8 66-14 54-15 38C-16 24-10 4 0 0z"
    side = "M0 0C22 2 30 24 28 40C26 54 14 66 7 76L4 76C8 66 14 54 15 38C16 24 10 4 0 0z"
    fire = halo(0, 80, 14, "rgb(255,205,110)", 0.9) if m.lit else ""
    return (
        path(shape, c) + path(side, b) + group(path(side, b), "scale(-1 1)") + path(stripe, c)
        + path("M0 0C30 0 38 24 36 38C34 54 20 66 10 76L4 76C22 60 30 30 0 0z", dark(c, 0.5), opacity="0.22") + fire
        + stroke("M-9 76L-6 88M9 76L6 88", "#5b4636", 1.2) + box(-7, 87, 14, 13, "#a8713c", 2)
        + box(-8, 86, 16, 3, "#8a5632", 1)
    )  # fmt: skip


@kind("airplane", 2.3, 32, "air", colours=("red", "white", "blue", "yellow", "orange", "green"))
def airplane(c: str, p: float, m: Mood) -> str:
    d = dark(c, 0.3)
    return (
        path("M-100 12L-78 12L-56 48L-88 48z", d) + path("M-106 46C-60 28 40 26 78 36C104 42 112 52 108 58C90 74-40"
        " 74-76 66C-96 62-104 54-106 46z", c) + path("M-98 58C-40 66 60 68 108 56C90 74-40 74-76 66C-86 64-94 62-98"
        " 58z", "#f7f4ec" if c != "#f7f4ec" else "#2f6fd0")
        + path("M30 34C40 20 56 20 70 34z", LAMP if m.lit else GLASS) + path("M-10 54L34 54L4 92L-24 92z", d)
        + oval(112, 54, 2.4, 20 - 12 * abs(swing(p, 1)), "#4a4650", opacity="0.7") + disc(111, 54, 5, "#f2c14b")
    )  # fmt: skip


@kind("helicopter", 2.0, 40, "air", colours=("red", "yellow", "blue", "white", "orange"))
def helicopter(c: str, p: float, m: Mood) -> str:
    span = 78 * (1 - 0.75 * abs(swing(p, 1)))
    return (
        stroke(f"M{20 - span:.1f} 8L{20 + span:.1f} 8", "#4a4650", 4) + box(17, 8, 6, 18, "#4a4650")
        + path("M-10 36L-92 44L-96 52L-10 66z", c) + path("M-98 22L-84 24L-82 48L-96 50z", dark(c, 0.3))
        + oval(-92, 36, 12, 12, "#cfd6dd", opacity="0.4") + path("M-22 40C-10 20 40 18 58 32C74 44 78 66 60 76C36"
        " 84-8 82-18 70C-24 60-26 50-22 40z", c) + path("M28 26C48 24 70 38 70 58L30 58z", LAMP if m.lit else GLASS)
        + path("M-20 64C10 70 50 70 69 64C68 70 66 73 60 76C36 84-8 82-18 70z", dark(c, 0.3))
        + stroke("M-20 94L64 94M-2 80L-6 94M44 80L48 94", "#4a4650", 4)
    )  # fmt: skip


@kind("submarine", 2.0, 50, "swim", colours=("yellow", "red", "green", "blue", "orange"))
def submarine(c: str, p: float, m: Mood) -> str:
    ports = "".join(disc(x, 62, 10, dark(c, 0.4)) + disc(x, 62, 7, "rgb(255,232,150)") for x in (-30, 4, 38))
    return (
        path("M-18 36L-12 12L22 12L28 36z", dark(c, 0.12)) + stroke("M6 12L6 2L18 2", "#4a4650", 4)
        + path("M-88 40L-70 56L-70 70L-88 86z", dark(c, 0.4)) + oval(-92, 63, 4, 16 - 9 * abs(swing(p, 1)), "#d9c38a")
        + path("M-78 62C-76 36-40 32 4 32C54 32 86 42 90 64C86 86 54 96 4 96C-40 96-76 88-78 62z", c)
        + path("M-76 70C-40 82 50 82 89 68C86 86 54 96 4 96C-36 96-70 90-76 70z", dark(c, 0.22)) + ports
        + halo(92, 64, 28, "rgb(255,240,170)", 0.6)
    )  # fmt: skip


@kind("sled", 1.9, 26, colours=("red", "green", "blue", "orange"))
def sled(c: str, p: float, m: Mood) -> str:
    return (
        stroke("M-80 92L60 92C84 92 88 70 74 62", "#6b4a33", 7) + stroke("M-52 90L-52 66M30 90L30 66", "#6b4a33", 6)
        + box(-76, 54, 132, 14, c, 4) + path("M-60 54C-58 26-26 22-20 54zM-22 54C-14 34 16 34 20 54z",
        mix(c, "#c89a5b", 0.7))
    )  # fmt: skip
