"""Animals of land, air and water, and people; legs, wings and fins move with the phase."""

from __future__ import annotations

from ace_core.studio.painter.ink import box, dark, disc, group, mix, oval, pale, path, poly, stroke, turn
from ace_core.studio.painter.kinds import Mood, kind, swing

EYE = "#1f1a24"
BLUSH = "#f4a6a0"


def legs(xs: tuple[float, ...], hip: float, width: float, colour: str, p: float, hoof: str = "") -> str:
    """Four legs from `hip` to the ground, far pair darker, walking in diagonal pairs."""
    drawn = []
    for i, x in enumerate(xs):
        shade = colour if i % 2 else dark(colour, 0.3)
        leg = (
            path(f"M{x - width / 2} {hip}L{x - width * 0.36} 97q0 3 {width * 0.36} 3t{width * 0.42} -3L"
            f"{x + width / 2} {hip}z", shade)
        )  # fmt: skip
        if hoof:
            leg += box(x - width * 0.42, 94, width * 0.86, 6, hoof, 1.5)
        drawn.append(turn(leg, swing(p, 17, 0.0 if i in (0, 3) else 0.5), x, hip))
    return "".join(drawn)


@kind("horse", 1.25, 64, colours=("brown", "black", "white", "grey"))
def horse(c: str, p: float, m: Mood) -> str:
    mane = dark(c, 0.55)
    return (
        legs((-35, -29, 17, 23), 56, 9, c, p, mane) + path("M-39 38C-56 40-56 62-51 78C-44 66-42 56-37 46z", mane)
        + path("M-44 46C-46 28-18 34 2 35C14 35 20 24 27 12C31 5 38 2 44 5L60 22C64 28 58 33 52 30L42 27C38 36 36 48"
        " 31 58" "C26 68 8 65-8 64C-26 68-42 66-44 46z", c) + path("M-42 54C-30 62 14 60 31 56C24 68 8 65-8 64C-26"
        " 68-40 66-42 54z", dark(c, 0.2)) + path("M43 4C28 1 17 18 10 35C20 36 27 28 31 17C34 11 38 7 43 4z", mane)
        + poly([(38, 6), (40, -3), (45, 5)], c) + disc(47, 15, 1.8, EYE)
    )  # fmt: skip


@kind("cow", 1.35, 56, colours=("brown", "white", "black"))
def cow(c: str, p: float, m: Mood) -> str:
    spot = "#3b3036" if c > "#a0" else "#f3ece0"
    return (
        legs((-38, -31, 20, 27), 62, 10, c, p, "#3a2f33")
        + path("M-46 36C-54 44-53 62-52 74l4 0C-49 60-47 52-42 44z", dark(c)) + oval(-24, 74, 8, 6, "#eeb0a6")
        + path("M-48 42C-47 30-38 29-20 30L22 29C36 28 38 40 36 56C34 72 24 74 6 73L-34 74C-48 74-49 58-48 42z", c)
        + path("M-36 30C-38 46-20 50-16 38C-14 32-18 30-20 30zM4 30C0 46 10 60 20 52C30 46 24 34 20 29zM-46 60c6-6 14"
        " 0 12 8" "c-1 5-6 6-10 5z", spot) + path("M30 26C30 18 40 14 48 18L60 34C64 42 58 48 50 46L36 44C30 40 30 32"
        " 30 26z", c) + oval(56, 41, 8, 6.5, "#e9b3a4") + disc(58, 39, 1.3, EYE) + disc(45, 27, 1.9, EYE)
        + path("M36 18C32 10 36 5 40 4C39 10 40 14 43 17z", "#efe3c2") + oval(32, 23, 7, 3.4, dark(c))
    )  # fmt: skip


@kind("sheep", 1.25, 46, colours=("white", "black", "grey"))
def sheep(c: str, p: float, m: Mood) -> str:
    face = "#3a343f" if c > "#5" else "#8b8494"
    wool = dark(c, 0.12)
    puffs = [
        (-30, 46, 18),
        (-14, 36, 20),
        (8, 35, 20),
        (24, 46, 17),
        (20, 60, 17),
        (-2, 64, 19),
        (-26, 62, 18),
        (-4, 50, 22),
    ]
    return (
        legs((-26, -18, 12, 20), 66, 8, face, p) + "".join(disc(x, y + 3, r, wool) for x, y, r in puffs)
        + "".join(disc(x, y, r - 1.5, c) for x, y, r in puffs) + path("M32 26C42 22 52 30 54 42C55 52 46 56 40 52C32"
        " 48 28 34 32 26z", face) + disc(36, 26, 8, c) + disc(30, 31, 6, c) + oval(29, 40, 8, 3.6, face)
        + disc(46, 38, 1.9, "#ffffff") + disc(46.6, 38, 1.1, EYE)
    )  # fmt: skip


