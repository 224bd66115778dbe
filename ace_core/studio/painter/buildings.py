"""Buildings and built things; windows shine when lit and sails turn with the phase."""

from __future__ import annotations

from ace_core.studio.painter.ink import box, dark, disc, group, halo, mix, oval, pale, path, poly, stroke
from ace_core.studio.painter.kinds import ANY, Mood, kind

PANE, WARM = "#5d7f9e", "rgb(255,214,120)"
SNOW = "#f4f7fc"


def window(x: float, y: float, w: float, h: float, m: Mood, bars: bool = True) -> str:
    pane = box(x - 1.4, y - 1.4, w + 2.8, h + 2.8, "#f3ead8", 1) + box(x, y, w, h, WARM if m.lit else PANE)
    return pane + (stroke(f"M{x + w / 2} {y}v{h}M{x} {y + h / 2}h{w}", "#f3ead8", 1.3) if bars else "")


def cap(d: str, m: Mood) -> str:
    """Snow on a roof, in winter."""
    return path(d, SNOW) if m.season == "winter" else ""


@kind("house", 1.05, 84)
def house(c: str, p: float, m: Mood) -> str:
    roof = "#7b4038" if c not in ("#d93a32", "#f0822b") else "#4d4a57"
    return (
        box(20, 4, 10, 26, dark(roof, 0.2)) + box(-40, 40, 80, 60, c)
        + path("M0 40L40 40L40 100L0 100z", dark(c, 0.13)) + path("M-50 44L-26 10L26 10L50 44z", roof)
        + path("M26 10L50 44L0 44L0 10z", dark(roof, 0.15)) + cap("M-50 44L-26 10L26 10L50 44C40 40 36 48 26 42C16 46"
        " 8 38-2 43C-14 38-22 48-32 42C-40 46-46 40-50 44z", m) + window(-30, 52, 16, 17, m)
        + window(14, 52, 16, 17, m) + box(-9, 66, 18, 34, "#6b4a33", 1) + disc(5, 84, 1.6, "#f2c14b")
        + window(-32, 78, 13, 12, m) + window(18, 78, 13, 12, m)
    )  # fmt: skip


@kind("cottage", 1.3, 68, colours=("white", "yellow", "pink", "blue", "orange", "green"))
def cottage(c: str, p: float, m: Mood) -> str:
    thatch = "#b98a4a"
    return (
        box(26, 2, 12, 34, "#9a8f8a") + box(-50, 52, 100, 48, c) + path("M-62 58C-50 30-40 18-24 16L26 16C42 18 52 32"
        " 62 58C40 52-40 52-62 58z", thatch) + stroke("M-44 40q44-10 88 0M-34 28q34-8 68 0", dark(thatch, 0.25), 1.6)
        + cap("M-62 58C-50 30-40 18-24 16L26 16C42 18 52 32 62 58C52 44 40 52 28 44C16 50 4 42-8 47C-24 42-34 52-44"
        " 46C-52 48-56 52-62 58z", m) + window(-40, 66, 20, 16, m) + window(22, 66, 18, 16, m)
        + path("M-8 100L-8 74C-8 62 10 62 10 74L10 100z", "#4c7a5a")
        + "".join(disc(x, 97, 4, k) for x, k in ((-46, "#e0564c"), (-38, "#f2c14b"), (-30, "#e88bb0"),
        (20, "#e0564c"), (28, "#f2c14b"), (44, "#e88bb0")))
    )  # fmt: skip


@kind("cabin", 1.25, 66, colours=("brown", "red", "green", "grey"))
def cabin(c: str, p: float, m: Mood) -> str:
    logs = "".join(stroke(f"M-44 {y}h88", dark(c, 0.3), 1.6) for y in (58, 68, 78, 88))
    return (
        box(18, 6, 11, 30, "#8d8580") + box(-44, 48, 88, 52, c) + logs
        + poly([(-58, 54), (0, 6), (58, 54), (46, 54), (0, 18), (-46, 54)], dark(c, 0.5))
        + poly([(-46, 54), (0, 16), (46, 54)], pale(c, 0.12)) + cap("M-58 54L0 6L58 54C50 52 48 44 38 42C30 40 22 28"
        " 0 20C-20 28-28 40-38 42C-48 44-50 52-58 54z", m) + window(-32, 62, 20, 18, m) + window(-8, 34, 16, 13, m)
        + box(10, 62, 20, 38, "#4a3226", 1) + disc(26, 82, 1.6, "#f2c14b")
    )  # fmt: skip


