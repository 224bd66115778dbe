"""Configuration: frozen dataclasses saved as JSON beside the weights and validated on load."""

from __future__ import annotations

import dataclasses
import typing
from pathlib import Path
from typing import Any, TypeVar

from ace_core.errors import ConfigError
from ace_core.files import read_json, write_json

T = TypeVar("T")


def to_json(config: Any) -> dict[str, Any]:
    """A dataclass instance as plain JSON values."""
    return dataclasses.asdict(config)


def from_json(kind: type[T], values: dict[str, Any]) -> T:
    """Build the dataclass `kind` from JSON values; unknown or missing fields and wrong types raise `ConfigError`."""
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise ConfigError(f"{kind.__name__} has no field {unknown[0]!r}; remove it from the configuration.")
    built = {}
    for name, value in values.items():
        built[name] = _convert(hints[name], value, f"{kind.__name__}.{name}")
    try:
        return kind(**built)
    except TypeError as error:
        raise ConfigError(f"{kind.__name__} cannot be built: {error}.") from error


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin is tuple and isinstance(value, list | tuple):
        inner = typing.get_args(hint)
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else list(inner)
        return tuple(_convert(kind, part, where) for kind, part in zip(kinds, value, strict=True))
    if origin is dict and isinstance(value, dict):
        return {key: _convert(typing.get_args(hint)[1], part, where) for key, part in value.items()}
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return from_json(typing.cast(type, hint), value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is Any:
        return value
    if isinstance(hint, type) and not (isinstance(value, hint) and not (hint is int and isinstance(value, bool))):
        raise ConfigError(f"{where} must be {hint.__name__}, not {value!r}.")
    return value


def save_config(config: Any, path: Path) -> None:
    write_json(path, to_json(config))


def load_config(kind: type[T], path: Path) -> T:
    return from_json(kind, read_json(path))
