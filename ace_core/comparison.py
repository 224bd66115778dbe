"""Two ranked lists of the same query side by side, joined by item, and one sentence that says who found what."""

from __future__ import annotations

from dataclasses import replace

from ace_core.collection import Item
from ace_core.results import ComparedItem, Comparison, SearchResult


def first(result: SearchResult, k: int) -> SearchResult:
    """The result cut to its k best."""
    return replace(result, hits=result.hits[:k])


def rank_of(item: Item | None, result: SearchResult) -> int | None:
    """The item's rank in the result; None where it is not there."""
    return next((hit.rank for hit in result.hits if item and hit.item.id == item.id), None)


def compared(
    generated: SearchResult,
    dual_tower: SearchResult,
    answer: Item | None,
    generated_rank: int | None,
    dual_tower_rank: int | None,
) -> Comparison:
    """Join both lists; the ranks are those of `answer`, the right item where it is known."""
    return Comparison(
        query=generated.query,
        generated=generated,
        dual_tower=dual_tower,
        items=_join(generated, dual_tower),
        answer=answer,
        answer_generated_rank=generated_rank,
        answer_dual_tower_rank=dual_tower_rank,
        summary=(
            _who_found_the_answer(generated_rank, dual_tower_rank, generated.pool_size)
            if answer
            else _how_they_agree(generated, dual_tower)
        ),
    )


def _join(generated: SearchResult, dual_tower: SearchResult) -> tuple[ComparedItem, ...]:
    items = {hit.item.id: hit.item for hit in (*generated.hits, *dual_tower.hits)}
    left = {hit.item.id: hit.rank for hit in generated.hits}
    right = {hit.item.id: hit.rank for hit in dual_tower.hits}
    joined = [ComparedItem(item, left.get(name), right.get(name)) for name, item in items.items()]
    return tuple(sorted(joined, key=_best_rank))


def _best_rank(item: ComparedItem) -> tuple[int, int]:
    ranks = [rank for rank in (item.generated_rank, item.dual_tower_rank) if rank is not None]
    return min(ranks), sum(ranks) if len(ranks) == 2 else 10_000


def _who_found_the_answer(generated: int | None, dual_tower: int | None, pool: int) -> str:
    if dual_tower is None:
        return "The right answer is not among the items that were asked for."
    if generated is None:
        return f"The beam lost the right answer; the dual tower has it at rank {dual_tower} of {pool}."
    if generated == dual_tower:
        return f"Both have the right answer at rank {generated}."
    if generated < dual_tower:
        return f"Generation has the right answer at rank {generated}, the dual tower at rank {dual_tower}."
    return f"The dual tower has the right answer at rank {dual_tower}, generation at rank {generated}."


def _how_they_agree(generated: SearchResult, dual_tower: SearchResult) -> str:
    left = [hit.item.id for hit in generated.hits]
    right = [hit.item.id for hit in dual_tower.hits]
    if not left or not right:
        return "One of the two found nothing."
    shared = len(set(left) & set(right))
    shown = max(len(left), len(right))
    lead = "Both put the same item first" if left[0] == right[0] else "They put different items first"
    if shared == shown:
        return f"{lead} and found the same {shown}." if shown > 1 else f"{lead}."
    return f"{lead}; {shared} of {shown} were found by both."