@kind("pig", 1.35, 42, colours=("pink", "brown"))
def pig(c: str, p: float, m: Mood) -> str:
    return (
        legs((-32, -24, 16, 24), 68, 11, dark(c, 0.1), p, "#7a4a50")
        + stroke("M-48 46c-8-2-8-12-2-12c6 0 4 8-2 6", c, 4)
        + path("M-48 52C-48 28-24 22 0 24C30 24 40 38 40 54C40 74 20 82-4 82C-30 82-48 76-48 52z", c)
        + path("M-44 64C-30 76 20 76 38 62C34 76 18 82-4 82C-26 82-40 78-44 64z", dark(c, 0.13))
        + disc(38, 46, 22, pale(c, 0.12)) + path("M24 30C22 18 28 14 36 22z", dark(c, 0.2))
        + oval(58, 50, 7, 9, dark(c, 0.12)) + disc(58, 47, 1.6, EYE) + disc(58, 54, 1.6, EYE) + disc(46, 40, 2.2, EYE)
    )  # fmt: skip


@kind("dog", 1.1, 40, colours=("brown", "black", "white", "yellow", "grey"))
def dog(c: str, p: float, m: Mood) -> str:
    tail = turn(path("M-36 48C-48 40-52 24-46 14C-42 22-42 34-30 42z", c), swing(p, 14), -34, 46)
    return (
        tail + legs((-30, -23, 14, 21), 62, 9, c, p) + path("M-38 52C-38 40-24 40-6 42C8 42 14 34 16 26L36 34C36 50"
        " 32 66 24 70C12 74 0 66-14 68C-30 74-38 68-38 52z", c) + path("M-34 62C-20 60 0 62 28 60C26 68 22 71 16 70C4"
        " 68-4 66-14 68C-26 72-33 70-34 62z", pale(c, 0.35)) + path("M12 24C12 10 24 2 36 8C42 10 44 16 54 20C60 24"
        " 56 33 48 33C38 36 32 42 24 40C16 38 12 32 12 24z", c)
        + path("M16 8C6 8 4 22 9 34C16 34 20 24 22 12z", dark(c, 0.4)) + disc(55, 22, 3.6, EYE)
        + disc(37, 17, 2.3, EYE) + path("M16 40L32 41L31 46L15 45z", "#d9433b")
    )  # fmt: skip


@kind("cat", 1.0, 38, colours=("orange", "black", "white", "grey"))
def cat(c: str, p: float, m: Mood) -> str:
    tail = turn(stroke("M-24 90C-48 92-50 66-40 54C-36 48-42 42-46 44", c, 8), swing(p, 8), -24, 90)
    stripes = "".join(
        stroke(d, dark(c, 0.3), 2.6) for d in ("M-20 62q8 4 10-2", "M-23 72q9 4 13-2", "M-22 82q9 4 14-2")
    )
    return (
        tail + path("M-28 100C-34 74-22 50 0 46L18 48C24 62 22 84 22 100z", c) + stripes
        + path("M2 100C0 84 4 72 10 66L22 66C26 76 24 90 26 100z", pale(c, 0.3)) + path("M-10 16L-6 -4L10 6L22 5L36"
        " -5L38 16C42 34 30 48 14 48C-4 48-14 34-10 16z", c) + path("M-5 2L-2 12L5 8zM34 2L32 12L26 8z", BLUSH)
        + oval(6, 24, 3, 4, "#d8e06a") + oval(25, 24, 3, 4, "#d8e06a") + oval(6.5, 24, 1.3, 3.4, EYE)
        + oval(25.5, 24, 1.3, 3.4, EYE) + oval(16, 35, 9, 6, pale(c, 0.5))
        + poly([(13, 31), (19, 31), (16, 35)], "#d9757a")
        + stroke("M26 35l14-3M26 38l14 2M6 35l-14-3M6 38l-14 2", "#f4efe6", 0.9)
    )  # fmt: skip


