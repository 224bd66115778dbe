"""Trees, flowers and what the ground grows; leaves follow the season and crowns sway with the phase."""

from __future__ import annotations

from ace_core.studio.painter.ink import box, dark, disc, group, mix, oval, pale, path, poly, stroke, turn
from ace_core.studio.painter.kinds import Mood, kind, swing

TRUNK, SNOW = "#7a5236", "#f4f7fc"
AUTUMN = ("red", "orange", "yellow")


@kind("pine tree", 0.62, 96, colours=("green", "teal"))
def pine(c: str, p: float, m: Mood) -> str:
    c = mix(c, "#1f5a4c", 0.5)
    tiers = ((62, 92, 31), (38, 70, 25), (14, 48, 19), (-4, 26, 12))
    crown = (
        "".join(path(f"M0 {top}C{w * 0.3:.0f} {bottom - 16} {w * 0.7:.0f} {bottom - 5} {w} {bottom}C{w * 0.5:.0f} "
        f"{bottom + 4}-{w * 0.5:.0f} {bottom + 4}-{w} {bottom}C-{w * 0.7:.0f} {bottom - 5}-{w * 0.3:.0f} "
        f"{bottom - 16} 0 {top}z", mix(c, "#0f3a3a", 0.3 - 0.1 * i)) + path(f"M0 {top}C-{w * 0.3:.0f} {bottom - 16}-"
        f"{w * 0.7:.0f} {bottom - 5}-{w} {bottom}C-{w * 0.6:.0f} {bottom + 3} -{w * 0.3:.0f} {bottom + 2} -"
        f"{w * 0.2:.0f} {bottom}C-{w * 0.2:.0f} {bottom - 14} -2 {bottom - 20} 0 {top}z", SNOW if m.season == "winter"
        else pale(c, 0.14)) for i, (top, bottom, w) in enumerate(tiers))
    )  # fmt: skip
    return box(-4, 86, 8, 14, TRUNK) + turn(crown, swing(p, 1.6), 0, 100)


def _crown(c: str, blobs: tuple[tuple[float, float, float], ...]) -> str:
    low = "".join(disc(x, y, r, dark(c, 0.2)) for x, y, r in blobs)
    mid = "".join(disc(x - r * 0.1, y - r * 0.12, r * 0.84, c) for x, y, r in blobs)
    top = "".join(disc(x - r * 0.26, y - r * 0.3, r * 0.44, pale(c, 0.22)) for x, y, r in blobs)
    return low + mid + top


def _bare() -> str:
    return (
        path("M-6 100C-3 80-4 66-4 56L4 56C4 66 3 80 7 100z", TRUNK) + stroke("M0 70L-22 38M-11 54L-28 50M0 60L20 30"
        "M10 46L28 40M0 60L-2 16M-1 34L-14 18M0 40L12 16M-22 38L-26 24M20 30L20 16", TRUNK, 3.4)
        + stroke("M-21 36L-27 23M20 28L21 15M-2 16L-2 24", SNOW, 1.4)
    )  # fmt: skip


@kind("oak tree", 0.85, 94, colours=("green",))
def oak(c: str, p: float, m: Mood) -> str:
    if m.season == "winter" and c == "#3f9d4f":
        return _bare()
    blobs = ((-24, 46, 18), (24, 46, 18), (0, 50, 20), (-15, 26, 19), (16, 26, 18), (0, 14, 15), (0, 36, 20))
    return (
        path("M-7 100C-3 84-4 74-6 60L6 60C4 74 3 84 8 100z", TRUNK) + stroke("M0 72L14 54M0 76L-13 58", TRUNK, 4)
        + turn(_crown(c, blobs), swing(p, 2), 0, 100)
    )  # fmt: skip


@kind("autumn tree", 0.85, 94, colours=AUTUMN)
def autumn(c: str, p: float, m: Mood) -> str:
    fallen = "".join(oval(x, 99, 3, 1.3, c) for x in (-26, -17, 14, 22, 31))
    return oak(c, p, m) + fallen


@kind("blossom tree", 0.95, 84, colours=("pink", "white"))
def blossom(c: str, p: float, m: Mood) -> str:
    blobs = ((-30, 44, 15), (30, 42, 16), (-14, 30, 18), (14, 26, 18), (0, 44, 17), (0, 14, 13))
    petals = "".join(
        disc(x, y, 1.8, pale(c, 0.6))
        for x, y in (
            (-26, 40),
            (-8, 22),
            (12, 16),
            (26, 34),
            (6, 40),
            (-14, 48),
            (34, 50),
            (-30, 70),
            (24, 78),
            (-10, 92),
            (16, 97),
            (-24, 98),
        )
    )
    return (
        path("M-6 100C-4 84 2 76-4 58L4 56C8 72 4 84 8 100z", "#5e4038")
        + stroke("M0 66L-20 44M2 62L22 40", "#5e4038", 4) + turn(_crown(c, blobs), swing(p, 2), 0, 100) + petals
    )  # fmt: skip


