"""How verbs print: JSON for programs, aligned tables for people."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ace_core.collection import Item
from ace_core.results import SearchResult, Times


def plain(value: Any) -> Any:
    """A result as JSON values; items without their captions' voices are still whole."""
    if isinstance(value, Item):
        return value.to_json()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    if isinstance(value, Path):
        return value.as_posix()
    return value.item() if hasattr(value, "item") else value


def print_json(value: Any) -> None:
    print(json.dumps(plain(value), ensure_ascii=False, indent=2))


def print_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Columns as wide as their widest cell; numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(header), *cells]) for i in range(len(header))]
    numeric = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(header))]

    def line(values: Sequence[str]) -> str:
        parts = [
            value.rjust(width) if right else value.ljust(width)
            for value, width, right in zip(values, widths, numeric, strict=True)
        ]
        return "  ".join(parts).rstrip()

    print(line(header))
    print(line(["-" * width for width in widths]))
    for row in cells:
        print(line(row))


def told(times: Times) -> str:
    """A query's time and its parts."""
    parts = [f"reading the query {times.encode_ms:.1f}", f"searching {times.search_ms:.1f}"]
    if times.media_ms:
        parts.append(f"reading media {times.media_ms:.1f}")
    if times.check_ms:
        parts.append(f"checking {times.check_ms:.1f}")
    return f"{times.total_ms:.1f} ms ({', '.join(parts)})"


def tell_unread(*results: SearchResult) -> None:
    """A sentence on stderr for each item whose file could not be read."""
    for reason in dict.fromkeys(refused.reason for result in results for refused in result.unread):
        print(f"not checked: {reason}", file=sys.stderr)


def tokens(identifier: Sequence[int]) -> str:
    return "-".join(str(token) for token in identifier)


def _cell(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
