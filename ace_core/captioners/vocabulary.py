"""A vocabulary of tags as a plain text file: what may be seen or heard, and the sentences that tags make.

    [what] a photo of {}. | a picture that shows {}. | a photo.
    a dog
    a cat
    [where] a photo taken {}. | a photo.
    on a beach
    [sentences]
    {what} {where}
    {what} and {other}

A section's head holds the prompts in which its tags are compared, and after them the sentence of an item to which none
applies. A tag stands as it does in a sentence. Lines that begin with # are remarks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ace_core.errors import ConfigError

QUESTIONS = ("what", "where", "when", "how")  # what sections answer; the first must be there
SLOTS = ("what", "other", "where", "when", "how")  # of a sentence; `other` is another answer to what
_HEAD = re.compile(r"\[(\w+)\]\s*(.*)")


@dataclass(frozen=True)
class Section:
    """Tags that answer one question, and the prompts (with {} where the tag goes) in which they are compared."""

    name: str
    prompts: tuple[str, ...]
    nothing: str  # the sentence of an item to which none of the tags applies
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """sections: `what` is the first. shapes: sentences with slots, the best first."""

    sections: tuple[Section, ...]
    shapes: tuple[str, ...]


def slots(shape: str) -> list[str]:
    return re.findall(r"{(\w*)}", shape)


def read_vocabulary(file: Path) -> Vocabulary:
    """Read one modality's vocabulary; `ConfigError` names the file, and where it is wrong."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read as text in UTF-8 ({error}); save it again.") from error
    sections: list[Section] = []
    shapes: tuple[str, ...] = ()
    for name, head, lines in _blocks(file, text):
        if name == "sentences":
            shapes = lines
        else:
            sections.append(_section(file, name, head, lines))
    names = [section.name for section in sections]
    if names[:1] != ["what"] or len(set(names)) < len(names) or not shapes:
        raise ConfigError(f"{file} needs a section [what] first, no section twice, and [sentences].")
    for shape in shapes:
        unknown = set(slots(shape)) - {*names, "other"}
        if unknown or not slots(shape):
            raise ConfigError(f"{file}: the sentence {shape!r} needs one or more of {', '.join(names)} in braces.")
    return Vocabulary(tuple(sections), shapes)


def _blocks(file: Path, text: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name, rest of the head, and different lines of each section."""
    name, head, lines = "", "", dict[str, None]()
    for line in [*map(str.strip, text.splitlines()), "[end]"]:
        if found := _HEAD.fullmatch(line):
            if bool(name) != bool(lines):
                raise ConfigError(f"{file}: tags stand below a head like [what], and no section may be empty.")
            if name:
                yield name, head, tuple(lines)
            name, head, lines = found[1], found[2], {}
        elif line and not line.startswith("#"):
            lines[line] = None


def _section(file: Path, name: str, head: str, tags: tuple[str, ...]) -> Section:
    *prompts, nothing = (part.strip() for part in head.split("|"))
    if name not in QUESTIONS or not prompts or "{}" in nothing or any(each.count("{}") != 1 for each in prompts):
        raise ConfigError(f"{file}: [{name}] is no head of a section; one is [what] a photo of {{}}. | a photo.")
    return Section(name, tuple(prompts), nothing, tags)
