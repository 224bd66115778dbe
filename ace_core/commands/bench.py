"""`bench`: measure speed on this machine, and write what was measured into docs/performance.md."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ace_core.bundle import BUILT_IN
from ace_core.commands._output import plain, print_json

NAME = "bench"
HELP = "measure how fast search, constraint, server and build are, beside what others use"

_RESULTS = Path("benchmarks/results")
_PAGE = Path("docs/performance.md")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", metavar="WHAT", required=True)
    decode = _kind(kinds, "decode", "writing identifiers, against Hugging Face generate on T5", _decode)
    decode.add_argument("--items", type=int, help="size of the collection (default: 1000000)")
    constraint = _kind(kinds, "constraint", "the constraint step, against STATIC and a dictionary trie", _constraint)
    constraint.add_argument("--alone", type=int, nargs="*", help="sizes of our trie alone (default: up to 10000000)")
    scale = _kind(
        kinds, "scale", "cost against the collection's size, beside the dual tower with three indexes", _scale
    )
    scale.add_argument("--methods", nargs="+", metavar="NAME", help="ways to write and text towers (default: all)")
    scale.add_argument("--indexes", nargs="*", choices=("flat", "ivf", "hnsw"), help="indexes (default: all)")
    scale.add_argument("--hnsw-up-to", type=int, metavar="N", help="build HNSW of N items at most (default: 100000)")
    scale.add_argument("--events", type=Path, metavar="FILE", help="append what happens to this file, as JSON Lines")
    serve = _kind(kinds, "serve", "the real server with users at once", _serve)
    serve.add_argument("--bundle", type=Path, default=BUILT_IN, help="folder of a bundle (default: the built-in one)")
    serve.add_argument("--users", type=int, nargs="+", help="users at once (default: 1 8 32 100)")
    serve.add_argument("--seconds", type=float, help="how long, for each (default: 60)")
    quantise = _kind(kinds, "quantise", "K-Means, RQ-VAE and assignment, in items a second", _quantise)
    for sized in (constraint, scale, quantise):
        sized.add_argument("--sizes", type=int, nargs="+", help="numbers of items (default: up to 1000000)")
    for timed in (decode, constraint, scale):
        timed.add_argument("--rounds", type=int, help="how often everything is timed")
        timed.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    for threaded in (decode, constraint, scale, quantise):
        threaded.add_argument("--threads", type=int, default=0, help="threads of torch (default: as it is)")
    report = kinds.add_parser("report", help="write the page and its drawings from the results")
    report.add_argument("--results", type=Path, default=_RESULTS, help=f"folder of results (default: {_RESULTS})")
    report.add_argument("--page", type=Path, default=_PAGE, help=f"page to write (default: {_PAGE})")
    report.set_defaults(measure=None)
    _json(report)


def run(args: argparse.Namespace) -> int:
    if args.measure is None:
        return _report(args)
    from ace_core.bench.tables import section
    from ace_core.files import write_json

    result, shown = args.measure(args)
    if args.out:
        write_json(args.out, plain(result))
    if args.json:
        print_json(shown)
    else:
        print(section(args.kind, plain(result)))
    return 0


def _kind(
    kinds: Any, name: str, told: str, measure: Callable[[argparse.Namespace], tuple[Any, Any]]
) -> argparse.ArgumentParser:
    parser = kinds.add_parser(name, help=told, description=told[:1].upper() + told[1:] + ".")
    parser.add_argument("--seed", type=int, default=0, help="of identifiers, vectors, weights and queries (default: 0)")
    parser.add_argument("--out", type=Path, help=f"JSON file to write, such as {_RESULTS / name}.json")
    parser.set_defaults(measure=measure)
    _json(parser)
    return parser


def _json(parser: argparse.ArgumentParser) -> None:
    # The verb has --json too; what is not given here must not undo what was given there.
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print the result as JSON")


def _decode(args: argparse.Namespace) -> tuple[Any, Any]:
    from ace_core.bench.decode import DecodeOptions, measure
    from ace_core.stages import say

    result = measure(_with(DecodeOptions(), items=args.items), _setting(args, 20), say)
    return result, result


def _constraint(args: argparse.Namespace) -> tuple[Any, Any]:
    from ace_core.bench.constraint import ConstraintOptions, measure
    from ace_core.stages import say

    options = _with(ConstraintOptions(), sizes=args.sizes, alone=args.alone)
    result = measure(options, _setting(args, 50), say)
    return result, result.rows


def _scale(args: argparse.Namespace) -> tuple[Any, Any]:
    from ace_core.bench.scale import STAGES, ScaleOptions, measure
    from ace_core.progress import EventLog
    from ace_core.stages import say

    given = {name: getattr(args, name) for name in ("sizes", "methods", "indexes", "hnsw_up_to")}
    options = _with(ScaleOptions(), **given)
    result = measure(options, _setting(args, 30), say, EventLog(args.events, STAGES))
    return result, result.rows


def _serve(args: argparse.Namespace) -> tuple[Any, Any]:
    from ace_core.bench.machine import Setting
    from ace_core.bench.serve import ServeOptions, measure
    from ace_core.stages import say

    options = _with(ServeOptions(bundle=args.bundle), users=args.users, seconds=args.seconds)
    result = measure(options, Setting(seed=args.seed), say)
    return result, result.rows


def _quantise(args: argparse.Namespace) -> tuple[Any, Any]:
    from ace_core.bench.machine import Setting
    from ace_core.bench.quantise import QuantiseOptions, measure
    from ace_core.stages import say

    setting = Setting(threads=args.threads, seed=args.seed)
    result = measure(_with(QuantiseOptions(), sizes=args.sizes), setting, say)
    return result, result.rows


def _report(args: argparse.Namespace) -> int:
    from ace_core.bench.report import write

    missing = write(args.results, args.page)
    if args.json:
        print_json({"page": args.page, "missing": missing})
    else:
        print(f"Wrote {args.page}" + (f"; not measured: {', '.join(missing)}" if missing else ""))
    return 0


def _setting(args: argparse.Namespace, rounds: int) -> Any:
    from ace_core.bench.machine import Setting

    return Setting(device=args.device, threads=args.threads, seed=args.seed, rounds=args.rounds or rounds)


def _with(options: Any, **given: Any) -> Any:
    """`options` with what was given on the command line."""
    changed = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    return replace(options, **{name: value for name, value in changed.items() if value is not None})
