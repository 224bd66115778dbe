"""What a search kept and what it dropped, told with whole prefixes, for people to look at."""

from __future__ import annotations

from ace_core.identifiers.trie import Trie
from ace_core.results import BeamNode, TraceStep
from ace_core.retriever.beam_types import BeamResult


def trace_steps(result: BeamResult, row: int, trie: Trie) -> tuple[TraceStep, ...]:
    """The trace of query `row` with whole prefixes: what was kept, best first, then the best of the pruned."""
    steps: list[TraceStep] = []
    prefixes: list[tuple[int, ...]] = [()]  # of the kept beams of the step before, in the search's order
    shown: dict[int, int] = {}  # the search's order -> place in the step before's `nodes`
    for level, step in enumerate(result.steps):
        nodes: list[BeamNode] = []
        now: dict[int, int] = {}
        for part, kept in ((step.kept, True), (step.pruned, False)):
            scores = part.log_prob[row]
            for place in scores.sort(descending=True, stable=True).indices.tolist():
                if not bool(scores[place].isfinite()):
                    continue
                parent = int(part.parent[row, place])
                if kept:
                    now[place] = len(nodes)
                nodes.append(
                    BeamNode(
                        prefix=(*prefixes[parent], int(part.token[row, place])),
                        parent=shown[parent] if level else None,
                        log_prob=float(scores[place]),
                        token_probability=float(part.token_log_prob[row, place].exp()),
                        kept=kept,
                        items_below=int(trie.items_below(level + 1, part.node[row, place])),
                    )
                )
        parents, tokens = step.kept.parent[row].tolist(), step.kept.token[row].tolist()
        prefixes = [(*prefixes[parent], token) for parent, token in zip(parents, tokens, strict=True)]
        shown = now
        steps.append(TraceStep(level, tuple(nodes)))
    return tuple(steps)
