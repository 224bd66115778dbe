"""Further sections of the page of results, one for each JSON file that a benchmark left beside `accuracy.json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ace_core.evaluation import ablation_page
from ace_core.files import read_json

_METHODS = {"generation": "ACE", "dual_tower": "dual tower, same pairs"}
_KINDS = {"image": "pictures", "audio": "sounds", "video": "clips"}
_CUTS = [f"recall_at_{cut}" for cut in (1, 5, 10, 20, 50, 100)]
_FEW = 20  # tellings, below which a share says nothing
# What may be told of a scene, where its own name does not say it.
_FACTS = {
    "kind": "what there is",
    "thing": "one thing, its number, size and colour",
    "two things": "two things, their looks and how they stand",
    "things": "what there is, its colour and its part",
    "motion": "how it moves",
    "way": "which way it goes, or how often",
    "event": "what changes meanwhile",
    "sound": "what sounds",
    "count": "how many times",
    "number": "one or several",
    "order": "what comes after what",
    "overlap": "what sounds in the midst of what",
    "shape": "the shape of a tune",
    "mode": "major or minor",
    "register": "high or low",
    "change": "growing or dying away",
    "distance": "near or far",
}


def sections(folder: Path) -> list[str]:
    """Markdown of what was measured and lies in `folder`, in a fixed order; what was not measured has no section."""
    return [write(read_json(folder / name)) for name, write in _SECTIONS.items() if (folder / name).is_file()]


def esc10(result: Mapping[str, Any]) -> str:
    """Text to sound, judged by label."""
    rows = [
        [
            row["vectors"],
            f"{row['count']} {row['queries']}",
            _METHODS[row["method"]],
            _interval(row, "precision_at_1"),
            _interval(row, "map_at_10"),
        ]
        for row in result["rows"]
    ]
    pool = result["rows"][0]["pool"]
    drawn = any(row["vectors"].startswith("compact") for row in result["rows"])
    heard = "The compact encoder was trained on synthesised sounds and has heard no recording. " if drawn else ""
    settings = f"Settings: {', '.join(f'`{one}`' for one in result['set'])}. " if result["set"] else ""
    return "\n\n".join(
        [
            "## ESC-10, real sounds judged by label",
            f"`python -m benchmarks.esc10`: fold 5 ({pool} recordings of ten kinds) is searched, folds 1 to 4 teach by "
            "their labels and by the titles that people gave the recordings. A sound is right where its label is the "
            "query's: by chance one in ten is. Titles are what uploaders wrote: some say nothing of the sound. "
            f"{heard}{settings}In brackets 95 % bootstrap intervals over queries. {_told(result)}",
            _table(["vectors", "queries", "arm", "precision@1", "mAP@10"], rows),
        ]
    )


def update(result: Mapping[str, Any]) -> str:
    """Items added to a finished bundle, before and after `update`."""
    moments = {"before": "before the addition", "added": "added, not trained on", "updated": "after `update`"}
    rows = [
        [
            _KINDS[row["modality"]],
            f"{row['queries']:,} about {row['items']} items",
            moments[row["moment"]],
            _METHODS[row["method"]],
            f"{row['recall_at_1']:.1f}",
            _interval(row, "recall_at_10"),
        ]
        for row in sorted(result["rows"], key=_by_items)
    ]
    items, learnt = result["items"], result["update"]
    return "\n\n".join(
        [
            "## Items added to a finished bundle",
            f"`python -m benchmarks.update`: a bundle over {items['old']:,} items of {result['collection']} gets "
            f"{items['added']:,} more, with no caption; its codec, dual tower and retriever never met them. Then "
            "`update` trains the retriever on their pseudo-queries and rehearses the old ones; the dual tower stays as "
            "it was. Queries are sentences kept for measuring; the pool is every item of the kind. "
            f"Adding took {result['add_seconds']:.0f} s, the update {learnt['seconds']:.0f} s, on a machine that had "
            f"other work to do. {_told(result)}",
            _table(["kind", "queries", "when", "arm", "R@1", "R@10 [95 %]"], rows),
        ]
    )


def yours(result: Mapping[str, Any]) -> str:
    """How long a visitor's own media take, and how well they are then found."""
    stages = [
        [stage["stage"].replace("_", "-"), f"{stage['cpu_seconds']:.1f}", f"{stage['wall_seconds']:.1f}"]
        for stage in result["stages"]
    ]
    stages.append(["in all", f"{result['cpu_seconds']:.1f}", f"{result['wall_seconds']:.1f}"])
    found = [
        [
            f"{_KINDS[row['modality']]} ({row['pool']})",
            f"{row['queries']}",
            _METHODS[row["method"]],
            f"{row['recall_at_1']:.1f}",
            _interval(row, "recall_at_10"),
        ]
        for row in result["rows"]
    ]
    count = sum(result["files"].values())
    return "\n\n".join(
        [
            "## A visitor's own media",
            f"`python -m benchmarks.yours`: {count} files without captions, {result['real_files']} of them real "
            "photos, recordings and clips, the others drawn at a seed that nothing was trained on; built as the page "
            "builds them, with the shipped encoder and captioner, up to the first answer. Processor time is what a "
            f"stage costs; the clock also counts other work that the machine may have had. {_told(result)}",
            _table(["stage", "processor time, s", "clock, s"], stages),
            "How the drawn ones are found by their own sentences, which the build never saw, among all of their kind:",
            _table(["kind (pool)", "queries", "arm", "R@1", "R@10 [95 %]"], found),
        ]
    )