@kind("birch tree", 0.55, 96, colours=("green", "yellow"))
def birch(c: str, p: float, m: Mood) -> str:
    trunk = path("M-4 100C-3 60-2 40-1 14L2 14C3 40 3 60 4 100z", "#efece4") + "".join(
        stroke(f"M{x} {y}h4", "#4a4650", 1.5) for x, y in ((-3, 92), (0, 84), (-3, 76), (-1, 66), (-2, 56))
    )
    if m.season == "winter":
        return trunk + stroke("M0 50L-14 32M0 44L14 26M0 34L-10 16M1 30L10 12", "#c9c4ba", 2)
    blobs = ((-12, 40, 12), (12, 38, 12), (-6, 22, 13), (8, 22, 12), (0, 10, 10), (0, 46, 12))
    return trunk + turn(_crown(mix(c, "#a9c24f", 0.35), blobs), swing(p, 2.5), 0, 100)


@kind("poplar", 0.34, 104, colours=("green", "yellow"))
def poplar(c: str, p: float, m: Mood) -> str:
    return (
        box(-3, 84, 6, 16, TRUNK) + turn(path("M0 0C18 24 20 60 12 84C6 94-6 94-12 84C-20 60-18 24 0 0z", c)
        + path("M2 2C18 24 20 60 12 84C8 90 4 92 0 92C10 62 10 28 2 2z", dark(c, 0.22)), swing(p, 2), 0, 100)
    )  # fmt: skip


@kind("willow", 1.05, 84, colours=("green", "yellow"))
def willow(c: str, p: float, m: Mood) -> str:
    c = mix(c, "#9dbb5a", 0.45)
    strands = (
        "".join(path(f"M{x * 0.5:.0f} 18C{x} 22 {x * 1.2 + s:.1f} 54 {x * 1.14 + s:.1f} {90 - abs(x) * 0.12:.0f}C"
        f"{x * 0.94:.0f} 64 {x * 0.7:.0f} 40 {x * 0.36:.0f} 30z", dark(c, 0.05 + 0.07 * (i % 3))) for i,
        (x, s) in enumerate((v, swing(p, 3, 0.1 * k)) for k, v in enumerate((-44, -32, -20, -8, 8, 20, 32, 44))))
    )  # fmt: skip
    return (
        path("M-8 100C-3 76-5 56-4 36L5 36C5 56 4 78 10 100z", TRUNK) + strands + path("M-38 30C-36 6-14 0 0 0C14 0"
        " 36 6 38 30C24 24 12 36 0 30C-12 36-24 24-38 30z", c)
        + path("M-28 18C-22 6-8 3 0 3C-8 9-14 16-18 22z", pale(c, 0.25))
    )  # fmt: skip


@kind("palm tree", 0.85, 98, colours=("green", "teal"))
def palm(c: str, p: float, m: Mood) -> str:
    leaf = "M0 0C10-14 30-14 44 6C32-2 22-3 14 0C26 4 32 12 34 24C24 12 12 6 0 4z"
    crown = (
        "".join(group(path(leaf, k), f"translate(8 22) scale({sx} 1) rotate({a + swing(p, 4, 0.1 * i):.1f})") for i,
        (a, sx, k) in enumerate(((-58, 1, dark(c, 0.25)), (-50, -1, dark(c, 0.25)), (-24, 1, c), (-18, -1, c),
        (14, 1, dark(c, 0.12)), (20, -1, pale(c, 0.12)))))
    )  # fmt: skip
    return (
        path("M-9 100C-6 74-2 44 5 22L11 22C8 46 4 74 6 100z", "#a8794c") + "".join(stroke(f"M{-7 + i * 1.9:.1f} "
        f"{92 - i * 13}q6 3 10 0", "#7d5636", 1.6) for i in range(6)) + disc(5, 26, 4, "#7d5030")
        + disc(12, 27, 4, "#8a5a36") + crown
    )  # fmt: skip


@kind("cactus", 0.6, 68, colours=("green", "teal"))
def cactus(c: str, p: float, m: Mood) -> str:
    c = mix(c, "#4f8f5a", 0.3)
    arms = stroke("M0 66H-22V40M0 54H22V26", c, 13)
    return (
        arms + path("M-10 100V16C-10-4 10-4 10 16V100z", c) + path("M3 3C8 5 10 9 10 16V100H3z", dark(c, 0.22))
        + stroke("M-5 14V98M0 8V98M-22 44V58M22 30V50", pale(c, 0.3), 1.2) + disc(-22, 32, 4, "#f08bb0")
        + disc(0, 1, 4.6, "#f08bb0") + disc(22, 18, 4, "#f08bb0")
    )  # fmt: skip