@kind("fox", 1.5, 38, colours=("orange", "white", "grey"))
def fox(c: str, p: float, m: Mood) -> str:
    cream = pale(c, 0.7)
    tail = (
        turn(path("M-30 50C-50 44-78 52-82 74C-66 82-44 76-30 62z", c) + path("M-82 74C-80 64-74 60-68 57C-70 66-66"
        " 74-62 78C-70 80-78 78-82 74z", cream), swing(p, 7), -30, 54)
    )  # fmt: skip
    return (
        tail + legs((-28, -21, 16, 23), 62, 8, dark(c, 0.5), p) + path("M-38 54C-38 40-20 42 0 42C16 42 22 36 26 30"
        "L40 42C40 58 34 68 22 70C6 72-4 66-16 68C-30 72-38 66-38 54z", c) + path("M22 48C30 46 36 46 40 46C39 58 34"
        " 68 22 70C16 66 16 54 22 48z", cream) + path("M18 24L22 0L34 12L46 14L70 32C66 40 54 40 46 42C32 46 20 40 18"
        " 24z", c) + path("M46 42C54 40 66 40 70 32C60 32 48 30 40 38C36 42 40 44 46 42z", cream)
        + poly([(24, 6), (25, 16), (31, 14)], dark(c, 0.5)) + disc(70, 32, 3, EYE) + disc(47, 24, 2.2, EYE)
    )  # fmt: skip


@kind("deer", 1.0, 74, colours=("brown", "white"))
def deer(c: str, p: float, m: Mood) -> str:
    antler = "#e7d3a8"
    return (
        legs((-28, -22, 14, 19), 66, 6.5, c, p, "#46342c") + path("M-32 50C-42 48-42 58-36 62z", "#f6efe0")
        + path("M-36 56C-36 46-20 48-4 48C8 48 14 38 18 28L30 34C28 46 28 60 22 68C12 74-2 68-14 70C-28 74-36 68-36"
        " 56z", c) + path("M-28 68C-10 64 10 68 20 69C10 73-2 68-14 70C-20 72-26 71-28 68z", pale(c, 0.5))
        + path("M16 30C16 22 24 18 32 20L48 28C50 34 44 37 38 36C30 40 20 40 16 30z", c)
        + oval(14, 22, 8, 3.6, dark(c, 0.2), transform="rotate(24 14 22)") + disc(33, 26, 1.8, EYE)
        + disc(48, 30, 2.2, EYE) + stroke("M22 20C14 12 12 6 14 0M16 10L8 6M27 19C28 10 34 6 36 -1M30 10L38 12",
        antler, 2.6) + "".join(disc(x, y, 1.6, pale(c, 0.7)) for x,
        y in ((-26, 54), (-18, 57), (-10, 54), (-22, 61), (-2, 56)))
    )  # fmt: skip


@kind("rabbit", 0.9, 30, colours=("white", "brown", "grey"))
def rabbit(c: str, p: float, m: Mood) -> str:
    return (
        disc(-34, 80, 9, pale(c, 0.6)) + path("M-36 92C-38 60-10 48 12 56C28 64 28 84 26 98L-22 100C-32 100-36 98-36"
        " 92z", c) + oval(-12, 94, 19, 6, dark(c, 0.12)) + oval(22, 95, 9, 5, c) + path("M8 34C-4 22-6 4 0 0C8 2 14"
        " 18 16 32zM20 32C18 16 22 2 30 0C34 8 30 24 26 34z", c) + path("M9 28C2 20 0 8 2 5C8 8 12 20 13 29z", BLUSH)
        + oval(20, 46, 21, 17, c) + disc(27, 42, 2.6, EYE) + disc(40, 48, 2.2, "#d9757a")
        + oval(26, 54, 6, 3, pale(c, 0.5))
    )  # fmt: skip


