"""Times one bundle: a query alone, checked too, 32 queries at once, both ways, and a cold start of the page.

    python -m benchmarks.latency checkpoints/builtin --out benchmarks/results/latency.json

Milliseconds, p50 and p95 over held-out queries; both ways answer the same queries in turn, so the ratio is of one run.
"""

from __future__ import annotations

import argparse
import os
import platform
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from ace_core.bundle import BUILT_IN
from ace_core.commands.evaluate import processor
from ace_core.engine import Engine
from ace_core.evaluation.protocol import queries_of
from ace_core.files import write_json

METHODS = ("generation", "dual_tower")


def spread(times: list[float], queries: int = 1) -> dict[str, float]:
    """p50 and p95 in ms a query."""
    low, high = np.percentile(np.array(times) * 1000 / queries, [50, 95])
    return {"p50_ms": round(float(low), 2), "p95_ms": round(float(high), 2)}


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def one_by_one(engine: Engine, texts: list[str], beams: int) -> dict[str, dict[str, float]]:
    """Whole searches, without loading media; encoding and search also apart."""
    whole: dict[str, list[float]] = {method: [] for method in METHODS}
    parts: dict[str, list[float]] = {f"{method}_{part}": [] for method in METHODS for part in ("encode", "search")}
    for text in texts:
        for method in METHODS:
            began = time.perf_counter()
            result = engine.search(text, k=10, beams=beams, method=method)  # type: ignore[arg-type]
            whole[method].append(time.perf_counter() - began)
            parts[f"{method}_encode"].append(result.times.encode_ms / 1000)
            parts[f"{method}_search"].append(result.times.search_ms / 1000)
    return {name: spread(times) for name, times in (whole | parts).items()}


def checked(engine: Engine, texts: list[str], beams: int) -> dict[str, dict[str, float]]:
    """Whole searches whose answers are checked, and the check apart; the answers' features are in memory already."""
    whole: dict[str, list[float]] = {f"{method}_check": [] for method in METHODS}
    alone: dict[str, list[float]] = {f"{method}_check_alone": [] for method in METHODS}
    for text in texts:
        for method in METHODS:
            engine.search(text, k=10, beams=beams, method=method, check=True)  # type: ignore[arg-type]
            began = time.perf_counter()
            result = engine.search(text, k=10, beams=beams, method=method, check=True)  # type: ignore[arg-type]
            whole[f"{method}_check"].append(time.perf_counter() - began)
            alone[f"{method}_check_alone"].append(result.times.check_ms / 1000)
    return {name: spread(times) for name, times in (whole | alone).items()}


def in_batches(engine: Engine, texts: list[str], beams: int, size: int) -> dict[str, dict[str, float]]:
    times: dict[str, list[float]] = {method: [] for method in METHODS}
    for start in range(0, len(texts) - size + 1, size):
        batch = texts[start : start + size]
        for method in METHODS:
            times[method].append(timed(lambda b=batch, m=method: engine.rank(b, 10, beams, method=m)))  # type: ignore
    return {method: spread(found, size) for method, found in times.items()}


def cold_start(bundle: Path) -> float:
    """Seconds from starting `app.py` until its page answers, files already in the system's cache."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = Path(__file__).resolve().parent.parent / "app.py"
    began = time.perf_counter()
    command = [sys.executable, str(app), "--bundle", str(bundle), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None and time.perf_counter() - began < 120:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
                    answer.read()
                return time.perf_counter() - began
            except OSError:
                time.sleep(0.1)
    finally:
        process.terminate()
        process.wait()
    raise RuntimeError("the page did not answer")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, nargs="?", default=BUILT_IN)
    parser.add_argument("--beams", type=int, default=20)
    parser.add_argument("--queries", type=int, default=256)
    parser.add_argument("--checked", type=int, default=64, help="of the queries, where the bundle has a check")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    starts = sorted(cold_start(args.bundle) for _ in range(3))
    engine = Engine.load(args.bundle)
    every = queries_of(engine.collection, split="held_out").texts
    chosen = np.random.default_rng(args.seed).permutation(len(every))[: args.queries]
    texts = [every[i] for i in chosen]
    one_by_one(engine, texts[:16], args.beams)
    single = one_by_one(engine, texts, args.beams)
    if engine.check is not None:
        single |= checked(engine, texts[: args.checked], args.beams)
    result = {
        "machine": {"processor": processor(), "cores": os.cpu_count(), "device": str(engine.device)},
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "items": len(engine.collection),
        "beams": args.beams,
        "queries": len(texts),
        "checked_queries": 0 if engine.check is None else len(texts[: args.checked]),
        "seed": args.seed,
        "one_query": single,
        "batch_of_32": in_batches(engine, texts, args.beams, 32),
        "generation_to_dual_tower": round(single["generation"]["p50_ms"] / single["dual_tower"]["p50_ms"], 2),
        "start_seconds": {"median": round(starts[1], 2), "all": [round(value, 2) for value in starts]},
    }
    if args.out:
        write_json(args.out, result)
    print(result)


if __name__ == "__main__":
    main()