@kind("bush", 1.5, 30, colours=("green",))
def bush(c: str, p: float, m: Mood) -> str:
    return _crown(
        SNOW if m.season == "winter" else c, ((-46, 74, 26), (46, 74, 26), (-18, 52, 32), (22, 50, 34), (0, 74, 28))
    )


def _stems(xs: tuple[float, ...], tops: tuple[float, ...], width: float = 4) -> str:
    return "".join(
        stroke(f"M{x * 0.5:.0f} 100Q{x * 0.6:.0f} {y + 34} {x} {y}", "#4c8a4a", width)
        for x, y in zip(xs, tops, strict=True)
    )


@kind("tulips", 1.05, 32, colours=("red", "yellow", "pink", "purple", "orange", "white"))
def tulips(c: str, p: float, m: Mood) -> str:
    xs, ys = (-40, -20, 0, 22, 42), (34, 20, 28, 16, 32)
    heads = (
        "".join(path(f"M{x - 11} {y - 14}C{x - 14} {y + 14} {x + 14} {y + 14} {x + 11} {y - 14}L{x + 5} {y - 4}L{x} "
        f"{y - 17}L{x - 5} {y - 4}z", c if i % 2 else dark(c, 0.12)) for i,
        (x, y) in enumerate(zip(xs, ys, strict=True)))
    )  # fmt: skip
    return turn(
        _stems(xs, ys)
        + path(
            "M-16 100C-30 80-34 66-40 60C-24 66-12 80-8 100zM12 100C20 80 30 72 38 66C34 80 26 92 20 100z", "#5fa052"
        )
        + heads,
        swing(p, 3),
        0,
        100,
    )


@kind("daisies", 1.1, 28, colours=("white", "yellow", "pink", "blue"))
def daisies(c: str, p: float, m: Mood) -> str:
    xs, ys = (-42, -18, 4, 26, 46), (40, 20, 44, 18, 38)
    centre = "#f2b53c" if c != "#f6c92f" else "#8a5632"
    heads = "".join(
        group(
            "".join(turn(oval(0, -10, 4.6, 9, c), 45 * k, 0, 0) for k in range(8)) + disc(0, 0, 5.5, centre),
            f"translate({x} {y})",
        )
        for x, y in zip(xs, ys, strict=True)
    )
    return turn(_stems(xs, ys, 3.4) + heads, swing(p, 3), 0, 100)


@kind("sunflower", 0.62, 62, colours=("yellow", "orange"))
def sunflower(c: str, p: float, m: Mood) -> str:
    petals = "".join(turn(oval(0, 4, 5.6, 12, c if k % 2 else dark(c, 0.14)), 360 / 14 * k, 0, 28) for k in range(14))
    return (
        turn(stroke("M0 100C2 80-2 60 0 30", "#4c8a4a", 5) + path("M0 78C-10 60-26 60-32 66C-24 78-10 82 0 78zM1 68"
        "C10 52 24 52 30 58C22 70 10 72 1 68z", "#5fa052") + petals + disc(0, 28, 14, "#6b4226")
        + disc(-2, 26, 8, "#8a5a30"), swing(p, 3), 0, 100)
    )  # fmt: skip


@kind("lavender", 1.3, 30, colours=("purple",))
def lavender(c: str, p: float, m: Mood) -> str:
    xs = (-52, -36, -20, -4, 12, 28, 44, 58)
    return "".join(
        stroke(f"M{x * 0.6:.0f} 100L{x} 40", "#6f9a5c", 3)
        + turn(oval(x, 30, 6, 22, c if i % 2 else pale(c, 0.25)), x * 0.24, x, 40)
        for i, x in enumerate(xs)
    )


@kind("mushroom", 0.95, 32, colours=("red", "brown", "orange", "purple", "white"))
def mushroom(c: str, p: float, m: Mood) -> str:
    spots = "".join(
        oval(x, y, r, r * 0.8, "#fbf4e6" if c != "#f7f4ec" else "#d9b38c")
        for x, y, r in ((-22, 34, 7), (2, 18, 8), (24, 34, 6), (0, 42, 5))
    )
    return (
        path("M-14 52C-10 70-16 88-18 98C-8 101 8 101 18 98C16 88 10 70 14 52z", "#f3e7d0")
        + path("M2 52C6 70 6 88 4 100C10 100 14 99 18 98C16 88 10 70 14 52z", "#d9c6a6")
        + path("M-46 54C-46 16-20 0 0 0C20 0 46 16 46 54C30 62-30 62-46 54z", c) + path("M-46 54C-30 48 30 48 46 54"
        "C30 62-30 62-46 54z", dark(c, 0.35)) + spots
    )  # fmt: skip


