"""Which sentences are worth keeping, whoever wrote them, and how they are tidied."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

MAX_CHARACTERS = 300  # more than any query reads
_WORD = re.compile(r"[^\s.,;:!?\"()\[\]{}<>/\\|…。、，]+")
_JOINTS = " \t:;,.-–—>"


def clean(
    texts: Iterable[str], count: int | None = None, *, prompts: Sequence[str] = (), limit: int = MAX_CHARACTERS
) -> list[str]:
    """The first `count` texts worth keeping, in their order, tidied; those that differ only in case are one."""
    kept: dict[str, str] = {}
    for text in texts:
        tidied = tidy(text, prompts, limit)
        if not is_worthless(tidied):
            kept.setdefault(tidied.casefold().rstrip(" .!"), tidied)
    return list(kept.values())[:count]


def tidy(text: str, prompts: Sequence[str] = (), limit: int = MAX_CHARACTERS) -> str:
    """One line of at most `limit` characters without control characters, and without the prompts that it echoes."""
    visible = "".join(" " if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in text)
    line = _shorten(" ".join(unicodedata.normalize("NFC", visible).split()), limit)
    return _without_prompts(line, prompts)


def is_worthless(text: str) -> bool:
    """Nothing said (no word, hardly any letter), or stuck: one word or one phrase over and over."""
    letters = sum(unicodedata.category(letter)[0] in "LM" for letter in text)
    if (letters < 2 and text.isascii()) or 2 * letters < len(text.replace(" ", "")) or not letters:
        return True
    words = _WORD.findall(text.casefold())
    if len(words) > 1 and len(set(words)) == 1:
        return True
    if len(words) > 5 and len(set(words)) <= len(words) / 2:
        return True
    triples = Counter(zip(words, words[1:], words[2:], strict=False))
    return _says_twice_running(words) or max(triples.values(), default=0) > 2


def _says_twice_running(words: Sequence[str]) -> bool:
    """A word three times running, or two or more words said and at once said again."""
    if any(first == second == third for first, second, third in zip(words, words[1:], words[2:], strict=False)):
        return True
    return any(
        words[start : start + size] == words[start + size : start + 2 * size]
        for size in range(2, len(words) // 2 + 1)
        for start in range(len(words) - 2 * size + 1)
    )


def _shorten(line: str, limit: int) -> str:
    """Cut after the last whole sentence within `limit`, else after the last whole word, else anywhere."""
    if len(line) <= limit:
        return line
    start = line[: limit + 1]
    ends = [match.end(1) for match in re.finditer(r"([.!?…])\s", start)]
    if ends and ends[-1] > limit // 3:
        return start[: ends[-1]]
    return (start[: start.rindex(" ")] if " " in start else line[:limit]).rstrip()


def _without_prompts(line: str, prompts: Sequence[str]) -> str:
    """Without any prompt at its beginning, however often; empty where it is nothing else."""
    echoes = [re.compile(rf"{re.escape(prompt.strip(_JOINTS))}(?!\w)", re.I) for prompt in prompts if prompt.strip()]
    while found := next((echo for echo in map(lambda each: each.match(line), echoes) if echo and echo.end()), None):
        line = line[found.end() :].lstrip(_JOINTS)
    return line
