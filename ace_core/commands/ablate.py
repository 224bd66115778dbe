"""`ablate`: every arm of a plan built and measured, and what each setting brings."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from ace_core.commands._building import add_source, prepare
from ace_core.commands._output import print_json

NAME = "ablate"
HELP = "build and measure the arms of a plan on fixed seeds; goes on where it was stopped"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--plan", type=Path, required=True, help="JSON file of arms, such as benchmarks/ablation.json")
    parser.add_argument("--out", type=Path, help="JSON file to write what was measured to, after every arm")
    add_source(parser)


def run(args: argparse.Namespace) -> int:
    from ace_core.bench.machine import Setting, facts
    from ace_core.evaluation.ablation import Ablation, summary
    from ace_core.evaluation.ablation_report import report
    from ace_core.evaluation.curves import curves
    from ace_core.evaluation.plan import Plan
    from ace_core.files import read_json, write_json

    plan = Plan.load(args.plan)
    prepared = prepare(args)
    ablation = Ablation(
        plan, prepared.config, prepared.collection, prepared.work, prepared.source, progress=not args.json
    )
    measured, result = [], {}
    for one in ablation.measure():
        measured.append(one)
        if any(found.arm == "dual_tower" for found in measured):
            result = summary(plan, prepared.collection, measured) | {"machine": asdict(facts(Setting()))}
            if args.out:
                write_json(args.out, result)
    build = ablation.build(plan.arms[plan.first], plan.seeds[0])
    generation = ablation.generation(build, build.retriever)
    result["curves"] = curves(generation, prepared.collection, plan.beams)
    result["ceiling"] = read_json(build.work.stages["identifiers"].folder / "report.json")
    if args.out:
        write_json(args.out, result)
    if args.json:
        print_json(result)
    else:
        print(report(result))
    return 0
