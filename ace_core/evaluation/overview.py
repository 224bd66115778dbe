"""The accuracy table at a glance: a line for each collection, kind and pool, a column for each arm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ARMS = {  # in this order, as far as they were measured
    "ace": "ACE",
    "ace_check": "ACE + check",
    "ace_decoder_only": "ACE, decoder only (the paper's own)",
    "dual_tower": "dual tower",
    "dual_tower_check": "dual tower + check",
    "cosine": "cosine",
}
_KINDS = {"image": "pictures", "audio": "sounds", "video": "clips"}


def overview(result: Mapping[str, Any]) -> str:
    """Recall@1 with half the width of its 95 % interval, Recall@5 and Recall@10 in percent; held-out queries."""
    rows = [row for row in result["rows"] if row["query_items"] == "held_out"]
    arms = [name for name in _ARMS if any(row["arm"] == name for row in rows)]
    titles = ["held-out queries among", *(_ARMS[name] for name in arms)]
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    places = dict.fromkeys(map(_place, rows))
    for collection, modality, pool, size in places:
        which = f"all {size:,}" if pool == "all" else f"{size:,} held-out"
        own = {row["arm"]: row for row in rows if _place(row) == (collection, modality, pool, size)}
        best = max(row["recall_at_1"] for row in own.values())
        cells = [_cell(own[name], best) if name in own else "–" for name in arms]
        lines.append(f"| {collection}: {which} {_KINDS[modality]} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _place(row: Mapping[str, Any]) -> tuple[str, str, str, int]:
    return row["collection"], row["modality"], row["pool"], row["pool_size"]


def _cell(row: Mapping[str, Any], best: float) -> str:
    low, high = row["recall_at_1_ci95"]
    first = f"{row['recall_at_1']:.1f}"
    first = f"**{first}**" if row["recall_at_1"] == best else first
    return f"{first} ±{(high - low) / 2:.1f} / {row['recall_at_5']:.1f} / {row['recall_at_10']:.1f}"