@kind("barn", 1.25, 78, colours=("red", "white", "brown", "green", "blue"))
def barn(c: str, p: float, m: Mood) -> str:
    trim = "#f7f4ec" if c != "#f7f4ec" else "#b23a34"
    roof = "#55505e"
    return (
        box(-46, 46, 92, 54, c) + poly([(-46, 48), (-34, 22), (0, 6), (34, 22), (46, 48)], c)
        + "".join(stroke(f"M{x} 44V100", dark(c, 0.18), 1.2) for x in (-36, -26, 26, 36))
        + poly([(-52, 50), (-38, 19), (0, 0), (38, 19), (52, 50), (44, 50), (33, 25), (0, 9), (-33, 25), (-44, 50)],
        roof) + cap("M-52 50L-38 19L0 0L38 19L52 50L46 44L34 22L0 8L-34 22L-46 44z", m)
        + box(-20, 58, 40, 42, dark(c, 0.25)) + stroke("M-20 58h40v42h-40zM-20 58L20 100M20 58L-20 100", trim, 3)
        + box(-9, 24, 18, 18, WARM if m.lit else "#3a2f33") + stroke("M-9 24h18v18h-18z", trim, 2.6)
    )  # fmt: skip


@kind("lighthouse", 0.46, 112, colours=("red", "white", "blue", "black", "yellow", "green"))
def lighthouse(c: str, p: float, m: Mood) -> str:
    a, b = (c, "#f7f4ec") if c != "#f7f4ec" else ("#f7f4ec", "#d4d0c6")
    bands = "".join(
        poly(
            [
                (-10 - 0.105 * (y0 - 26) - 0.5, y0),
                (10 + 0.105 * (y0 - 26) + 0.5, y0),
                (10 + 0.105 * (y1 - 26) + 0.5, y1),
                (-10 - 0.105 * (y1 - 26) - 0.5, y1),
            ],
            k,
        )
        for y0, y1, k in ((26, 44, a), (44, 62, b), (62, 80, a), (80, 100, b))
    )
    ray = (
        path("M0 14L90 -6L90 30z", "rgb(255,238,170)", opacity="0.42")
        + path("M0 14L-90 -6L-90 30z", "rgb(255,238,170)", opacity="0.3")
        + halo(0, 14, 34, "rgb(255,226,130)", 0.95)
        if m.lit
        else ""
    )
    return (
        ray + bands + path("M4 26L10.5 26L18.5 100L8 100z", "#1c1440", opacity="0.16")
        + box(-13, 22, 26, 5, "#4d4a57", 1) + box(-7, 8, 14, 14, "rgb(255,236,160)" if m.lit else "#cfe6ee")
        + stroke("M-7 8v14M0 8v14M7 8v14", "#4d4a57", 1)
        + path("M-10 8C-8 2 -4 0 0 -3C4 0 8 2 10 8z", a if a != "#f7f4ec" else "#c8473e")
        + box(-4, 84, 8, 16, "#4a3a36", 2) + window(-2.5, 50, 5, 6, m, False) + window(-2.5, 68, 5, 6, m, False)
    )  # fmt: skip


@kind("windmill", 0.85, 98, colours=("white", "red", "brown", "yellow", "blue", "grey"))
def windmill(c: str, p: float, m: Mood) -> str:
    sail = (
        box(-1, -38, 2, 38, "#5b4636") + box(1, -37, 8, 28, "#f4ead2") + stroke("M1-30h8M1-23h8M1-16h8", "#a8855c", 0.9)
    )
    sails = "".join(group(sail, f"translate(0 38) rotate({360 * p + 90 * k + 20:.1f})") for k in range(4))
    return (
        poly([(-15, 42), (15, 42), (24, 100), (-24, 100)], c)
        + poly([(4, 42), (15, 42), (24, 100), (8, 100)], dark(c, 0.15)) + path("M-18 44C-16 26-8 22 0 22C8 22 16 26"
        " 18 44z", "#7b4038" if c != "#d93a32" else "#4d4a57") + cap("M-18 44C-16 26-8 22 0 22C8 22 16 26 18 44C10 38"
        " 4 42 0 37C-6 42-12 38-18 44z", m) + box(-7, 80, 14, 20, "#5b4030", 6) + window(-5, 54, 10, 10, m) + sails
        + disc(0, 38, 3.6, "#5b4636")
    )  # fmt: skip


