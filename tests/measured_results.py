"""Results as `evaluate` and `ablate` write them, made up: for tests of what is read from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ace_core.collection import MODALITIES

ITEMS = {"image": 2400, "audio": 1200, "video": 600}
TITLES = {
    "ace": "ACE",
    "tree": "the tree before training",
    "dual_tower": "dual tower, same pairs",
    "decoder_only": "decoder only (the paper's own)",
    "no_coarse_fusion": "without coarse fusion",
}
FACTS = {"cores": 2, "processor": "a processor", "threads": 2, "load_before": 0.1}


def accuracy_row(arm: str, modality: str = "image", first: float = 50.0, **more: Any) -> dict[str, Any]:
    """One row of `evaluate`: 95 % interval of three points on either side."""
    return {
        "arm": arm, "collection": "assets", "modality": modality, "pool": "all", "pool_size": 30,
        "query_items": "held_out", "queries": 6, "recall_at_1": first, "recall_at_5": min(100, first + 20),
        "recall_at_10": min(100, first + 30), "mrr_at_10": first + 10,
        "recall_at_1_ci95": [max(0, first - 3), min(100, first + 3)], "held_out_top_1": 20.0, "held_out_share": 20.0,
        "seed": 0, **more,
    }  # fmt: skip


def accuracy(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What `evaluate` writes, of these rows."""
    return {
        "beams": 20,
        "machine": {"cores": 2, "processor": "a processor", "python": "3"},
        "titles": {"cosine": "cosine, the space that made the identifiers"},
        "reads": {"ace": "identifiers, the decoder", "dual_tower": "one vector an item"},
        "rows": list(rows),
        **more,
    }


def ablation(items: Mapping[str, int] | None = None) -> dict[str, Any]:
    """What `ablate` writes when it is done; every arm but the last was built with both seeds."""
    items = items or ITEMS
    rows = [
        _ablation_row(arm, kind, items[kind], split, 60.0 - 5 * place - (10 if split == "held_out" else 0), place)
        for place, arm in enumerate(TITLES)
        for kind in MODALITIES
        for split in ("held_out", "train")
    ]
    steps = [(1, 2.0, 7.0, 13.0), (2, 11.0, 38.0, 53.0), (3, 24.0, 54.0, 65.0), (None, 44.0, 78.0, 86.0)]
    return {
        "seeds": [0, 1],
        "beams": 20,
        "titles": dict(TITLES),
        "reads": {arm: "identifiers" for arm in TITLES},
        "rows": rows,
        "relative": {
            arm: {
                pool: {"ratio": share - 0.05 * n, "ci95": [share - 0.1 - 0.05 * n, share + 0.1]}
                for pool, share in (("all", 1.0), ("held_out", 0.9))
            }
            for n, arm in enumerate(TITLES)
        },
        "machine": dict(FACTS),
        "curves": [_curve(kind, 10.0 * place) for place, kind in enumerate(MODALITIES)],
        "ceiling": {"ceiling": [dict(zip(("prefix", *_RECALLS), step, strict=True)) for step in steps]},
    }


_RECALLS = ("recall_at_1", "recall_at_5", "recall_at_10")


def _ablation_row(arm: str, kind: str, size: int, split: str, first: float, place: int) -> dict[str, Any]:
    less = 5.0 * (list(TITLES).index("dual_tower") - place)
    return {
        "arm": arm, "modality": kind, "pool": "all", "pool_size": size, "query_items": split, "queries": 40,
        "recall_at_1": first, "recall_at_5": first + 20, "recall_at_10": first + 30,
        "recall_at_1_ci95": [first - 4, first + 3],
        "recall_at_1_by_seed": [first] if arm == "no_coarse_fusion" else [first - 1, first + 1],
        "less_dual_tower": less, "less_dual_tower_ci95": [less - 6, less + 6],
        "held_out_first": 21.0, "held_out_share": 20.0,
    }  # fmt: skip


def _curve(kind: str, less: float) -> dict[str, Any]:
    found = ((1, 40.0), (5, 49.0), (20, 50.0), (100, 50.2))
    kept = ((1, 99.0), (2, 70.0), (3, 69.0), (4, 69.0))
    return {
        "modality": kind,
        "against_beams": [
            {"beams": width, "ms": 1.5, **dict(zip(_RECALLS, (r - less, r + 20 - less, r + 30 - less), strict=True))}
            for width, r in found
        ],
        "survival": [{"tokens": n, "kept": kept - less, "leads": kept / 2 - less} for n, kept in kept],
    }