@kind("bear", 1.3, 58, colours=("brown", "black", "white"))
def bear(c: str, p: float, m: Mood) -> str:
    return (
        legs((-34, -24, 14, 24), 62, 17, c, p) + path("M-48 58C-48 30-26 22-4 26C14 26 24 24 34 28C44 40 38 64 28 74"
        "C10 82-16 80-34 78C-46 76-48 70-48 58z", c) + path("M-44 64C-24 74 10 74 34 62C32 70 30 73 28 74C10 82-16"
        " 80-34 78C-42 76-44 72-44 64z", dark(c, 0.22)) + disc(28, 20, 7, c) + disc(28, 20, 3.4, dark(c, 0.3))
        + disc(38, 36, 20, c) + oval(55, 42, 9, 7.5, pale(c, 0.4)) + oval(61, 38, 4, 3, EYE) + disc(45, 31, 2.1, EYE)
    )  # fmt: skip


@kind("camel", 1.2, 68, colours=("brown", "yellow", "white"))
def camel(c: str, p: float, m: Mood) -> str:
    c = mix(c, "#d8a763", 0.5)
    return (
        legs((-36, -29, 10, 17), 60, 8, c, p, dark(c, 0.4)) + stroke("M-42 46C-50 52-50 64-49 72", dark(c, 0.3), 3)
        + path("M-44 52C-46 40-38 38-34 36C-32 20-22 14-14 30C-12 34-8 34-6 30C-2 14 8 18 12 36C20 44 28 40 30 28C31"
        " 16 34 8 42 6" "L58 14C62 20 58 25 52 24L42 24C42 40 40 60 22 64C4 68-20 64-32 66C-42 66-44 60-44 52z", c)
        + path("M-40 58C-20 62 10 62 34 54C30 62 26 63 22 64C4 68-20 64-32 66C-38 66-40 62-40 58z", dark(c, 0.2))
        + path("M-20 34L10 34L14 52L-24 52z", "#c8413a") + path("M-21 38L11 38L12 43L-22 43z", "#f2c14b")
        + oval(41, 5, 4, 2.4, dark(c, 0.3)) + disc(48, 13, 1.8, EYE)
    )  # fmt: skip


@kind("hen", 1.05, 32, colours=("white", "brown", "black", "orange"))
def hen(c: str, p: float, m: Mood) -> str:
    return (
        stroke("M-6 78L-8 98M-8 98h9M8 78L8 98M8 98h9", "#e59a2c", 3.4) + path("M-26 54C-44 52-52 34-46 18C-36 24-30"
        " 34-22 40z", dark(c, 0.3)) + path("M-34 56C-30 36-8 44 6 40C14 36 12 20 20 14C30 8 40 16 38 28C38 44 38 60"
        " 28 72C16 86-10 86-22 78C-32 72-36 64-34 56z", c)
        + path("M-20 56C-8 48 8 50 14 58C8 72-12 72-20 56z", dark(c, 0.2)) + path("M18 14C16 4 22 4 24 8C26 0 32 2 32"
        " 8C38 4 40 10 36 14z", "#d93a32") + oval(36, 34, 4, 6, "#d93a32")
        + poly([(37, 20), (50, 25), (37, 29)], "#efb03a") + disc(31, 21, 2.3, EYE)
    )  # fmt: skip


@kind("duck", 1.35, 30, "water", colours=("white", "yellow", "green", "brown"))
def duck(c: str, p: float, m: Mood) -> str:
    return (
        path("M-56 62C-50 50-40 66-20 60C-2 54 8 62 16 52C20 46 14 36 14 26C14 10 36 4 44 18C50 32 42 44 44 60C46 84"
        " 24 98-6 98" "C-36 98-52 84-56 62z", c) + path("M-38 70C-24 60 2 62 12 72C4 88-26 88-38 70z", dark(c, 0.2))
        + path("M44 20C54 22 62 26 64 31C58 35 48 34 44 31z", "#f0962d") + disc(34, 20, 2.8, EYE)
    )  # fmt: skip


@kind("swan", 1.25, 46, "water", colours=("white", "black"))
def swan(c: str, p: float, m: Mood) -> str:
    return (
        path("M-58 58C-46 64-40 46-16 50C4 52 16 66 26 60C34 52 18 42 18 24C18 4 42-4 50 14C52 22 46 24 44 18C38 8 30"
        " 16 32 26" "C36 42 50 56 40 78C32 96 10 99-14 98C-44 96-56 80-58 58z", c) + path("M-48 62C-30 52 0 58 14 72"
        "C2 90-34 88-48 62z", dark(c, 0.12)) + path("M-36 70C-20 64-4 68 6 76C-6 86-26 84-36 70z", pale(c, 0.6))
        + path("M49 12C58 16 62 22 62 26C56 26 50 24 47 20z", "#ef8b2e")
        + disc(43, 11, 2, EYE if c > "#8" else "#d93a32")
    )  # fmt: skip


