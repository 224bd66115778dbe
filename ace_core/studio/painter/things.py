"""Smaller things outdoors and indoors; flames flicker and flags wave with the phase."""

from __future__ import annotations

from ace_core.studio.painter.animals import person
from ace_core.studio.painter.ink import box, dark, disc, group, halo, mix, oval, pale, path, poly, stroke, turn
from ace_core.studio.painter.kinds import ANY, Mood, kind, swing

WOOD, IRON, WARM = "#9a6a3c", "#3f4350", "rgb(255,220,130)"


@kind("bench", 1.6, 34, colours=("brown", "red", "green", "blue", "white", "yellow"), turns=False)
def bench(c: str, p: float, m: Mood) -> str:
    return (
        stroke("M-62 30V98M62 30V98", IRON, 7) + box(-72, 14, 144, 12, c, 3) + box(-72, 32, 144, 12, dark(c, 0.1), 3)
        + box(-76, 58, 152, 11, pale(c, 0.12), 3) + box(-76, 68, 152, 6, dark(c, 0.35), 2)
    )  # fmt: skip


@kind("street lamp", 0.36, 92, colours=("black", "green"), turns=False)
def lamp(c: str, p: float, m: Mood) -> str:
    shine = halo(0, 14, 52, "rgb(255,214,120)", 0.85) if m.lit else ""
    return (
        shine + box(-2.4, 24, 4.8, 70, c) + path("M-9 100C-8 92-4 92-4 86h8c0 6 4 6 5 14z", c)
        + poly([(-9, 6), (9, 6), (6, 25), (-6, 25)], WARM if m.lit else "#dfe9ec")
        + path("M-11 6C-6 0-2 0 0 -5C2 0 6 0 11 6z", c) + box(-8, 24, 16, 3, c, 1)
    )  # fmt: skip


@kind("lantern", 0.6, 34, "air", colours=("red", "yellow", "orange", "pink", "white", "green", "blue"), turns=False)
def lantern(c: str, p: float, m: Mood) -> str:
    shine = halo(0, 46, 74, "rgb(255,190,100)", 0.8) if m.lit else ""
    body = mix(c, "#ffd98a", 0.25) if m.lit else c
    return (
        shine + turn(stroke("M0-6V16", IRON, 1.6) + path("M-16 16C-36 30-36 62-16 76L16 76C36 62 36 30 16 16z", body
        if not m.lit else f"rgb({int(body[1:3], 16)},{int(body[3:5], 16)},{int(body[5:7], 16)})")
        + stroke("M-8 16C-16 34-16 58-8 76M8 16C16 34 16 58 8 76M0 16V76", dark(c, 0.3), 1.4, opacity="0.7")
        + box(-16, 12, 32, 6, "#4a3226", 2) + box(-16, 74, 32, 6, "#4a3226", 2)
        + stroke("M0 80V100M-4 80V92M4 80V92", "#f2c14b", 2), swing(p, 5), 0, -6)
    )  # fmt: skip


@kind("campfire", 1.05, 36, colours=())
def campfire(c: str, p: float, m: Mood) -> str:
    s = swing(p, 5)
    return (
        halo(0, 60, 130 if m.lit else 70, "rgb(255,150,60)", 0.75) + path(f"M-26 86C-38 60-14 50-12 {24 + s:.1f}C0 30"
        f" 0 40 4 46C8 36 10 24 6 {6 - s:.1f}C26 20 40 60 26 86z", "rgb(244,110,44)") + path(f"M-16 88C-22 70-8 60-4 "
        f"{46 + s:.1f}C2 54 6 58 8 52C18 62 20 76 14 88z", "rgb(255,190,70)") + path("M-8 90C-10 78-2 72 0 64C8 72 10"
        " 80 6 90z", "rgb(255,240,180)") + turn(box(-44, 84, 88, 12, "#6b4527", 5), 9, 0, 90)
        + turn(box(-44, 84, 88, 12, "#80552f", 5), -9, 0, 90)
    )  # fmt: skip