@kind("pumpkin", 1.25, 28, colours=("orange", "white", "green"))
def pumpkin(c: str, p: float, m: Mood) -> str:
    return (
        stroke("M0 26C0 12 4 6 12 4", "#5a7a3c", 9) + oval(-34, 62, 28, 36, dark(c, 0.2))
        + oval(34, 62, 28, 36, dark(c, 0.28)) + oval(-17, 62, 26, 39, c) + oval(18, 62, 26, 39, dark(c, 0.12))
        + oval(0, 62, 18, 40, pale(c, 0.15))
    )  # fmt: skip


@kind("hay bale", 1.15, 38, colours=("yellow",), turns=True)
def hay(c: str, p: float, m: Mood) -> str:
    c = mix(c, "#c99a4b", 0.55)
    rings = "".join(disc(18, 52, r, "none", stroke=dark(c, 0.2), stroke_width=2.4) for r in (12, 24, 36))
    return (
        path("M-20 4C-66 8-66 98-20 100L18 100L18 4z", dark(c, 0.12)) + stroke("M-40 22H4M-48 44H-12M-48 66H-8M-40 84"
        "H0", dark(c, 0.3), 1.8) + disc(18, 52, 48, c) + rings + disc(18, 52, 4, dark(c, 0.3))
    )  # fmt: skip


@kind("coral", 1.05, 50, "seabed", colours=("pink", "red", "orange", "purple", "yellow"))
def coral(c: str, p: float, m: Mood) -> str:
    return (
        stroke("M-4 100C-6 70-30 66-34 34M-22 64C-36 60-46 50-48 36M-4 84C0 60-8 40-6 8M-6 40C-14 34-18 26-18 14M0 84"
        "C14 74 26 60 28 26M18 64C32 60 42 50 44 36M26 44C20 36 18 28 18 18", dark(c, 0.14), 11)
        + stroke("M-8 96C-8 72-32 66-36 36M-4 80C-2 60-10 40-8 10M2 82C14 72 24 58 26 28", pale(c, 0.2), 3)
    )  # fmt: skip


@kind("seaweed", 0.7, 64, "seabed", colours=("green", "teal", "red"))
def seaweed(c: str, p: float, m: Mood) -> str:
    blades = ((-22, 24, 0.0), (-8, 4, 0.2), (8, 14, 0.4), (22, 34, 0.6))
    return (
        "".join(path(f"M{x - 5} 100C{x - 18} 78 {x + 12} 66 {x - 4 + swing(p, 5, o):.1f} {y + 20}C{x - 8} {y + 10} "
        f"{x} {y} {x + swing(p, 8, o):.1f} {y}C{x + 10} {y + 18} {x + 4} {y + 26} {x + 8} 60C{x + 16} 76 {x - 4} 84 "
        f"{x + 5} 100z", c if i % 2 else dark(c, 0.2)) for i, (x, y, o) in enumerate(blades))
    )  # fmt: skip


@kind("potted plant", 0.7, 46, "floor", colours=("orange", "blue", "white", "yellow", "pink", "teal"), turns=True)
def potted(c: str, p: float, m: Mood) -> str:
    leaf = "M0 0C-14-18-10-42 0-54C10-42 14-18 0 0z"
    leaves = "".join(
        group(path(leaf, k), f"translate(0 62) rotate({a + swing(p, 2)}) scale({s})")
        for a, s, k in (
            (-62, 0.8, "#2f7d4a"),
            (62, 0.8, "#2f7d4a"),
            (-36, 1, "#3f9a56"),
            (38, 1, "#37904f"),
            (-10, 1.12, "#52ab62"),
            (14, 1.05, "#46a05a"),
        )
    )
    return (
        leaves + path("M-22 62h44l-6 38h-32z", c) + box(-25, 58, 50, 10, pale(c, 0.2), 2)
        + path("M8 68h13l-5 32h-12z", dark(c, 0.2))
    )  # fmt: skip


@kind("grapevine", 0.9, 48, colours=("purple", "green"))
def grapevine(c: str, p: float, m: Mood) -> str:
    leaf = {"autumn": "#c9772f", "winter": "#8a7a5a"}.get(m.season, "#5a9a48")
    bunch = "".join(
        disc(x, y, 4.6, c)
        for x, y in (
            (-18, 58),
            (-10, 58),
            (-14, 66),
            (-22, 66),
            (-18, 74),
            (14, 56),
            (22, 56),
            (18, 64),
            (26, 64),
            (20, 72),
        )
    )
    return (
        box(-3, 20, 6, 80, "#6b4a33") + _crown(leaf, ((-24, 40, 16), (24, 38, 16), (0, 30, 18), (-10, 50, 14),
        (12, 50, 14))) + bunch + poly([(-3, 10), (3, 10), (3, 30), (-3, 30)], "#6b4a33")
    )  # fmt: skip