@kind("flamingo", 0.6, 62, colours=("pink",))
def flamingo(c: str, p: float, m: Mood) -> str:
    return (
        stroke("M-4 56L-6 98h6M4 56L14 74L0 80", dark(c, 0.2), 3) + path("M-30 54C-26 36-6 34 8 38C12 30 26 28 24 18"
        "C22 8 10 8 12 18L8 18C4 4 26-2 30 14C32 28 18 32 16 44C12 60-14 64-30 54z", c)
        + path("M-26 52C-16 42 0 44 6 48C-2 58-16 60-26 52z", dark(c, 0.2)) + disc(17, 8, 7, c)
        + path("M22 4C32 8 34 16 30 22C26 18 24 14 22 12z", "#f6e7d8") + path("M31 15C32 18 32 20 30 22L27 18z", EYE)
        + disc(20, 7, 1.7, EYE)
    )  # fmt: skip


@kind("penguin", 0.62, 48, colours=("black", "blue"))
def penguin(c: str, p: float, m: Mood) -> str:
    flap = swing(p, 14)
    return (
        oval(-8, 97, 11, 4, "#ee9a30") + oval(12, 97, 11, 4, "#ee9a30") + turn(path("M-22 38C-36 52-36 70-32 78C-24"
        " 70-20 58-18 48z", dark(c, 0.2)), flap, -20, 40) + path("M-26 96C-30 60-24 38-18 26C-16 4 22 0 24 24C30 40"
        " 32 70 28 96z", c) + path("M-10 96C-14 70-12 50 2 40C2 30 10 24 20 28C26 48 28 74 24 96z", "#f8f4ea")
        + path("M-6 42C4 48 14 46 22 38L23 44C14 52 2 52-7 48z", "#f2b53c") + turn(path("M20 42C32 54 34 68 31 78C25"
        " 72 20 60 18 50z", dark(c, 0.15)), -flap, 22, 42) + poly([(22, 18), (38, 23), (23, 27)], "#ee9a30")
        + disc(14, 18, 2.6, "#ffffff") + disc(14.6, 18, 1.5, EYE)
    )  # fmt: skip


@kind("bird", 1.7, 22, "air", colours=("white", "black", "red", "blue", "yellow"))
def bird(c: str, p: float, m: Mood) -> str:
    flap = swing(p, 38, 0.12)
    wing = path("M-4 52C-12 26-34 6-54 0C-40 12-34 40 10 56z", c) + path(
        "M-54 0C-46 4-40 8-36 11C-34 16-32 21-29 25C-38 14-46 6-54 0z", dark(c, 0.5)
    )
    far = path("M6 50C14 26 32 10 50 6C40 18 36 40 14 56z", dark(c, 0.25))
    return (
        turn(far, -flap * 0.6, 8, 52) + poly([(-40, 54), (-62, 46), (-60, 62)], dark(c, 0.2))
        + path("M-46 54C-26 44 10 42 34 46C48 46 56 52 54 58C40 68-20 72-46 54z", c) + turn(wing, flap, 2, 54)
        + poly([(52, 51), (68, 57), (52, 60)], "#f0a233") + disc(45, 51, 2.6, EYE if c != "#33323c" else "#f0efe9")
    )  # fmt: skip


@kind("owl", 0.7, 44, colours=("brown", "white", "grey"))
def owl(c: str, p: float, m: Mood) -> str:
    return (
        path("M-30 100C-38 60-34 30-28 4L-14 14C-6 11 6 11 14 14L28 4C34 30 38 60 30 100z", c)
        + path("M-20 98C-24 70-14 54 0 54C14 54 24 70 20 98z", pale(c, 0.5))
        + "".join(stroke(f"M{x} {y}q4 5 8 0", dark(c, 0.35), 2) for x,
        y in ((-12, 66), (2, 66), (-6, 76), (-14, 84), (4, 84))) + path("M-30 46C-40 66-38 84-30 94C-24 80-24 60-30"
        " 46zM30 46C40 66 38 84 30 94C24 80 24 60 30 46z", dark(c, 0.3)) + disc(-13, 32, 13, pale(c, 0.7))
        + disc(13, 32, 13, pale(c, 0.7)) + disc(-13, 32, 8, "#f5c542") + disc(13, 32, 8, "#f5c542")
        + disc(-13, 32, 4.5, EYE) + disc(13, 32, 4.5, EYE) + poly([(-5, 38), (5, 38), (0, 48)], "#e39a33")
    )  # fmt: skip


