"""docs/performance.md: the prose is written by hand, what stands between the marks is written from the results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ace_core.bench import tables
from ace_core.bench.plots import draw
from ace_core.errors import ConfigError
from ace_core.files import atomic_path, read_json

NAMES = ("decode", "constraint", "scale", "serve", "quantise")
_BUSY = 0.5  # programs that wanted a core; above it the times are not those of a quiet machine


def write(results: Path, page: Path) -> list[str]:
    """Write every section of `page` from `results`/NAME.json, and NAME-cuda.json where there is one; draw the plots.

    Plots go to a folder named as the page. Returns what was missing. Raises `ConfigError` where the page lacks a mark.
    """
    if not page.is_file():
        raise ConfigError(f"There is no page {page}; give one with the marks of the sections.")
    text, missing = page.read_text(encoding="utf-8"), []
    for name in NAMES:
        files = [file for suffix in ("", "-cuda") if (file := results / f"{name}{suffix}.json").is_file()]
        if not files:
            missing.append(name)
        text = fill(text, name, "\n\n".join(_section(name, file, page) for file in files) or _absent(name), page)
    with atomic_path(page) as staged:
        staged.write_text(text, encoding="utf-8")
    return missing


def fill(text: str, name: str, content: str, page: Path) -> str:
    """`text` with `content` between the marks of the section `name`."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ConfigError(f"{page} needs one line {begin} and after it one line {end}, between which is written.")
    head, rest = text.split(begin)
    return f"{head}{begin}\n{content.strip()}\n{end}{rest.split(end)[1]}"


def _section(name: str, file: Path, page: Path) -> str:
    result = read_json(file)
    parts = [_machine(result["facts"]), tables.section(name, result)]
    picture = page.with_suffix("") / f"{file.stem}.svg"
    if draw(name, result, picture):
        parts.append(f"![{name}]({page.stem}/{picture.name})")
    return "\n\n".join(parts)


def _absent(name: str) -> str:
    return f"Not measured: `python -m ace_core bench {name} --out benchmarks/results/{name}.json`."


def _machine(facts: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{package} {number}" for package, number in facts["versions"].items())
    units = "with" if facts["bf16_units"] else "without"
    told = (
        f"Measured on {facts['cores']} cores of {facts['processor']} ({units} bf16 units), {facts['memory_gb']:g} GB, "
        f"device {facts['device']}, {facts['threads']} threads, seed {facts['seed']}; {versions}."
    )
    if facts["load_before"] > _BUSY:
        told += f" **Other programs were running (load {facts['load_before']:g}): not the times of a quiet machine.**"
    return told