@kind("parasol", 1.15, 66)
def parasol(c: str, p: float, m: Mood) -> str:
    stripe = "#f7f0e0" if c != "#f7f4ec" else "#e0564c"
    return (
        turn(box(-2, 10, 4, 90, "#d9c4a0") + path("M-56 46C-50 12-22 2 0 2C22 2 50 12 56 46C44 38 32 38 20 46C10"
        " 38-10 38-20 46C-32 38-44 38-56 46z", c) + path("M0 2C12 10 20 28 20 46C10 38-10 38-20 46C-20 28-12 10 0 2z",
        stripe) + path("M0 2C32 6 44 22 56 46C50 42 44 40 38 41C34 24 22 8 0 2z", stripe)
        + path("M0 2C-32 6-44 22-56 46C-50 42-44 40-38 41C-34 24-22 8 0 2z", stripe) + disc(0, 1, 3, c), 8, 0, 100)
    )  # fmt: skip


@kind("umbrella", 0.78, 68)
def umbrella(c: str, p: float, m: Mood) -> str:
    """An umbrella with somebody under it."""
    holder = group(person("#6d7280", p, Mood(m.lit)), "translate(-2 30) scale(.7)")
    return holder + group(_canopy(c), "translate(4 -2) scale(.76 .66)")


def _canopy(c: str) -> str:
    return (
        turn(stroke("M0 10V84C0 98-16 98-16 86", "#6b4a33", 4) + path("M-50 52C-46 14-20 4 0 4C20 4 46 14 50 52C42 44"
        " 28 44 18 52C10 44-10 44-18 52C-28 44-42 44-50 52z", c) + path("M0 4C10 16 18 32 18 52C28 44 42 44 50 52C46"
        " 14 20 4 0 4z", dark(c, 0.2)) + stroke("M0 4V-4", "#6b4a33", 3), -14, 0, 100)
    )  # fmt: skip


@kind("kite", 0.85, 46, "air")
def kite(c: str, p: float, m: Mood) -> str:
    b = pale(c, 0.6) if c != "#f7f4ec" else "#e0564c"
    tail = (
        f"M0 58C{-14 + swing(p, 5):.1f} 68 {10 + swing(p, 5):.1f} 76 {-4 + swing(p, 7):.1f} 86S{6 + swing(p, 9):.1f}"
        f" 96 -6 102"
    )  # fmt: skip
    return (
        stroke(tail, "#f3ead8", 2.2) + "".join(poly([(x - 5, y - 4), (x + 5, y + 4), (x + 5, y - 4), (x - 5, y + 4)],
        c) for x, y in ((-4, 70), (0, 82), (-1, 94))) + turn(poly([(0, -2), (24, 24), (0, 60), (-24, 24)], c)
        + poly([(0, -2), (24, 24), (0, 24)], b) + poly([(0, 60), (-24, 24), (0, 24)], b), swing(p, 7) + 12, 0, 30)
    )  # fmt: skip


@kind("snowman", 0.62, 60, colours=("red", "blue", "green", "yellow", "purple"))
def snowman(c: str, p: float, m: Mood) -> str:
    return (
        stroke("M-18 50L-36 36M18 50L36 38M-32 40L-38 42M32 41L37 44", "#6b4a33", 2.6) + disc(0, 78, 24, "#f5f8fc")
        + disc(0, 48, 17, "#f5f8fc") + disc(0, 24, 13, "#f5f8fc") + path("M8 56C20 62 24 84 12 98C20 94 24 86 24 78"
        "C24 66 18 58 8 56z", "#c9d6ea") + path("M-14 34C-6 40 8 40 14 34L14 40C8 45-6 45-14 40z", c)
        + path("M8 38L16 56L8 58L4 40z", dark(c, 0.2)) + box(-16, 11, 32, 4, "#33323c", 2)
        + box(-10, -6, 20, 18, "#33323c", 2) + box(-10, 6, 20, 4, c) + poly([(2, 23), (22, 27), (2, 29)], "#f08a2c")
        + disc(-3, 21, 1.7, "#33323c") + disc(6, 21, 1.7, "#33323c") + disc(2, 48, 1.9, "#33323c")
        + disc(2, 56, 1.9, "#33323c")
    )  # fmt: skip


@kind("sandcastle", 1.3, 36, colours=("yellow",))
def sandcastle(c: str, p: float, m: Mood) -> str:
    c = mix(c, "#dba860", 0.75)

    def crenel(x: float, w: float, top: float) -> str:
        return box(x, top, w, 100 - top, c) + "".join(box(x + i * w / 4.2, top - 7, w / 7, 8, c) for i in range(5))

    return (
        crenel(-58, 28, 52) + crenel(30, 28, 52) + box(-36, 66, 72, 34, dark(c, 0.1)) + crenel(-17, 34, 34)
        + path("M-8 100V82C-8 72 8 72 8 82V100z", dark(c, 0.5)) + stroke("M0 28V2", WOOD, 2.4)
        + path("M0 2l18 6l-18 7z", "#e0453a") + disc(-44, 68, 4, "#f3e7d0") + disc(44, 68, 4, "#f3e7d0")
    )  # fmt: skip