@kind("butterfly", 1.2, 24, "air", colours=("orange", "blue", "yellow", "purple", "white", "pink"))
def butterfly(c: str, p: float, m: Mood) -> str:
    fold = 1 - 0.55 * abs(swing(p, 1, 0.0))
    wing = (
        path("M0 52C8 14 44-4 58 8C64 30 40 52 0 54zM0 54C30 52 52 64 46 84C36 100 10 84 0 56z", c)
        + path("M58 8C64 30 40 52 4 54C34 46 50 28 50 6C54 5 57 6 58 8z", dark(c, 0.55))
        + disc(34, 26, 6, pale(c, 0.7)) + disc(30, 74, 5, pale(c, 0.7))
    )  # fmt: skip
    return (
        group(wing, f"scale({fold:.2f} 1)") + group(wing, f"scale({-fold:.2f} 1)")
        + oval(0, 54, 3.4, 26, EYE) + stroke("M0 30C-3 18-8 14-12 12M0 30C3 18 8 14 12 12", EYE, 1.6)
    )  # fmt: skip


@kind("whale", 1.9, 62, "water", colours=("blue", "grey", "black"))
def whale(c: str, p: float, m: Mood) -> str:
    tail = turn(
        path("M-66 74C-82 70-92 56-104 54C-98 62-98 68-94 74C-100 78-104 84-106 88C-94 88-82 88-64 92z", c),
        swing(p, 10),
        -66,
        84,
    )
    spout = stroke("M34 36C34 20 26 8 14 8M34 36C36 18 44 8 56 9M35 34L35 12", "#e8f6fb", 4, opacity="0.9")
    return (
        spout + tail + path("M-74 92C-60 66-30 36 24 36C68 36 88 62 88 98L-78 98C-78 96-76 94-74 92z", c)
        + path("M10 98C20 84 56 80 87 90L88 98z", pale(c, 0.6)) + stroke("M36 98C48 90 64 88 80 90M30 94C44 84 62 82"
        " 84 85", mix(c, "#ffffff", 0.35), 1.4) + disc(58, 72, 3, EYE)
        + path("M10 84C2 94-8 98-18 98L8 98z", dark(c, 0.3))
    )  # fmt: skip


@kind("dolphin", 1.6, 46, "water", colours=("grey", "blue"))
def dolphin(c: str, p: float, m: Mood) -> str:
    return (
        turn(path("M-60 98C-56 60-30 26 8 22C4 12-2 6-8 2C8 2 22 10 28 22C46 26 56 38 58 46C70 50 74 56 72 60C64 62"
        " 54 60 48 58" "C28 58-14 56-40 92C-38 98-34 100-28 100C-40 106-54 104-60 98z", c)
        + path("M48 58C28 58-14 56-40 92C-20 60 24 44 58 50C70 52 74 56 72 60C64 62 54 60 48 58z", pale(c, 0.65))
        + path("M18 54C14 66 6 74-4 76C0 68 2 60 4 52z", dark(c, 0.25)) + disc(48, 44, 2.4, EYE), swing(p, 8), 0, 60)
    )  # fmt: skip


@kind("fish", 1.7, 30, "swim", colours=("orange", "yellow", "blue", "red", "purple", "pink", "green"))
def fish(c: str, p: float, m: Mood) -> str:
    tail = group(
        path("M-40 50L-78 22C-70 42-70 60-78 80z", dark(c, 0.2)),
        f"translate(-40 0) scale({1 - 0.2 * abs(swing(p, 1)):.2f} 1) translate(40 0)",
    )
    return (
        tail + path("M-20 20C0 2 24 4 34 22zM-10 80C0 92 14 92 20 80z", dark(c, 0.25)) + path("M-48 50C-30 14 30 4 66"
        " 48C34 94-28 88-48 50z", c) + path("M-48 50C-20 66 30 70 66 48C34 94-28 88-48 50z", dark(c, 0.13))
        + path("M8 17C18 36 18 66 8 84C16 84 24 82 30 79C38 60 38 38 30 20C24 17 16 16 8 17zM-24 26C-16 40-16 60-24"
        " 76C-20 79-16 80-12 82C-4 62-4 38-12 19z", "#fbf4e6", opacity="0.85") + disc(48, 42, 6, "#ffffff")
        + disc(49.5, 42, 3.2, EYE)
    )  # fmt: skip


