"""The JSON of `evaluate` as Markdown: the whole page of results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ace_core.errors import ConfigError
from ace_core.files import atomic_path

BEGIN, END = "<!-- accuracy:begin -->", "<!-- accuracy:end -->"
_MODALITIES = {"image": "pictures", "audio": "sounds", "video": "clips"}
_POOLS = {"all": "all", "held_out": "held-out"}

_READING = """# Results

Written by `python -m ace_core evaluate` from what it measured; the numbers are in `benchmarks/results/accuracy.json`.

How to read it
- A query is a sentence about one item, and only that item counts as right, though others may fit as well.
- `held-out` queries ask for items of which no human caption was used anywhere; only pseudo-queries, written by a
  captioner that was trained on other items, tell the models of them. `seen` queries are unused sentences about
  items whose captions were used.
- The pool is what could be answered: every item of the modality, or only the held-out ones.
- The dual tower is trained on exactly the same pairs as ACE, pseudo-queries included. Cosine search uses the space
  that made the identifiers, which knows human captions only.
- ACE looks ahead where the build's `look_ahead` says so (the shipped one: at the items): a prefix gets the summed score
  of the items under it, by the dual tower's vectors, and the decoder corrects that. So it reads one vector an item, as
  the dual tower does. `ACE, the tree before training` is the same with a decoder that has no opinion; what training
  adds is the difference. `decoder only` is the paper's own way: nothing of an item but its identifier is read.
- ACE learns, beside the pairs, from a teacher where the build's `distil` is above 0 (the shipped one: 0.5): the dual
  tower's distribution over all items, held-out ones too. The arm without pseudo-queries looks ahead in, and learns
  from, the space that made the identifiers.
- `+ check`: the first answers are put in order anew by how likely the captioner is to write the query of each item,
  whose feature tokens it reads for that; the weight of its word was chosen on the dev items, for each side by itself.
  Both sides get the same check. Beyond the answers that are checked nothing changes.
- What was built: `assets` by `make bundle`; `flickr8k-val` by `build --dataset karpathy --root DIR --embeddings
  mobilenet_v2.npz --config benchmarks/flickr8k.json --also no_pseudo_queries --also decoder_only`; `from the photos` by
  the same without `--embeddings` and with `benchmarks/flickr8k_photos.json`, small enough for three quarters of an hour
  on one core, with an encoder that has seen nothing but the 5,700 photos of its train items. Each was then given to
  `evaluate`.
- R@k: the right item is among the first k, in percent; for R@1 with a 95 % bootstrap interval over queries.
- `held-out first`: how often the first answer is a held-out item, beside the share of such items in the pool.
"""


def full_report(result: Mapping[str, Any], further: Sequence[str] = ()) -> str:
    """A section a collection: all rows, what the identifiers carry at best, the models' sizes; then `further` ones."""
    machine = result["machine"]
    told = (
        f"Beam search with {result['beams']} beams; {machine['cores']} cores of {machine['processor']}, "
        f"Python {machine['python']}; seed {result['rows'][0]['seed']}."
    )
    parts = [_READING, told]
    for name in dict.fromkeys(row["collection"] for row in result["rows"]):
        rows = [row for row in result["rows"] if row["collection"] == name]
        sizes = ", ".join(f"{model} {count / 1e6:.1f} M" for model, count in result["parameters"][name].items())
        parts += [f"## {name}", _table(result, rows), _reads(result, rows), _check(result, name)]
        parts += [f"Parameters: {sizes}.", _built(result, name), _ceiling(result, name)]
    return "\n\n".join(part.strip() for part in [*parts, *further] if part) + "\n"


def insert(file: Path, table: str) -> None:
    """Write `table` between the two marks of a Markdown file; raises `ConfigError` where they are missing."""
    text = file.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ConfigError(f"{file} needs one line {BEGIN} and one line {END}, between which the table is written.")
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    with atomic_path(file) as staged:
        staged.write_text(f"{head}{BEGIN}\n{table}{END}{tail}", encoding="utf-8")


def _table(result: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    titles = ["kind", "pool", "queries", "arm", "R@1 [95 %]", "R@5", "R@10", "MRR@10", "held-out first (share)"]
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    for row in rows:
        low, high = row["recall_at_1_ci95"]
        cells = [
            _MODALITIES[row["modality"]],
            f"{_POOLS[row['pool']]} ({row['pool_size']:,})",
            f"{row['queries']:,} {'held-out' if row['query_items'] == 'held_out' else 'seen'}",
            result["titles"].get(row["arm"], row["arm"]),
            f"{row['recall_at_1']:.1f} [{low:.1f}, {high:.1f}]",
            *(f"{row[name]:.1f}" for name in ("recall_at_5", "recall_at_10", "mrr_at_10")),
            f"{row['held_out_top_1']:.0f} % ({row['held_out_share']:.0f} %)",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _reads(result: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """What each arm of the rows reads, in words."""
    arms = dict.fromkeys(row["arm"] for row in rows)
    lines = [f"- {result['titles'].get(arm, arm)}: {result['reads'][arm]}" for arm in arms if arm in result["reads"]]
    return "\n".join(["What is read of the items when a query is answered:", "", *lines]) if lines else ""


def _built(result: Mapping[str, Any], name: str) -> str:
    """How long each stage of the build took."""
    seconds = result.get("build_seconds", {}).get(name, {})
    told = ", ".join(f"{stage.replace('_', '-')} {taken / 60:.1f}" for stage, taken in seconds.items())
    return f"Minutes of the build: {told}; in all {sum(seconds.values()) / 60:.0f}." if seconds else ""


def _check(result: Mapping[str, Any], name: str) -> str:
    """The weights of the check's two sides."""
    check = result.get("check", {}).get(name)
    if not check:
        return ""
    sides = (
        f"{side.replace('_', ' ')} " + ", ".join(f"{_MODALITIES[kind]} {weight:g}" for kind, weight in chosen.items())
        for side, chosen in check["weights"].items()
    )
    return f"Weights of the check of {check['candidates']} answers, chosen on {check['chosen_on']} queries: " + (
        "; ".join(sides) + "."
    )


def _ceiling(result: Mapping[str, Any], name: str) -> str:
    """Cosine search on the vectors that each prefix of the identifiers stands for, all modalities as one pool."""
    report = result["ceiling"].get(name) or {}
    ceiling = report.get("ceiling")
    if not ceiling:
        return ""
    lines = [
        "What the identifiers carry at best: cosine search of the dev queries on the vectors that a prefix stands for, "
        "all items as one pool.",
        "",
        "| prefix | R@1 | R@5 | R@10 |",
        "|---|---|---|---|",
    ]
    for step in ceiling:
        length = step["prefix"]
        label = "full vector" if length is None else f"{length} token{'s' if length > 1 else ''}"
        recalls = (f"{step[f'recall_at_{k}']:.1f}" for k in (1, 5, 10))
        lines.append(f"| {label} | {' | '.join(recalls)} |")
    return "\n".join(lines)
