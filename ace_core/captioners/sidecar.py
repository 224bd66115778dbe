"""What people wrote beside their media: photo.txt, photo.jpg.txt, photo.json, or a column of a table."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from os.path import isfile
from pathlib import Path
from typing import Any

from ace_core.captioners.cleaning import clean
from ace_core.captioners.field import DESCRIBERS, check_request
from ace_core.collection import MODALITIES, Modality
from ace_core.encoders.base import Media
from ace_core.errors import ConfigError, MediaError
from ace_core.files import sha256_file

MAX_BYTES = 1024 * 1024  # of a sidecar; what is longer is no caption
ENDINGS = (".txt", ".json")
Table = dict[Path, list[str]]


@DESCRIBERS.register("sidecar")
class SidecarDescriber:
    """Captions from text files beside the media (one a line), or from a table that names the media."""

    name = "sidecar"
    modalities: frozenset[Modality] = frozenset(MODALITIES)
    cached = False

    def __init__(self, table: Table | None = None, fingerprint: str = "sidecar-1") -> None:
        self.table, self.fingerprint = table, fingerprint

    @classmethod
    def load(
        cls,
        table: str | Path | None = None,
        *,
        root: str | Path | None = None,
        path_column: str = "path",
        text_column: str = "caption",
    ) -> SidecarDescriber:
        """Without `table`: the files beside the media. table: a CSV file (or .tsv) with a header, one caption a line.

        Paths in it are relative to `root`, by default the table's folder. Raises `ConfigError` where the table cannot
        be read, a column is missing, or it names no file that is there.
        """
        if table is None:
            return cls()
        file, columns = Path(table), (path_column, text_column)
        rows = _read_table(file, Path(root) if root is not None else file.parent, columns)
        settings = json.dumps([sha256_file(file), str(root), columns])
        return cls(rows, f"sidecar-{hashlib.sha256(settings.encode()).hexdigest()}")

    def describe(self, media: Sequence[Media], count: int, seed: int) -> list[list[str]]:
        """The first `count` captions of each, as they are written; none for media without."""
        check_request(self, media, count)
        return [clean(self._captions(one.path), count) for one in media]

    def _captions(self, path: Path) -> list[str]:
        if self.table is not None:
            return self.table.get(path.resolve(), [])
        names = [name for ending in ENDINGS for name in (f"{path.name}{ending}", f"{path.stem}{ending}")]
        beside = [path.with_name(name) for name in dict.fromkeys(names)]
        return [text for file in beside if file != path and isfile(file) for text in _read_sidecar(file)]


def _read_sidecar(file: Path) -> list[str]:
    """Captions of one .txt (one a line) or .json ("caption" or "captions") file."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise MediaError(f"{file}: over {MAX_BYTES // 1024} KB is no caption; rename it.")
        text = file.read_text(encoding="utf-8-sig")
        return text.splitlines() if file.suffix == ".txt" else _captions_of(json.loads(text))
    except OSError as error:
        raise MediaError(f"{file}: cannot be read ({error.strerror}); see who may read it.") from error
    except UnicodeDecodeError as error:
        raise MediaError(f"{file}: is not text in UTF-8; save it as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise MediaError(f"{file}: is not JSON ({error}); mend or remove it.") from error


def _captions_of(value: Any) -> list[str]:
    """ "caption" and "captions" of an object: a sentence, a list of them, or of objects with "text"; else none."""
    if not isinstance(value, dict):
        return []
    found = []
    for name in ("caption", "captions"):
        entry = value.get(name, [])
        for each in entry if isinstance(entry, list) else [entry]:
            text = each.get("text") if isinstance(each, dict) else each
            if isinstance(text, str):
                found.append(text)
    return found


def _read_table(file: Path, root: Path, columns: tuple[str, str]) -> Table:
    said: Table = defaultdict(list)
    try:
        with open(file, encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream, dialect="excel-tab" if file.suffix.lower() == ".tsv" else "excel")
            for column in columns:
                if column not in (rows.fieldnames or ()):
                    raise ConfigError(f"{file}: the header lacks the column {column!r}; name the columns it has.")
            for row in rows:
                path, text = (row[column] or "" for column in columns)
                if path.strip() and text.strip():
                    said[(root / path.strip()).resolve()].append(text)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{file} cannot be read as a table in UTF-8 ({error}); export it as CSV again.") from error
    if not any(path.is_file() for path in said):
        raise ConfigError(f"{file} names no file below {root} in {columns[0]!r}; give the root of its paths.")
    return dict(said)