@kind("rock", 1.5, 26, colours=("grey",))
def rock(c: str, p: float, m: Mood) -> str:
    return (
        path("M-74 100C-72 66-50 40-22 34C-4 8 30 16 42 40C64 48 74 74 74 100z", c) + path("M20 22C52 30 74 70 74 100"
        "L30 100C40 72 38 42 20 22z", dark(c, 0.25)) + path("M-56 70C-46 52-30 44-18 42C-28 52-36 62-40 74z",
        pale(c, 0.3))
    )  # fmt: skip


@kind("barrel", 0.8, 34, colours=("brown", "red", "blue"))
def barrel(c: str, p: float, m: Mood) -> str:
    return (
        path("M-28 6C-38 36-38 68-28 98C-10 102 10 102 28 98C38 68 38 36 28 6C10 2-10 2-28 6z", c)
        + path("M12 4C18 36 18 68 12 100C18 100 24 99 28 98C38 68 38 36 28 6C24 4 18 4 12 4z", dark(c, 0.22))
        + stroke("M-33 26C-12 31 12 31 33 26M-33 78C-12 83 12 83 33 78", IRON, 5) + oval(0, 7, 28, 6, pale(c, 0.3))
    )  # fmt: skip


@kind("crates", 1.2, 40, colours=("brown", "green", "red", "blue"))
def crates(c: str, p: float, m: Mood) -> str:

    def crate(x: float, y: float, s: float, k: str) -> str:
        return box(x, y, s, s, k) + stroke(
            f"M{x + 3} {y + 3}h{s - 6}v{s - 6}h-{s - 6}zM{x + 3} {y + 3}l{s - 6} {s - 6}", dark(k, 0.35), 3.6
        )

    return crate(-56, 48, 52, c) + crate(2, 50, 50, dark(c, 0.12)) + crate(-30, 2, 46, pale(c, 0.15))


@kind("mailbox", 0.55, 42, colours=("red", "blue", "yellow", "green"))
def mailbox(c: str, p: float, m: Mood) -> str:
    return (
        box(-4, 44, 8, 56, WOOD) + path("M-30 48V24C-30 2 30 2 30 24V48z", c)
        + path("M4 7C20 8 30 12 30 24V48H4z", dark(c, 0.18)) + box(10, 26, 14, 4, "#f3ead8", 1)
        + box(-28, 8, 3, 20, "#f2c14b") + box(-28, 8, 10, 8, "#f2c14b", 1)
    )  # fmt: skip


@kind("signpost", 0.9, 54, colours=("white", "yellow", "green", "red"))
def signpost(c: str, p: float, m: Mood) -> str:
    return (
        box(-3.4, 6, 6.8, 94, WOOD) + poly([(-6, 14), (34, 14), (44, 23), (34, 32), (-6, 32)], c)
        + poly([(6, 40), (-32, 40), (-42, 49), (-32, 58), (6, 58)], dark(c, 0.12))
        + stroke("M2 23h24M-24 49h22", dark(c, 0.55), 2.4)
    )  # fmt: skip


@kind("scarecrow", 0.95, 66, colours=("red", "blue", "purple", "green", "orange"))
def scarecrow(c: str, p: float, m: Mood) -> str:
    return (
        box(-3, 24, 6, 76, WOOD) + box(-46, 38, 92, 5, WOOD, 2) + path("M-44 34L44 34L44 50L16 50L18 78L-18 78L-16 50"
        "L-44 50z", c) + path("M2 34L44 34L44 50L16 50L18 78L6 78z", dark(c, 0.16))
        + poly([(-8, 58), (0, 58), (0, 67), (-8, 66)], "#f2c14b") + stroke("M-44 38l-9 4M-44 43l-9 0M-44 47l-8-3M44"
        " 38l9 4M44 43l9 0M44 47l8-3M-14 78l-3 9M-5 78l-1 9M6 78l1 9M14 78l3 9", "#e2c25e", 2.6)
        + disc(0, 22, 12, "#ecd9ac") + disc(-4, 20, 1.6, IRON) + disc(5, 20, 1.6, IRON)
        + stroke("M-5 27q5 4 10 0", IRON, 1.4)
        + path("M-24 14L24 14C20 11 14 10 10 10L2-8L-10 10C-14 10-20 11-24 14z", "#a8743f")
    )  # fmt: skip