@kind("turtle", 1.5, 42, "swim", colours=("green", "teal", "brown"))
def turtle(c: str, p: float, m: Mood) -> str:
    skin = mix(c, "#a9c46a", 0.5)
    return (
        turn(path("M-30 62C-52 66-62 78-64 88C-48 86-34 78-22 70z", dark(skin, 0.2)), swing(p, 16), -28, 64)
        + turn(path("M22 62C20 84 8 98-6 100C-4 86 2 72 10 64z", skin), swing(p, 22), 18, 62)
        + oval(54, 44, 17, 13, skin) + disc(61, 40, 2.6, EYE) + stroke("M62 49q5 0 7-3", dark(skin, 0.4), 1.6)
        + path("M-50 62C-48 22-12 8 14 22C34 32 42 48 42 62C20 74-30 74-50 62z", c)
        + path("M-50 62C-20 70 14 70 42 62C20 76-30 76-50 62z", pale(c, 0.5))
        + path("M-20 30l14-8l14 8l-3 16l-22 0zM-36 44l12-8l4 14l-10 8zM14 32l12 10l4 14l-16-8z", dark(c, 0.3))
    )  # fmt: skip


@kind("jellyfish", 0.75, 52, "swim", colours=("pink", "purple", "blue", "orange"))
def jellyfish(c: str, p: float, m: Mood) -> str:
    s = swing(p, 7)
    arms = "".join(
        stroke(f"M{x} 46C{x - 6 + s} 60 {x + 6} 72 {x - s} 84S{x + s} 94 {x} 100", pale(c, 0.25 if i % 2 else 0.5), 3.2)
        for i, x in enumerate((-24, -12, 0, 12, 24))
    )
    return (
        arms + path("M-36 48C-38 8-14 0 0 0C14 0 38 8 36 48C28 42 22 42 18 48C12 42 6 42 0 48C-6 42-12 42-18 48C-22"
        " 42-28 42-36 48z", c) + path("M-26 30C-24 14-12 8-4 8C-14 14-18 22-18 32z", pale(c, 0.6))
    )  # fmt: skip


@kind("octopus", 1.15, 54, "seabed", colours=("purple", "red", "orange", "pink"))
def octopus(c: str, p: float, m: Mood) -> str:
    s = swing(p, 5)
    arms = "".join(
        stroke(
            f"M{x * 0.4} 56C{x} {62 + s} {x * 0.9} 84 {x * 1.4} {92 - s}q{x * 0.3} 4 {x * 0.3} -8",
            dark(c, 0.18 if i % 2 else 0),
            9,
        )
        for i, x in enumerate((-44, 44, -28, 28, -12, 12))
    )
    return (
        arms + path("M-32 34C-34-8 34-10 32 34C32 50 26 68 0 68C-26 68-32 50-32 34z", c)
        + path("M-22 20C-20 8-10 2-2 2C-12 10-14 18-14 26z", pale(c, 0.4)) + oval(-10, 42, 7, 9, "#ffffff")
        + oval(12, 42, 7, 9, "#ffffff") + disc(-8, 43, 4, EYE) + disc(14, 43, 4, EYE)
        + stroke("M-4 58q6 4 12 0", dark(c, 0.5), 2)
    )  # fmt: skip


