"""`build --media` as a newcomer uses it: a folder of anything, no captions, interrupted and started again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ace_core.__main__ import main
from ace_core.engine import Engine
from ace_core.files import read_json
from tests.browser import ROOT
from tests.made_media import tone, write_clip, write_sound
from tests.readable import PlainEncoder, make_readable_bundle, paint

PATIENCE = 240.0  # seconds
RUN = "import sys, tests.readable; from ace_core.__main__ import main; sys.exit(main(sys.argv[1:]))"
SMALL = [
    *(f"retriever.{size}" for size in ("model.d_model=16", "model.heads=2", "model.d_ff=16", "loop.batch_size=8")),
    *("codec.steps=0", "codec.levels=2", "codec.codebook_size=4", "pseudo_queries.count=2"),
]


def command(media: Path, folder: Path, encoder_of: Path, *settings: str) -> list[str]:
    places = ["--media", str(media), "--out", str(folder / "out"), "--work", str(folder / "work")]
    places += ["--encoder-of", str(encoder_of), "--events", str(folder / "events")]
    return ["build", *places, *(part for setting in (*SMALL, *settings) for part in ("--set", setting))]


def events(folder: Path) -> list[dict[str, Any]]:
    file = folder / "events"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def encoder_of(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_readable_bundle(tmp_path_factory.mktemp("encoder"), talkative=True)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures, sounds and clips with names of every kind, and files that are no use; not a word about any."""
    folder = tmp_path_factory.mktemp("mine") / "Meine Bilder & 音"
    for number in range(12):
        paint(folder / f"d'été {number % 3}" / f"夕日 {number}.png", number)
    for number in range(4):
        write_sound(folder / f"{'long ' * 30}{number}.wav", tone(0.2 + 0.1 * number, 8_000), 8_000)
        write_clip(folder / f"clip-{number}.mp4", frames=4 + number)
    shutil.copy(folder / "clip-0.mp4", folder / "the same.mp4")
    (folder / "cut.png").write_bytes((folder / "d'été 0" / "夕日 0.png").read_bytes()[:90])
    (folder / "empty.wav").write_bytes(b"")
    (folder / "round").symlink_to(folder)
    return folder


def test_killed_in_the_middle_and_started_again(
    media: Path,
    encoder_of: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = command(media, tmp_path, encoder_of, "retriever.loop.steps=2")
    process = subprocess.Popen([sys.executable, "-c", RUN, *asked], cwd=ROOT, stderr=subprocess.DEVNULL)
    end = time.monotonic() + PATIENCE
    while not any((one["stage"], one["state"]) == ("pseudo_queries", "started") for one in events(tmp_path)):
        assert process.poll() is None, "the build ended too early"
        assert time.monotonic() < end, "this took too long"
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert not (tmp_path / "out").exists()
    before = events(tmp_path)
    assert [one["stage"] for one in before if one["state"] == "done"][:3] == ["media", "features", "identifiers"]
    progress = [one for one in before if one["state"] == "progress"]
    assert {one["stage"] for one in progress} >= {"media", "features"}
    assert all(one["seconds_left"] is not None for one in progress)

    read: list[Path] = []
    monkeypatch.setattr(PlainEncoder, "encode_media", lambda self, files: read.extend(file.path for file in files))
    assert main(asked) == 0
    assert read == [], "media were encoded twice"
    told = capsys.readouterr().err
    assert "identifiers: " in told
    assert "identifiers ..." not in told
    assert told.rstrip().splitlines()[-1] == f"open it with: python app.py --bundle {tmp_path / 'out'}"
    listed = {one["path"]: one["reason"] for one in read_json(tmp_path / "work" / "left_out.json")}
    assert set(listed) == {"cut.png", "empty.wav", "the same.mp4"}
    assert all(f"left out: {name}: " in told for name in listed)
    assert events(tmp_path)[-1]["state"] == "finished"

    engine = Engine.load(tmp_path / "out", device="cpu", warm_up=False)
    assert len(engine.collection) == 20
    assert not any(item.captions for item in engine.collection)
    found = engine.search("anything", k=20, beams=20).hits
    assert {hit.item.id for hit in found} == {item.id for item in engine.collection}
    assert all(engine.media_path(item).is_file() for item in engine.collection)