def ceiling(result: Mapping[str, Any]) -> str:
    """What the queries leave open, and how far the answers come."""
    tables = [_reach(result, pool) for pool in ("all", "held_out")]
    return "\n\n".join(
        [
            "## What limits it",
            "`python -m benchmarks.ceiling`: a query tells a few facts of its scene, and the studio that drew the "
            "scene knows which. Where n items of the pool bear them all, a reader who understands every word can only "
            "guess among these n, and has the right one among the first k with a chance of min(1, k/n). Below the "
            "reader: how often the right item is among the first answers, and, in the last column, how often the first "
            "answer bears all that the query tells, be it the right one or not. Held-out queries of "
            f"{result['collection']} among every item of the kind; in brackets 95 % bootstrap intervals over queries. "
            f"{_told(result)}",
            _losses(result),
            tables[0],
            f"What the first answer of generation with {min(result['beams'])} beams bears of what was told, the least "
            f"first; where something was told at least {_FEW} times. A detail counts as borne where it is true of the "
            "very thing or sound that it was told of:",
            _missed(result),
            f"<details>\n<summary>Among the held-out items alone</summary>\n\n{tables[1]}\n\n</details>",
        ]
    )


def others_words(result: Mapping[str, Any]) -> str:
    """What is found by who never saw an item and knows what others said of it, beside what the towers find."""
    beams = min(result["beams"])
    return "\n\n".join(
        [
            f"## What limits it: {result['collection']}",
            "`python -m benchmarks.others_words`: several people described each item. The reader of others' words sees "
            "no item; it knows all that was said of each, but for the very sentence that asks, and puts the items in "
            "order by the words they share with it (mean cosine of tf-idf vectors). What it finds, the queries do tell "
            "apart. Below it: how often the right item is among the first answers. Held-out queries; in brackets 95 % "
            f"bootstrap intervals over queries. {_told(result)}",
            " ".join(_seen(result, pool, beams) for pool in ("all", "held_out")),
            *(_reach(result, pool, bears=False) for pool in ("all", "held_out")),
        ]
    )


def _seen(result: Mapping[str, Any], pool: str, beams: int) -> str:
    """How the reader and generation differ in one pool; sentences."""
    sentences = []
    for reader in result["told"]:
        if reader["pool"] == pool:
            (ours,) = [row for row in result["candidates"] if row["modality"] == reader["modality"]
                       and (row["pool"], row["beams"]) == (pool, beams)]  # fmt: skip
            last = max((name for name in _CUTS if name in ours), key=_CUTS.index)
            sentences.append(
                f"Among {reader['pool_size']:,} {_KINDS[reader['modality']]}, the reader is right at first in "
                f"{reader['recall_at_1']:.1f} of 100 queries, generation in {ours['recall_at_1']:.1f}; a check that "
                f"never erred would have {ours[last]:.1f} with its first {last.rpartition('_')[2]}."
            )
    return " ".join(sentences)