@kind("church", 0.95, 104, colours=("white", "yellow", "grey", "red", "blue"))
def church(c: str, p: float, m: Mood) -> str:
    roof = "#5a5f78"
    return (
        box(-16, 60, 58, 40, c) + path("M-20 62L-10 40L36 40L48 62z", roof) + cap("M-20 62L-10 40L36 40L48 62C38 58"
        " 30 63 20 58C10 62 0 57-8 62C-12 58-16 60-20 62z", m) + "".join(path(f"M{x} 90V76C{x} 70 {x + 8} 70 {x + 8}"
        f" 76V90z", WARM if m.lit else PANE) for x in (4, 18, 31)) + box(-40, 40, 28, 60, pale(c, 0.15))
        + box(-20, 40, 8, 60, dark(c, 0.15)) + poly([(-44, 42), (-26, 8), (-8, 42)], roof)
        + stroke("M-26 8V-6M-31 -1h10", "#e2b94c", 2) + disc(-26, 54, 6, "#f7f4ec")
        + stroke("M-26 54v-4M-26 54h3", "#33323c", 1.2) + path("M-33 100V82C-33 74-19 74-19 82V100z", "#6b4a33")
    )  # fmt: skip


@kind("castle", 1.3, 96, colours=("grey", "white", "brown", "pink", "yellow"))
def castle(c: str, p: float, m: Mood) -> str:
    flag = "#d93a32" if c != "#f08bb0" else "#2f6fd0"

    def tower(x: float, w: float, top: float, k: str) -> str:
        return (
            box(x, top, w, 100 - top, k)
            + "".join(box(x - 2 + i * (w + 4) / 5, top - 6, (w + 4) / 7, 7, k) for i in range(5))
            + window(x + w / 2 - 2.5, top + 12, 5, 9, m, False)
        )

    def spire(x: float, w: float, top: float) -> str:
        return (
            poly([(x - 3, top), (x + w / 2, top - 26), (x + w + 3, top)], "#4f5f92")
            + stroke(f"M{x + w / 2} {top - 26}v-9", "#4a4650", 1.2)
            + path(f"M{x + w / 2} {top - 35}l11 3l-11 3z", flag)
        )

    return (
        tower(-14, 28, 36, dark(c, 0.08)) + spire(-14, 28, 34) + tower(-40, 80, 62, c)
        + tower(-58, 24, 44, pale(c, 0.12)) + spire(-58, 24, 42) + tower(34, 24, 44, dark(c, 0.16))
        + spire(34, 24, 42) + path("M-13 100V80C-13 66 13 66 13 80V100z", "#4a3226")
        + stroke("M-6 72V100M0 70V100M6 72V100M-13 86h26", "#2f2322", 1.4)
    )  # fmt: skip


@kind("tent", 1.5, 46)
def tent(c: str, p: float, m: Mood) -> str:
    inside = "rgb(255,206,110)" if m.lit else dark(c, 0.6)
    return (
        stroke("M-66 92L-84 100M62 92L84 100", "#d8c9a8", 1.6) + path("M-14 8L44 16L74 100L-14 100z", dark(c, 0.22))
        + path("M-14 8L-66 100L42 100z", c) + path("M-14 26L-36 100L14 100z", inside) + path("M-14 26L-36 100L-26 100"
        "C-22 70-16 44-14 26zM-14 26L14 100L6 100C-2 72-10 46-14 26z", pale(c, 0.4))
        + stroke("M-14 8L-18 2", "#6b4a33", 3)
    )  # fmt: skip


