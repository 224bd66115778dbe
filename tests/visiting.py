"""A page whose builder is no builder: it copies a bundle that was made before, telling of it as the real one does."""

from __future__ import annotations

import sys
from pathlib import Path

from ace_core.bundle import new_bundle
from ace_core.collection import MODALITIES, Collection
from ace_core.parts import save_parts
from app.jobs import STAGES
from app.yours import Builder
from tests.tiny import make_tiny_collection, tiny_parts

SLOW = "slow.png"  # a file of this name makes a build long
COPY = """
import json, shutil, sys, time
source, out, events, pause, *stages = sys.argv[1:]
def tell(stage, state, fraction=0.0, line=""):
    with open(events, "a", encoding="utf-8") as stream:
        stream.write(json.dumps({"stage": stage, "index": stages.index(stage), "of": len(stages), "state": state,
            "fraction": fraction, "seconds_left": (1 - fraction) * 10 * float(pause), "line": line}) + "\\n")
for stage in stages:
    tell(stage, "started")
    for tenth in range(1, 11):
        time.sleep(float(pause))
        tell(stage, "progress", tenth / 10)
    tell(stage, "done", 1.0)
tell(stages[0], "note", line="left out: <b>bad</b>.png cannot be decoded as a picture")
shutil.copytree(source, out, dirs_exist_ok=True)
tell(stages[-1], "finished", 1.0, "done")
"""


def make_visited_bundle(folder: Path) -> Path:
    """A bundle of fifteen items that holds its manifest, as one built from a folder does; the media: `folder`/media."""
    whole = make_tiny_collection(folder / "media")
    items = tuple(whole[position] for kind in MODALITIES for position in whole.of(kind)[:5])
    for item in whole:
        if item not in items:
            whole.media_path(item).unlink()
    (folder / "media" / "manifest.jsonl").unlink()
    collection = Collection(whole.name, whole.root, items)
    path = folder / "bundle"
    with new_bundle(path) as staged:
        save_parts(staged, path, tiny_parts(collection, folder / "codec"), collection, None, {"tiny": 0}, {})
    return path


def copying(bundle: Path, pause: float = 0.0) -> Builder:
    """A builder that takes ten times `pause` seconds for every stage."""

    def command(media: Path, out: Path, work: Path, encoder_of: Path, events: Path) -> list[str]:
        wait = 2.0 if (media / SLOW).exists() else pause
        return [sys.executable, "-c", COPY, str(bundle), str(out), str(events), str(wait), *STAGES]

    return command