def _reach(result: Mapping[str, Any], pool: str, bears: bool = True) -> str:
    """A line for the reader and for each way to answer, kind by kind; Markdown. `bears`: with its last column."""
    lines, names = [], [*_CUTS, *(["first_bears_all"] if bears else [])]
    for kind, title in _KINDS.items():
        for row in (*result["told"], *result["candidates"]):
            if (row["modality"], row["pool"]) == (kind, pool):
                shares = [_interval(row, name) if name in row else "–" for name in names]
                lines.append([f"{title} ({row['pool_size']:,})", _way(row), *shares])
    titles = ["first", *(f"first {name.rpartition('_')[2]}" for name in _CUTS[1:])]
    return _table(["kind (pool)", "who answers", *titles, *(["first bears all"] if bears else [])], lines)


def _missed(result: Mapping[str, Any]) -> str:
    """A line for each fact, kind by kind; Markdown."""
    rows = [row for row in result["facts"] if row["pool"] == "all" and row["told"] >= _FEW]
    lines = [
        [title, _FACTS.get(row["fact"], row["fact"]), f"{row['told']:,}", _interval(row, "borne")]
        for kind, title in _KINDS.items()
        for row in sorted(rows, key=lambda row: row["borne"])
        if row["modality"] == kind
    ]
    return _table(["kind", "what was told", "how often", "the first answer bears it"], lines)


def _way(row: Mapping[str, Any]) -> str:
    if "method" not in row:
        return "the reader"
    return _METHODS[row["method"]] + (f", {row['beams']} beams" if row["beams"] else "")


def _losses(result: Mapping[str, Any]) -> str:
    """Where right answers are lost among every item of a kind, by generation with the fewest beams; sentences."""
    open_ = {row["modality"]: 100 - row["recall_at_1"] for row in result["told"] if row["pool"] == "all"}
    beams, checked = min(result["beams"]), result["checked"]
    ours = {row["modality"]: row for row in result["candidates"] if (row["pool"], row["beams"]) == ("all", beams)}
    last = [name for name in _CUTS if all(name in row for row in ours.values())][-1]
    place = int(last.rpartition("_")[2])
    first = {kind: row["recall_at_1"] for kind, row in ours.items()}
    lower = {kind: row[last] - row["recall_at_1"] for kind, row in ours.items()}
    absent = {kind: 100 - row[last] for kind, row in ours.items()}
    as_good = {kind: 100 * (row["first_bears_all"] - first[kind]) / (100 - first[kind]) for kind, row in ours.items()
               if first[kind] < 100}  # fmt: skip
    sentences = [
        f"Of 100 queries, the reader misses {_by_kind(open_)}, which is what they leave open.",
        f"Generation with {beams} beams has {_by_kind(first)} right at first, {_by_kind(lower)} further down its first "
        f"{place}{', which are those that the check puts in order anew' if checked == place else ''}, and "
        f"{_by_kind(absent)} not among them.",
    ]
    if as_good:
        sentences.append(
            f"Of 100 of its wrong first answers, {_by_kind(as_good)} bear all that the query tells, as the right one "
            "does; the others do not."
        )
    return " ".join(sentences)


def _by_kind(values: Mapping[str, float]) -> str:
    """'3.2 (pictures), 7.0 (sounds) and 3.8 (clips)'."""
    parts = [f"{values[kind]:.1f} ({title})" for kind, title in _KINDS.items() if kind in values]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


_SECTIONS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "ablation.json": ablation_page.section,
    "ceiling.json": ceiling,
    "others_words.json": others_words,
    "esc10.json": esc10,
    "update.json": update,
    "yours.json": yours,
}


def _by_items(row: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Kinds in turn; of each the added items first, since they are what the section is about."""
    order = (list(_KINDS), ["added", "old"], ["before", "added", "updated"], list(_METHODS))
    names = (row["modality"], row["items"], row["moment"], row["method"])
    kind, items, moment, method = (place.index(name) for place, name in zip(order, names, strict=True))
    return kind, items, moment, method


def _interval(row: Mapping[str, Any], name: str) -> str:
    low, high = row[f"{name}_ci95"]
    return f"{row[name]:.1f} [{low:.1f}, {high:.1f}]"


def _told(result: Mapping[str, Any]) -> str:
    machine = result["machine"]
    cores = f"{machine['cores']} core{'s' if machine['cores'] > 1 else ''}"
    return f"{cores} of {machine['processor']}; seed {result['seed']}."


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