@kind("tipi", 0.95, 76, colours=("white", "red", "orange", "blue", "yellow"))
def tipi(c: str, p: float, m: Mood) -> str:
    band = "#c8473e" if c not in ("#d93a32", "#f0822b") else "#f2e3c0"
    return (
        stroke("M-8 26L10 0M8 26L-10 0M0 26L1-2", "#6b4a33", 2.6)
        + poly([(-5, 18), (5, 18), (44, 100), (-44, 100)], c)
        + poly([(2, 18), (5, 18), (44, 100), (18, 100)], dark(c, 0.16))
        + poly([(-26, 60), (26, 60), (31, 71), (-31, 71)], band)
        + poly([(-34, 79), (34, 79), (36, 83), (-36, 83)], band)
        + path("M0 62L-13 100L13 100z", "rgb(255,206,110)" if m.lit else "#4a3226")
    )  # fmt: skip


@kind("igloo", 1.7, 46, colours=("white", "blue"))
def igloo(c: str, p: float, m: Mood) -> str:
    c = mix(c, "#eef5fc", 0.72)
    return (
        path("M-76 100C-78 34-36 6 0 6C36 6 78 34 76 100z", c) + path("M20 10C54 22 78 50 76 100L50 100C54 60 46 30"
        " 20 10z", dark(c, 0.14)) + stroke("M-72 72H72M-60 44H60M-36 20H36M-40 20V44M4 6V20M-14 44V72M24 44V72M-50 72"
        "V100M44 72V100M8 20V44", mix(c, "#7fa3cc", 0.55), 1.8)
        + path("M-40 100V82C-40 54 16 54 16 82V100z", pale(c, 0.1))
        + path("M-30 100V84C-30 64 6 64 6 84V100z", "rgb(255,206,110)" if m.lit else "#46618a")
    )  # fmt: skip


@kind("bridge", 3.4, 44, "water", colours=("red", "grey", "brown", "white", "green"), turns=False)
def bridge(c: str, p: float, m: Mood) -> str:
    rails = "".join(
        stroke(f"M{x} {44 - 34 * (1 - (x / 165) ** 2):.1f}v-22", dark(c, 0.2), 4) for x in range(-150, 151, 30)
    )
    return (
        rails + path("M-170 60C-110 10-50 4 0 4C50 4 110 10 170 60L170 100L146 100C120 54 60 38 0 38C-60 38-120"
        " 54-146 100L-170 100z", c) + path("M-146 100C-120 54 60 30 146 100L138 100C60 44-60 44-138 100z",
        dark(c, 0.35)) + stroke("M-168 38C-108-14-50-18 0-18C50-18 108-14 168 38", pale(c, 0.15), 6)
        + path("M-170 60C-110 10-50 4 0 4C50 4 110 10 170 60L170 68C110 20 50 13 0 13C-50 13-110 20-170 68z",
        pale(c, 0.35))
    )  # fmt: skip