@kind("surfboard", 0.3, 62)
def surfboard(c: str, p: float, m: Mood) -> str:
    return (
        turn(path("M0 0C14 20 16 60 8 98L-8 98C-16 60-14 20 0 0z", c) + path("M0 0C3 20 3 70 2 98L-2 98C-3 70-3 20 0"
        " 0z", pale(c, 0.7)) + path("M-13 40C-4 44 4 44 13 40L13.4 50C4 54-4 54-13.4 50z", pale(c, 0.7)), 7, 0, 100)
    )  # fmt: skip


@kind("beach ball", 1.0, 24)
def ball(c: str, p: float, m: Mood) -> str:
    return (
        turn(disc(0, 50, 50, "#f7f4ec") + path("M-14 42C-30 20-20 4 0 0C-24 0-46 18-50 46C-40 50-26 48-14 42zM14 44"
        "C20 18 40 16 47 34C50 50 50 66 40 80C42 62 30 48 14 44zM-6 62C-30 70-34 88-26 93C-10 102 14 102 26 93C10"
        " 92-4 80-6 62z", c) + disc(0, 50, 8, dark(c, 0.2)), 360 * p, 0, 50)
    )  # fmt: skip


@kind("deck chair", 1.15, 46)
def deckchair(c: str, p: float, m: Mood) -> str:
    return (
        stroke("M-46 10L44 98M46 42L-34 98M-34 98L-10 70", WOOD, 6) + path("M-48 8L-36 4C-22 40-6 62 46 40L50 48C-6"
        " 78-34 50-48 8z", c) + path("M-44 20L-33 14L-28 25L-40 31zM-28 46L-17 36L-8 44L-18 56zM4 60L6 50L22 48L26"
        " 56z", pale(c, 0.75))
    )  # fmt: skip


@kind("picnic basket", 1.2, 30, colours=("red", "blue", "yellow", "green"))
def basket(c: str, p: float, m: Mood) -> str:
    return (
        stroke("M-40 46C-40-8 40-8 40 46", "#8a5a30", 7) + path("M-54 44h108l-10 56h-88z", "#c08a4a")
        + stroke("M-52 58h104M-50 72h100M-47 86h94M-28 46l4 52M0 46v54M28 46l-4 52", "#8a5a30", 2.6)
        + path("M-58 38h70l14 30L-4 60L-30 74L-58 52z", c)
        + path("M-40 38h14l-4 32l-8 0zM-6 38h12l6 24l-10 0z", pale(c, 0.7))
    )  # fmt: skip


@kind("statue", 0.5, 82, colours=("grey", "teal", "white", "yellow"))
def statue(c: str, p: float, m: Mood) -> str:
    c = mix(c, "#a9a49a", 0.35)
    return (
        path("M-12 70C-18 50-16 36-10 30L12 30C18 36 16 52 12 70z", c) + path("M4 30L12 30C18 36 16 52 12 70L5 70C8"
        " 54 8 42 4 30z", dark(c, 0.2)) + stroke("M10 34L26 12", c, 6) + disc(27, 9, 5, pale(c, 0.4))
        + stroke("M-11 36L-18 56", c, 6) + disc(0, 20, 9, c)
        + poly([(-18, 70), (18, 70), (22, 100), (-22, 100)], "#8b8680") + box(-24, 66, 48, 7, "#9d978f", 1)
        + box(-26, 94, 52, 6, "#77726d", 1)
    )  # fmt: skip


@kind("fence", 3.2, 22, colours=("white", "brown"), turns=False)
def fence(c: str, p: float, m: Mood) -> str:
    return (
        box(-160, 34, 320, 9, dark(c, 0.14)) + box(-160, 68, 320, 9, dark(c, 0.14))
        + "".join(poly([(x - 8, 100), (x - 8, 12), (x, 0), (x + 8, 12), (x + 8, 100)], c)
        for x in range(-148, 149, 37))
    )  # fmt: skip


@kind("balloons", 0.75, 66, "air", colours=("red", "yellow", "blue", "pink", "purple", "green", "orange"))
def balloons(c: str, p: float, m: Mood) -> str:
    s = swing(p, 3)
    return (
        turn(stroke("M-20 44C-12 70-4 80 0 100M18 40C10 66 4 80 0 100M0 30L0 100", "#f3ead8", 1.4)
        + "".join(oval(x, y, 17, 21, k) + oval(x - 6, y - 8, 4, 6, pale(c, 0.7), opacity="0.8") for x, y,
        k in ((-20, 28, dark(c, 0.12)), (19, 25, pale(c, 0.15)), (0, 18, c))), s, 0, 100)
    )  # fmt: skip