@kind("crab", 1.7, 24, colours=("red", "orange"))
def crab(c: str, p: float, m: Mood) -> str:
    s = swing(p, 6)
    side = (
        stroke(f"M24 70L50 {62 + s}L58 96M22 78L42 {76 - s}L48 98", dark(c, 0.2), 5)
        + stroke("M30 60C50 54 58 46 58 34", c, 8) + path("M48 36C44 14 56 4 64 2C62 10 62 16 66 20C70 16 74 10 74 6"
        "C82 20 76 40 60 42z", c)
    )  # fmt: skip
    return (
        side + group(side, "scale(-1 1)") + path("M-40 66C-38 40 38 40 40 66C34 92-34 92-40 66z", c)
        + path("M-30 62C-24 50-8 48 0 48C-12 54-18 58-20 66z", pale(c, 0.35))
        + stroke("M-12 46L-14 34M12 46L14 34", c, 4) + disc(-14, 31, 6, "#ffffff") + disc(14, 31, 6, "#ffffff")
        + disc(-13, 31, 3, EYE) + disc(15, 31, 3, EYE)
    )  # fmt: skip


@kind("starfish", 1.05, 20, "seabed", colours=("orange", "red", "pink"))
def starfish(c: str, p: float, m: Mood) -> str:
    return (
        path("M0 4C6 4 10 30 16 36C24 40 50 36 52 42C52 50 30 60 28 66C28 74 40 96 34 99C26 102 8 84 0 84C-8 84-26"
        " 102-34 99" "C-40 96-28 74-28 66C-30 60-52 50-52 42C-50 36-24 40-16 36C-10 30-6 4 0 4z", c)
        + "".join(disc(x, y, 3.6, pale(c, 0.5)) for x,
        y in ((0, 58), (0, 28), (28, 47), (-28, 47), (18, 80), (-18, 80)))
    )  # fmt: skip


_FOLK = (
    (("#e9b48f", "#4a3226"), ("#8d5a3c", "#241a1c"), ("#f2c9a8", "#c98a3c"), ("#c68a5e", "#2e2226"),
    ("#e0a682", "#8a3f2a"))
)  # fmt: skip # skin, hair


def _walker(c: str, p: float, extra: str = "") -> str:
    trousers, (skin, hair) = "#3d4766", _FOLK[int(c[1:], 16) % len(_FOLK)]

    def leg(shade: str, offset: float) -> str:
        return turn(
            path("M-6 60L-6 95L8 97Q9 93 4 91L5 60z", shade) + box(-7, 94, 17, 6, "#3a2c2b", 2.5),
            swing(p, 24, offset),
            0,
            60,
        )

    def arm(shade: str, offset: float) -> str:
        return turn(
            path("M-4 32C-7 42-7 52-5 60L3 60C4 50 5 42 5 34z", shade) + disc(-1, 61, 4, skin),
            swing(p, 22, offset),
            0,
            34,
        )

    return (
        leg(dark(trousers, 0.35), 0.5) + arm(dark(c, 0.3), 0.0) + leg(trousers, 0.0) + extra
        + path("M-12 68C-14 46-14 30-4 27L6 27C14 30 14 48 13 68z", c) + path("M4 27C14 30 14 48 13 68L6 68C9 52 8 38"
        " 4 27z", dark(c, 0.2)) + arm(pale(c, 0.1), 0.5) + disc(1, 14, 11, skin) + path("M-11 14C-13-2 12-4 12 10C6 8"
        " 0 6-4 10C-4 16-8 22-11 14z", hair) + disc(8, 14, 1.5, EYE)
    )  # fmt: skip


@kind("person", 0.45, 58, colours=("red", "yellow", "green", "blue", "purple", "pink", "white", "orange"))
def person(c: str, p: float, m: Mood) -> str:
    hat = (
        path("M-13 8C-12-8 12-8 13 8L15 10L-14 10z", "#d9433b" if c != "#d93a32" else "#2f6fd0")
        + disc(0, -5, 4, "#f7f4ec")
        if m.season == "winter"
        else ""
    )
    return _walker(c, p) + hat


@kind("hiker", 0.6, 58, colours=("red", "orange", "yellow", "blue", "green"))
def hiker(c: str, p: float, m: Mood) -> str:
    pack = path("M-12 30C-28 26-30 36-29 50C-28 62-16 62-12 58z", "#8a5632") + box(-27, 24, 14, 7, pale("#8a5632"), 3)
    hat = path("M-17 6C-10 2 12 2 18 7L18 10L-17 9z", "#a8824c") + path("M-9 5C-8-8 10-8 11 6z", "#b8935c")
    return _walker(c, p, pack) + hat + stroke("M22 38L27 100", "#7a5638", 2.6)
