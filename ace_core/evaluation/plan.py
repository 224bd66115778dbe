"""What an ablation compares: arms that differ from one build in a few settings, and the seeds each is built with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ace_core.config import load_config
from ace_core.errors import ConfigError
from ace_core.evaluation.arms import VARIANTS

REFERENCES = {  # what every build gives beside its retriever
    "tree": "the tree before training",
    "dual_tower": "dual tower, same pairs",
    "cosine": "cosine, the space that made the identifiers",
    "ace_check": "ACE + check",
    "dual_tower_check": "dual tower + the same check",
}


@dataclass(frozen=True)
class PlannedArm:
    title: str
    settings: dict[str, Any] = field(default_factory=dict)  # nested as in a build's configuration
    variant: str = ""  # one of `arms.VARIANTS` instead of the retriever itself
    every_seed: bool = False  # otherwise the first seed alone


@dataclass(frozen=True)
class Plan:
    """`arms` by name; the first one is what the others are compared with, and the one that curves are drawn of."""

    arms: dict[str, PlannedArm]
    seeds: tuple[int, ...] = (0, 1, 2)
    beams: int = 20
    note: str = ""  # a sentence that its readers should know

    def __post_init__(self) -> None:
        if not self.arms or not self.seeds or len(set(self.seeds)) != len(self.seeds) or self.beams < 1:
            raise ConfigError("A plan needs arms, at least one seed, none of them twice, and 1 beam or more.")
        for name, arm in self.arms.items():
            if name in REFERENCES:
                raise ConfigError(f"The arm {name!r} is part of every ablation; give yours another name.")
            if arm.variant and arm.variant not in VARIANTS:
                raise ConfigError(f"{name}: there is no variant {arm.variant!r}; known: {', '.join(VARIANTS)}.")

    @property
    def first(self) -> str:
        return next(iter(self.arms))

    def seeds_of(self, name: str) -> tuple[int, ...]:
        return self.seeds if self.arms[name].every_seed else self.seeds[:1]

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Raises `ConfigError` for what is not a plan."""
        return load_config(cls, path)