@kind("buoy", 0.75, 38, "water", colours=("red", "orange", "yellow", "green"))
def buoy(c: str, p: float, m: Mood) -> str:
    return (
        turn((halo(0, 6, 30, "rgb(255,120,90)", 0.9) if m.lit else "") + stroke("M0 6V30", IRON, 4)
        + disc(0, 8, 6, "#f6e6a8") + poly([(-12, 30), (12, 30), (24, 76), (-24, 76)], c)
        + poly([(-17, 48), (17, 48), (21, 62), (-21, 62)], "#f7f4ec") + path("M-34 76h68c0 14-10 24-34 24"
        "s-34-10-34-24z", dark(c, 0.2)), swing(p, 8), 0, 100)
    )  # fmt: skip


@kind("treasure chest", 1.3, 36, "seabed", colours=("brown", "red", "purple"))
def chest(c: str, p: float, m: Mood) -> str:
    return (
        path("M-58 40C-56 4 56 4 58 40z", dark(c, 0.25))
        + path("M-50 46C-40 26-20 34-6 26C10 36 36 24 50 46z", "#f2c14b") + disc(-20, 36, 6, "#f8dc78")
        + disc(12, 34, 7, "#f8dc78") + box(-58, 44, 116, 56, c, 3) + box(-58, 44, 116, 9, "#e0b548")
        + box(-40, 44, 9, 56, "#e0b548") + box(31, 44, 9, 56, "#e0b548") + box(-10, 52, 20, 20, "#e0b548", 3)
        + disc(0, 62, 4, "#4a3226")
    )  # fmt: skip


@kind("armchair", 1.15, 62, "floor", colours=ANY)
def armchair(c: str, p: float, m: Mood) -> str:
    return (
        stroke("M-36 88L-40 100M36 88L40 100", "#5b4030", 6) + path("M-38 70V18C-38-4 38-4 38 18V70z", c)
        + path("M-24 60V22C-24 10 24 10 24 22V60z", dark(c, 0.12)) + box(-34, 56, 68, 20, pale(c, 0.2), 8)
        + path("M-54 92V50C-54 38-32 38-32 50V92zM54 92V50C54 38 32 38 32 50V92z", pale(c, 0.08))
        + box(-34, 74, 68, 18, dark(c, 0.2), 3)
    )  # fmt: skip


@kind("table", 1.7, 42, "floor", colours=("brown", "white", "blue", "green"), turns=False)
def table(c: str, p: float, m: Mood) -> str:
    bowl = path("M-26 8h52c0 18-14 24-26 24s-26-6-26-24z", "#3f87b5") + "".join(
        disc(x, 6, 9, k) for x, k in ((-14, "#e0564c"), (2, "#f2a93b"), (16, "#7db54a"))
    )
    return (
        stroke("M-64 40L-68 100M64 40L68 100", dark(c, 0.25), 8)
        + bowl
        + box(-82, 32, 164, 11, c, 3)
        + box(-76, 42, 152, 6, dark(c, 0.3))
    )


@kind("floor lamp", 0.42, 92, "floor", colours=("yellow", "red", "blue", "white", "green", "pink"), turns=False)
def floor_lamp(c: str, p: float, m: Mood) -> str:
    return (
        (halo(0, 22, 60, "rgb(255,214,130)", 0.8) if m.lit else "") + box(-1.6, 28, 3.2, 68, IRON)
        + box(-12, 95, 24, 5, IRON, 2) + poly([(-9, 4), (9, 4), (20, 34), (-20, 34)], mix(c, "#ffe9b0", 0.3) if m.lit
        else c) + poly([(3, 4), (9, 4), (20, 34), (8, 34)], dark(c, 0.15), opacity="0.6")
    )  # fmt: skip


@kind("guitar", 0.42, 62, "floor", colours=("brown", "red", "orange", "black", "blue"))
def guitar(c: str, p: float, m: Mood) -> str:
    return (
        turn(box(-3, 4, 6, 52, "#4a3226") + box(-5, -2, 10, 10, "#33262a", 2) + path("M0 46C16 42 16 56 13 64C24 72"
        " 22 100 0 100C-22 100-24 72-13 64C-16 56-16 42 0 46z", c) + disc(0, 68, 6.4, "#33262a")
        + box(-8, 84, 16, 4, "#33262a", 1) + stroke("M-1.4 6V84M1.4 6V84", "#f3ead8", 0.7), 9, 0, 100)
    )  # fmt: skip


