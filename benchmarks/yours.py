"""How long a visitor's own media take, stage by stage: from the command that the page starts to the first answer.

    [ACE_DATA=...] python -m benchmarks.yours --out benchmarks/results/yours.json

The files are drawn by the studio at a seed that nothing was trained on; where ACE_DATA is set, a few of them are real
photos, recordings and clips. Nothing is said of any of them. Every stage is told in seconds by the clock and in
seconds of processor time: the second is what it costs, whatever else the machine does. Linux only, for /proc.

What is drawn has sentences, which the builder never sees: how often generation and the dual tower find the right one
of the files of its kind is told too, so that no time is won at the price of the answers.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ace_core.bundle import BUILT_IN
from ace_core.collection import MODALITIES, Collection, Modality
from ace_core.commands.evaluate import processor
from ace_core.datasets.folder import modality_of
from ace_core.engine import Engine
from ace_core.errors import CollectionError, TrainingError
from ace_core.evaluation.metrics import bootstrap_interval, measure, ranks_from_lists
from ace_core.files import write_json
from ace_core.results import Method
from ace_core.studio.make import StudioConfig, make_collection
from app.jobs import build_command

SHARES: dict[Modality, float] = {"image": 0.6, "audio": 0.24, "video": 0.16}
REAL: dict[Modality, tuple[str, int]] = {
    "image": ("flickr8k/images", 5),
    "audio": ("esc10/audio", 4),
    "video": ("video_clips", 3),
}
METHODS: tuple[Method, ...] = ("generation", "dual_tower")
BEFORE, BETWEEN = "start", "loading"  # time that belongs to no stage
LOOK = 0.02  # seconds between two looks


@dataclass(frozen=True)
class Mark:
    """An event as it was seen: since when the process runs, and what it had cost by then."""

    stage: str
    state: str
    wall: float  # seconds
    cpu: float


def gather(folder: Path, files: int, seed: int, data: Path | None, studio: Path | None = None) -> Collection:
    """Fill `folder`/media with so many files; returns what was drawn (in `studio`), with its sentences."""
    wanted = {modality: round(share * files) for modality, share in SHARES.items()}
    real = {modality: _real(data / place, count) for modality, (place, count) in REAL.items()} if data else {}
    drawn = {modality: wanted[modality] - len(real.get(modality, ())) for modality in MODALITIES}
    config = StudioConfig(drawn["image"], drawn["audio"], drawn["video"], seed)
    made = make_collection(config, studio or folder / "studio", progress=False)
    media = folder / "media"
    media.mkdir()
    for path in [*(made.media_path(item) for item in made), *(path for paths in real.values() for path in paths)]:
        shutil.copy(path, media / path.name)
    return made


def _real(folder: Path, count: int) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if path.is_file())[:count] if folder.is_dir() else []
    if len(found) < count:
        raise CollectionError(
            f"{folder} holds no {count} files; set ACE_DATA to the folder of the real data, or unset it."
        )
    return found


def watch(command: Sequence[str], events: Path, log: Path) -> list[Mark]:
    """Run a build and note when each stage begins and ends; the last mark is the end of the process."""
    with open(log, "wb") as stream:
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
        marks: list[Mark] = []
        seen, cpu = 0, 0.0
        while process.poll() is None:
            wall, cpu = time.monotonic() - began, cpu_seconds(process.pid) or cpu
            lines = events.read_bytes().split(b"\n")[:-1] if events.is_file() else []
            told = [json.loads(line) for line in lines[seen:]]
            marks += [
                Mark(one["stage"], one["state"], wall, cpu) for one in told if one["state"] in ("started", "done")
            ]
            seen = len(lines)
            time.sleep(LOOK)
    if process.returncode:
        raise TrainingError(f"The build failed; what it said is in {log}.")
    return [*marks, Mark("", "ended", time.monotonic() - began, cpu)]


def cpu_seconds(pid: int) -> float:
    """Of all threads of a process; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def by_stage(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """Seconds of each stage, in the order of the first of its marks; a stage inside another counts for itself alone."""
    wall: dict[str, float] = {}
    cpu: dict[str, float] = {}
    running: list[str] = []
    last = Mark("", "", 0.0, 0.0)
    for mark in marks:
        name = running[-1] if running else BETWEEN if wall else BEFORE
        wall[name] = wall.get(name, 0.0) + mark.wall - last.wall
        cpu[name] = cpu.get(name, 0.0) + mark.cpu - last.cpu
        last = mark
        if mark.state == "started":
            running.append(mark.stage)
        elif mark.stage in running:
            running.remove(mark.stage)
    return [{"stage": name, "wall_seconds": round(wall[name], 1), "cpu_seconds": round(cpu[name], 1)} for name in wall]


def first_answer(bundle: Path) -> tuple[Engine, dict[str, Any]]:
    """What the page does when it is built: the engine is loaded and asked."""
    wall, cpu = time.monotonic(), time.process_time()
    engine = Engine.load(bundle, device="cpu")
    engine.search("a red boat on a quiet lake", k=5)
    told = {"stage": "first answer", "wall_seconds": round(time.monotonic() - wall, 1)}
    return engine, told | {"cpu_seconds": round(time.process_time() - cpu, 1)}


def quality(engine: Engine, made: Collection) -> list[dict[str, Any]]:
    """How well what was drawn is found by its own sentences, among all files of its kind."""
    place = {Path(item.path).name: position for position, item in enumerate(engine.collection)}
    kinds = np.array([item.modality for item in engine.collection])
    rows: list[dict[str, Any]] = []
    for modality in MODALITIES:
        asked = [
            (text.text, place[Path(item.path).name])
            for item in made
            if item.modality == modality and Path(item.path).name in place
            for text in (*item.captions, *item.queries)
        ]
        pool = kinds == modality
        for method in METHODS:
            ranked = engine.rank([text for text, _ in asked], 10, 20, pool, method)
            ranks = ranks_from_lists(ranked, np.array([answer for _, answer in asked]))
            found = measure(ranks)
            low, high = bootstrap_interval(100.0 * (ranks > 0))
            rows.append(
                {
                    "modality": modality,
                    "method": method,
                    "queries": len(asked),
                    "pool": int(pool.sum()),
                    "recall_at_1": round(found.recall_at_1, 1),
                    "recall_at_10": round(found.recall_at_10, 1),
                    "recall_at_10_ci95": [round(low, 1), round(high, 1)],
                }
            )
    return rows


def run(files: int, seed: int, folder: Path, data: Path | None, studio: Path | None = None) -> dict[str, Any]:
    made = gather(folder, files, seed, data, studio)
    kinds = Counter(modality_of(path) for path in (folder / "media").iterdir())
    events, log = folder / "events.jsonl", folder / "build.log"
    marks = watch(build_command(folder / "media", folder / "bundle", folder / "work", BUILT_IN, events), events, log)
    engine, answered = first_answer(folder / "bundle")
    stages = [*by_stage(marks), answered]
    return {
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        },
        "seed": seed,
        "files": {modality: kinds[modality] for modality in MODALITIES},
        "real_files": sum(kinds.values()) - len(made),
        "stages": stages,
        "wall_seconds": round(sum(stage["wall_seconds"] for stage in stages), 1),
        "cpu_seconds": round(sum(stage["cpu_seconds"] for stage in stages), 1),
        "rows": quality(engine, made),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100, help="how many (default: 100)")
    parser.add_argument("--seed", type=int, default=4242, help="of the studio; another than those trained on")
    parser.add_argument("--studio", type=Path, help="folder to keep what is drawn in, for another run")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    args = parser.parse_args(arguments)
    data = os.environ.get("ACE_DATA")
    with tempfile.TemporaryDirectory(prefix="ace-yours-") as folder:
        try:
            result = run(args.files, args.seed, Path(folder), Path(data) if data else None, args.studio)
        except CollectionError as error:
            print(error, file=sys.stderr)
            return 1
    if args.out:
        write_json(args.out, result)
    for stage in result["stages"]:
        print(f"{stage['stage']:16} {stage['wall_seconds']:7.1f} s, {stage['cpu_seconds']:7.1f} s of processor time")
    print(f"{'in all':16} {result['wall_seconds']:7.1f} s, {result['cpu_seconds']:7.1f} s of processor time")
    for row in result["rows"]:
        print(f"{row['modality']:6} {row['method']:10} R@1 {row['recall_at_1']:5.1f}  R@10 {row['recall_at_10']:5.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
