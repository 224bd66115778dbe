"""What a program gets from the page's API: the results as plain JSON, with addresses instead of paths."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ace_core.collection import Item
from ace_core.errors import QueryError
from ace_core.results import Comparison, Hit, PrefixSummary, SearchResult, Trace
from app.chips import key
from app.measured import Scale
from app.measuring import Run
from app.media import Media, title


def item_json(media: Media, item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "modality": item.modality,
        "split": item.split,
        "title": title(item),
        "captions": [caption.text for caption in item.captions],
        "url": media.url(item),
    }


def hit_json(media: Media, hit: Hit) -> dict[str, Any]:
    return {
        "rank": hit.rank,
        "identifier": list(hit.identifier),
        "score": hit.score,
        "probability": hit.probability,
        "token_probabilities": list(hit.token_probabilities),
        "check": hit.check,
        "unchecked_rank": hit.unchecked_rank,
        "item": item_json(media, hit.item),
    }


def search_json(media: Media, result: SearchResult) -> dict[str, Any]:
    return {
        "query": result.query,
        "method": result.method,
        "beams": result.beams,
        "pool_size": result.pool_size,
        "times_ms": {
            "encode": result.times.encode_ms,
            "search": result.times.search_ms,
            "media": result.times.media_ms,
            "check": result.times.check_ms,
        },
        "unread": [refused.source for refused in result.unread],
        "hits": [hit_json(media, hit) for hit in result.hits],
    }


def comparison_json(media: Media, comparison: Comparison) -> dict[str, Any]:
    return {
        "query": comparison.query,
        "summary": comparison.summary,
        "generated": search_json(media, comparison.generated),
        "dual_tower": search_json(media, comparison.dual_tower),
        "items": [
            {"id": entry.item.id, "generated_rank": entry.generated_rank, "dual_tower_rank": entry.dual_tower_rank}
            for entry in comparison.items
        ],
        "answer": comparison.answer.id if comparison.answer else None,
        "answer_generated_rank": comparison.answer_generated_rank,
        "answer_dual_tower_rank": comparison.answer_dual_tower_rank,
    }


def trace_json(media: Media, trace: Trace) -> dict[str, Any]:
    return {
        "result": search_json(media, trace.result),
        "steps": [
            {
                "level": step.level,
                "nodes": [
                    {
                        "prefix": list(node.prefix),
                        "parent": node.parent,
                        "log_prob": node.log_prob,
                        "token_probability": node.token_probability,
                        "kept": node.kept,
                        "items_below": node.items_below,
                    }
                    for node in step.nodes
                ],
            }
            for step in trace.steps
        ],
    }


def prefix_of(written: object) -> tuple[int, ...]:
    """The prefix that a client wrote as numbers joined by hyphens; raises `QueryError`."""
    tokens = written.split("-") if isinstance(written, str) and len(written) <= 100 else []
    if not tokens or not all(token.isascii() and token.isdigit() for token in tokens):
        raise QueryError("A prefix is whole numbers joined by hyphens, such as 17-203.")
    return tuple(int(token) for token in tokens)


def prefix_json(media: Media, summary: PrefixSummary) -> dict[str, Any]:
    return {
        "prefix": key(summary.prefix),
        "items_below": summary.items_below,
        "words": list(summary.words),
        "examples": [item_json(media, item) for item in summary.examples],
    }


def scale_json(scale: Scale | None) -> dict[str, Any] | None:
    """Cost against the size of the collection; None where it was not measured."""
    return None if scale is None else {"rows": [asdict(row) for row in scale.rows], "machine": scale.machine}


def run_json(run: Run | None) -> dict[str, Any]:
    """A measurement of this machine: none, running, done, failed or stopped."""
    if run is None:
        return {"state": "none"}
    progress = run.progress()
    return {
        "state": run.state,
        "items": run.items,
        "stage": progress.now,
        "fraction": progress.fraction,
        "result": scale_json(run.result),
    }
