"""One verb a file. A module of this folder is a verb by having NAME, HELP, add_arguments(parser) and run(args) -> int.

Modules keep heavy imports inside `run`, so that `--help` answers at once. Every verb gets `--json`.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from typing import Protocol, cast


class Command(Protocol):
    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int:
        """Exit code. An `AceError` raised here becomes one sentence and exit code 1."""
        ...


def commands() -> list[Command]:
    """Every verb, by name; modules that begin with an underscore are helpers."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return [cast(Command, importlib.import_module(f"{__name__}.{name}")) for name in names]
