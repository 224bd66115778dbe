"""Captions of a folder's media: a CSV table, or text files beside them."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Collection as Names
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ace_core.datasets.scan import LeftOut
from ace_core.errors import CollectionError

MAX_TEXT = 1024 * 1024  # bytes of a text file beside a picture
_DELIMITERS = ",;\t"  # spreadsheets write any of them, by country


def read_table(table: Path, files: Names[str], left_out: list[LeftOut]) -> dict[str, list[str]]:
    """Captions by file from a CSV table with the columns `path` (below the root) and `caption`, one line a caption.

    A line without a caption says nothing; lines whose file is not there are counted in `left_out`. Raises
    `CollectionError` where the table cannot be read, or names no file at all that is there.
    """
    known = {_plain(name): name for name in files} | {name: name for name in files}
    said: dict[str, list[str]] = {}
    unknown: list[str] = []
    lines = 0
    for number, row in _rows(table):
        path, text = row["path"].replace("\\", "/").removeprefix("./"), row["caption"]
        if not path and not text:
            continue
        lines += 1
        name = known.get(path) or known.get(_plain(path))
        if name is None:
            unknown.append(f"line {number}: {path!r}")
        elif text:
            said.setdefault(name, []).append(text)
    if lines and len(unknown) == lines:
        raise CollectionError(f"{table.name} names no file that is there, such as in {unknown[0]}; check its paths.")
    if unknown:
        why = f"{len(unknown)} of {lines} lines name files that are not there, such as {unknown[0]}; check its paths"
        left_out.append(LeftOut(table.name, why))
    return said


def read_sidecars(root: Path, files: Iterable[str], texts: Names[str], left_out: list[LeftOut]) -> dict[str, list[str]]:
    """Captions by file from photo.jpg.txt, or else photo.txt, beside photo.jpg: one caption a line."""
    said: dict[str, list[str]] = {}
    for name in files:
        for text in (f"{name}.txt", PurePosixPath(name).with_suffix(".txt").as_posix()):
            if text in texts:
                try:
                    said[name] = _lines(root / text)
                except (OSError, ValueError) as error:
                    why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8, or too long"
                    left_out.append(LeftOut(text, f"its captions cannot be read ({why}); save it again as UTF-8"))
                break
    return {name: lines for name, lines in said.items() if lines}


def _lines(text: Path) -> list[str]:
    with open(text, "rb") as stream:
        content = stream.read(MAX_TEXT + 1)
    if len(content) > MAX_TEXT or b"\0" in content:
        raise ValueError("no text of captions")
    return [line.strip() for line in content.decode("utf-8-sig").splitlines() if line.strip()]


def _rows(table: Path) -> Iterable[tuple[int, dict[str, str]]]:
    """(line, its two columns stripped) of a CSV file with a header."""
    if not table.is_file():
        raise CollectionError(f"There is no caption table {table}; give a CSV file with the columns path and caption.")
    try:
        with open(table, encoding="utf-8-sig", newline="") as stream:
            header = stream.readline()
            stream.seek(0)
            rows = csv.reader(stream, delimiter=max(_DELIMITERS, key=header.count))
            columns = [column.strip().lower() for column in next(rows, [])]
            for column in ("path", "caption"):
                if column not in columns:
                    raise CollectionError(f"{table.name}: the header lacks the column {column!r}.")
            places = {column: columns.index(column) for column in ("path", "caption")}
            for row in rows:
                yield rows.line_num, {c: row[i].strip() if i < len(row) else "" for c, i in places.items()}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CollectionError(f"{table.name} is not CSV in UTF-8 ({error}); save it as CSV, UTF-8.") from error


def _plain(path: str) -> str:
    """One spelling of accented letters: systems differ in how they write them."""
    return unicodedata.normalize("NFC", path)