@kind("bookshelf", 0.8, 92, "floor", colours=("brown", "white", "green", "blue"), turns=False)
def bookshelf(c: str, p: float, m: Mood) -> str:
    hues = ("#c8473e", "#3f87b5", "#e0a83a", "#5a9a58", "#8a5aa8", "#f3ead8", "#d9774a")
    books = "".join(
        box(-33 + 6.6 * i, y + (3 * i) % 7, 5.6, 23 - (3 * i) % 7, hues[(i * 3 + k) % 7])
        for k, y in enumerate((9, 40, 71))
        for i in range(10)
        if (i + 2 * k) % 8
    )
    return box(-38, 0, 76, 100, c, 2) + "".join(box(-34, y, 68, 27, dark(c, 0.5)) for y in (5, 36, 67)) + books


@kind("vase of flowers", 0.75, 42, "floor", colours=("blue", "white", "pink", "teal", "yellow"), turns=True)
def vase(c: str, p: float, m: Mood) -> str:
    heads = ((-26, 22, "#e0564c"), (-10, 8, "#f2a93b"), (10, 4, "#e88bb0"), (26, 18, "#f7f4ec"), (2, 24, "#b565c8"))
    return (
        "".join(stroke(f"M0 60Q{x * 0.3:.0f} 40 {x} {y}", "#4c8a4a", 2.6) for x, y, _ in heads)
        + "".join("".join(disc(x + dx, y + dy, 5.4, k) for dx, dy in ((-5, 0), (5, 0), (0, -5), (0, 5)))
        + disc(x, y, 4, "#f6d860") for x, y, k in heads) + path("M-12 52C-8 62-24 70-22 84C-20 96-14 100 0 100C14 100"
        " 20 96 22 84C24 70 8 62 12 52z", c) + path("M5 52C8 64 14 72 12 86C11 94 8 99 4 100C16 100 20 96 22 84C24 70"
        " 8 62 12 52z", dark(c, 0.2))
    )  # fmt: skip


@kind("clock", 0.5, 92, "floor", colours=("brown", "green", "white", "red"), turns=False)
def clock(c: str, p: float, m: Mood) -> str:
    return (
        path("M-20 14C-14 0 14 0 20 14z", dark(c, 0.2)) + box(-20, 12, 40, 30, c, 2)
        + box(-15, 40, 30, 48, dark(c, 0.15)) + box(-11, 45, 22, 38, "#33262a")
        + turn(box(-0.8, 45, 1.6, 24, "#f2c14b") + disc(0, 70, 5, "#f2c14b"), swing(p, 10), 0, 45)
        + box(-22, 88, 44, 12, c, 2) + disc(0, 27, 12, "#f7f0e0") + stroke("M0 27V19M0 27L6 30", "#33262a", 1.8)
    )  # fmt: skip


@kind("teapot", 1.5, 26, "floor", colours=ANY)
def teapot(c: str, p: float, m: Mood) -> str:
    return (
        stroke("M-40 44C-70 36-70 80-36 78", dark(c, 0.15), 9) + path("M36 70C56 66 54 38 70 32L62 26C46 34 44 48 32"
        " 54z", c) + path("M-46 62C-46 34-24 28 0 28C24 28 46 34 46 62C46 88 26 100 0 100C-26 100-46 88-46 62z", c)
        + path("M12 29C34 32 46 42 46 62C46 88 26 100 0 100C30 92 36 56 12 29z", dark(c, 0.18))
        + path("M-20 30C-16 18 16 18 20 30z", pale(c, 0.3)) + disc(0, 17, 6, pale(c, 0.3))
    )  # fmt: skip


@kind("cushion", 1.4, 22, "floor", colours=ANY)
def cushion(c: str, p: float, m: Mood) -> str:
    return (
        path("M-66 24C-40 10 40 10 66 24C60 50 60 76 68 98C40 92-40 92-68 98C-60 76-60 50-66 24z", c)
        + path("M-66 70C-30 84 30 84 64 70C64 80 66 90 68 98C40 92-40 92-68 98C-66 88-66 80-66 70z", dark(c, 0.18))
        + group(disc(0, 50, 9, pale(c, 0.5)))
    )  # fmt: skip