@kind("market stall", 1.15, 64)
def stall(c: str, p: float, m: Mood) -> str:
    stripes = "".join(
        path(
            f"M{-50 + 20 * i} 12L{-58 + 23.2 * i:.1f} 38q5.8 8 11.6 0t11.6 0L{-30 + 20 * i} 12z",
            c if i % 2 == 0 else "#f7f0e0",
        )
        for i in range(5)
    )
    fruit = "".join(disc(-40 + 10 * i, 67, 5.4, ("#e0564c", "#f2a93b", "#7db54a")[i // 3 % 3]) for i in range(9))
    lamp = halo(0, 44, 46, "rgb(255,206,110)", 0.75) + disc(0, 44, 4, WARM) if m.lit else ""
    return (
        box(-48, 30, 4, 70, "#7a5638") + box(44, 30, 4, 70, "#7a5638") + box(-46, 40, 92, 28, "#5b4034") + lamp
        + fruit + box(-52, 70, 104, 30, "#a8743f") + stroke("M-52 80h104M-52 90h104", "#7f5430", 1.6)
        + box(-54, 68, 108, 5, "#c99a5b", 1) + stripes + box(-52, 8, 104, 6, dark(c, 0.25), 2)
    )  # fmt: skip


@kind("well", 0.95, 52, colours=("grey", "brown", "white"))
def well(c: str, p: float, m: Mood) -> str:
    return (
        box(-30, 20, 5, 50, "#6b4a33") + box(25, 20, 5, 50, "#6b4a33")
        + poly([(-46, 28), (0, 0), (46, 28)], "#9c4a3c") + poly([(0, 0), (46, 28), (0, 28)], "#81392f")
        + cap("M-46 28L0 0L46 28C34 22 22 30 12 22C0 28-14 20-24 26C-32 22-40 26-46 28z", m)
        + stroke("M0 30V56", "#d8c9a8", 1.6) + path("M-7 54h14l-2 12h-10z", "#8a5632")
        + path("M-38 66h76v30c-20 6-56 6-76 0z", c) + oval(0, 66, 38, 7, dark(c, 0.45))
        + stroke("M-38 78q38 10 76 0M-38 88q38 10 76 0M-16 82v8M14 83v8M-26 71v7M2 74v8M28 70v7", dark(c, 0.25), 1.6)
    )  # fmt: skip


@kind("fountain", 1.1, 66, colours=("grey", "white", "teal"))
def fountain(c: str, p: float, m: Mood) -> str:
    jets = "M0 20C-4 4-22 6-30 44M0 20C4 4 22 6 30 44M0 20C-2 0-12 2-14 42M0 20C2 0 12 2 14 42M0 36V6"
    return (
        stroke(jets, "#dff1fa", 3, opacity="0.9") + path("M-34 42h68c-4 12-16 14-28 14h-12c-12 0-24-2-28-14z", c)
        + box(-6, 54, 12, 28, dark(c, 0.15)) + stroke("M-33 46C-36 60-36 68-37 76M33 46C36 60 36 68 37 76", "#dff1fa",
        2.6, opacity="0.8") + path("M-54 76h108v16c-10 10-98 10-108 0z", c) + oval(0, 77, 52, 6.5, "#8fcbe6")
        + path("M-54 86h108v6c-10 10-98 10-108 0z", dark(c, 0.2))
    )  # fmt: skip


@kind("skyscraper", 0.42, 140, colours=("blue", "grey", "teal", "red", "white", "brown"))
def skyscraper(c: str, p: float, m: Mood) -> str:
    c = mix(c, "#8794a8", 0.35)
    rows = "".join(
        box(-13 + 7.2 * i, 20 + 8 * j, 4.6, 4.8, WARM if m.lit and (i * 7 + j * 5) % 3 else mix(c, "#d6ecf5", 0.55))
        for j in range(9)
        for i in range(4)
    )
    return (
        box(-17, 14, 34, 86, c) + box(7, 14, 10, 86, dark(c, 0.18)) + rows + box(-11, 8, 22, 7, dark(c, 0.2))
        + stroke("M0 8V-8", "#4a4650", 1.6) + (disc(0, -8, 2, "rgb(255,90,80)") if m.lit else "")
    )  # fmt: skip


@kind("greenhouse", 1.6, 50, colours=("white", "green"))
def greenhouse(c: str, p: float, m: Mood) -> str:
    plants = "".join(
        disc(x, 84, 12, k)
        for x, k in (
            (-54, "#4f9a4a"),
            (-34, "#6db35c"),
            (-10, "#3f8a48"),
            (14, "#74b85a"),
            (38, "#4f9a4a"),
            (58, "#5fa852"),
        )
    )
    pane = "rgb(255,236,170)" if m.lit else "#cfe9ee"
    return (
        path("M-74 100V44L-52 10H52L74 44V100z", pane, opacity="0.9") + plants
        + "".join(disc(x, 78, 3.6, "#e0564c") for x in (-50, -14, 20, 52)) + stroke("M-74 100V44L-52 10H52L74 44V100z"
        "M-74 44H74M-37 100V44L-26 10M0 100V10M37 100V44L26 10", c, 3.4) + box(-76, 92, 152, 8, dark(c, 0.25))
    )  # fmt: skip


@kind("beach hut", 0.8, 62, colours=ANY)
def hut(c: str, p: float, m: Mood) -> str:
    planks = "".join(box(-28 + 14 * i, 36, 7, 60, pale(c, 0.7)) for i in range(4))
    return (
        box(-28, 36, 56, 60, c) + planks + poly([(-28, 38), (0, 14), (28, 38)], c)
        + poly([(-36, 42), (0, 6), (36, 42), (30, 44), (0, 15), (-30, 44)], dark(c, 0.3))
        + box(-11, 54, 22, 42, "#f7f0e0", 1) + window(-6, 60, 12, 12, m) + box(-32, 95, 64, 5, "#8a6a4a")
    )  # fmt: skip
