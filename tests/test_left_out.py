"""A bad file among many is left out and listed with its reason; the rest goes on."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ace_core.__main__ import build_parser, main
from ace_core.bundle import BUILT_IN
from ace_core.collection import Collection, Item
from ace_core.commands._building import Prepared, prepare
from ace_core.datasets import readable as readable_module
from ace_core.datasets.folder import load_folder
from ace_core.datasets.readable import readable
from ace_core.datasets.scan import LeftOut
from ace_core.errors import CollectionError, MediaError
from ace_core.files import sha256_file
from tests.made_media import picture, tone, write_clip, write_packed, write_picture, write_sound
from tests.tiny import make_tiny_collection


def test_bad_files_are_told_and_left_out(tmp_path: Path) -> None:
    collection = make_tiny_collection(tmp_path)
    (tmp_path / "picture-03.png").write_bytes(b"\x13\x37 no picture")
    (tmp_path / "sound-01.wav").unlink()
    (tmp_path / "clip-02.mp4").write_bytes((tmp_path / "clip-03.mp4").read_bytes())
    told: list[str] = []
    early = [LeftOut("a.heic", "not read")]
    good = readable(collection, tmp_path / "memory.json", told.append, progress=False, left_out=early)
    assert len(good) == 57
    listed = {one["path"]: one["reason"] for one in json.loads((tmp_path / "left_out.json").read_text())}
    assert list(listed) == ["a.heic", "picture-03.png", "sound-01.wav", "clip-02.mp4"]
    assert listed["picture-03.png"].startswith(
        "cannot be decoded as a picture: its content is of no known kind; replace"
    )
    assert listed["sound-01.wav"] == "there is no such file; give the path of a sound"
    assert "sha256 differs" in listed["clip-02.mp4"]
    assert [line for line in told if "/tmp" not in line] == [f"left out: {path}: {why}" for path, why in listed.items()]
    assert told[-1] == f"left out: 4 in all, 57 can be read; every reason is in {tmp_path / 'left_out.json'}"
    again: list[str] = []
    assert readable(collection, tmp_path / "memory.json", again.append, progress=False, left_out=early) == good
    assert again == told


def filled(collection: Collection) -> Collection:
    """With every sha256."""
    items = [replace(item, sha256=sha256_file(collection.media_path(item))) for item in collection]
    return replace(collection, items=tuple(items))


def test_a_file_is_decoded_once_and_what_was_read_survives_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        picture(tmp_path / f"{number:02d}.png", number)
    collection = filled(load_folder(tmp_path))
    monkeypatch.setattr(readable_module, "cpu_count", lambda: 1)
    seen: list[str] = []
    real: Callable[[Path, Item], None] = readable_module._decode

    def decode(path: Path, item: Item) -> None:
        if len(seen) == 25 and "stop" not in seen:
            seen.append("stop")
            raise KeyboardInterrupt
        seen.append(item.path)
        real(path, item)

    monkeypatch.setattr(readable_module, "_decode", decode)
    with pytest.raises(KeyboardInterrupt):
        readable(collection, tmp_path / "memory.json", print, progress=False)
    for _ in range(2):
        assert readable(collection, tmp_path / "memory.json", print, progress=False) == collection
    first = seen[: seen.index("stop")]
    assert len(first) == 25
    assert Counter(seen)[first[0]] == 1
    assert len(seen) <= len(collection) + 1 + 3  # one that was being read, and those decoded but not yet noted
    (tmp_path / "memory.json").write_text("{broken")
    assert readable(collection, tmp_path / "memory.json", print, progress=False) == collection


def test_a_file_that_is_mended_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png", 1)
    collection = load_folder(tmp_path)
    real = readable_module._decode

    def locked(path: Path, item: Item) -> None:
        if path.name == "b.png":
            raise MediaError(f"{path}: the file may not be read; give yourself leave to read it.")
        real(path, item)

    monkeypatch.setattr(readable_module, "_decode", locked)
    assert len(readable(collection, tmp_path / "memory.json", print, progress=False)) == 1
    monkeypatch.setattr(readable_module, "_decode", real)  # nothing that a memory could see has changed of the file
    assert len(readable(collection, tmp_path / "memory.json", print, progress=False)) == 2
    assert json.loads((tmp_path / "left_out.json").read_text()) == []


def test_a_sound_too_long_to_read_at_once_is_kept(tmp_path: Path) -> None:
    moments = np.arange(1300 * 1000) / 1000
    write_sound(tmp_path / "long.flac", 0.5 * np.sin(2 * np.pi * 100 * moments), 1000)
    assert len(readable(load_folder(tmp_path), tmp_path / "memory.json", print, progress=False)) == 1


def test_missing_sha256_are_filled_in_and_good_collections_stay_as_they_are(tmp_path: Path) -> None:
    collection = make_tiny_collection(tmp_path)
    assert readable(collection, tmp_path / "memory.json", print, progress=False) == collection
    again = readable(load_folder(tmp_path), tmp_path / "memory.json", print, progress=False)
    assert {item.path: item.sha256 for item in again} == {item.path: item.sha256 for item in collection}


def test_nothing_readable_is_an_error(tmp_path: Path) -> None:
    collection = make_tiny_collection(tmp_path)
    gone = Collection("gone", tmp_path / "elsewhere", collection.items)
    with pytest.raises(CollectionError, match="None of the 60 media"):
        readable(gone, tmp_path / "memory.json", print, progress=False)


def test_build_lists_what_it_leaves_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "mine"
    picture(root / "good.png")
    picture(root / "sub" / "also good.jpg", 1)
    shutil.copy(root / "good.png", root / "copy.png")
    write_sound(root / "sound.mp3", tone(0.3))
    write_packed(root / "sound.m4a", "aac", tone(0.4))
    write_clip(root / "clip.mov", frames=4)
    (root / "cut.jpg").write_bytes(write_picture(tmp_path / "w.jpg").read_bytes()[:500])
    (root / "phone.heic").write_text("x")
    (root / "captions.csv").write_text("path,caption\ngood.png,a good picture\n")
    options = ["--media", str(root), "--out", str(tmp_path / "out"), "--work", str(tmp_path / "work")]
    assert main(["build", *options, "--show-config"]) == 0
    told = capsys.readouterr().err
    listed = {one["path"] for one in json.loads((tmp_path / "work" / "left_out.json").read_text())}
    assert listed == {"good.png", "cut.jpg", "phone.heic"}  # copy.png comes first and has the same content
    assert all(f"left out: {path}: " in told for path in listed)
    assert "left out: 3 in all, 5 can be read" in told
    assert "1 files with captions to learn from are too few to train an encoder on" in told
    assert "weak on photos and recordings" in told


def test_few_captions_of_a_folder_train_no_encoder_unless_asked(tmp_path: Path) -> None:
    root = tmp_path / "mine"
    for number in range(3):
        picture(root / f"{number}.png", number)
    (root / "captions.csv").write_text("path,caption\n0.png,a picture\n1.png,another\n")
    options = ["build", "--media", str(root), "--out", str(tmp_path / "out"), "--work", str(tmp_path / "work")]

    def prepared(*more: str) -> Prepared:
        return prepare(build_parser().parse_args([*options, *more]))

    events = tmp_path / "events.jsonl"
    assert prepared("--events", str(events)).source.bundle == BUILT_IN
    told = [json.loads(line) for line in events.read_text().splitlines()]
    assert [one["state"] for one in told if one["stage"] == "media"][-2:] == ["progress", "done"]
    own = prepared("--encoder", "compact")
    assert (own.source.bundle, own.source.encoder) == (None, None)
    assert "encoder" in own.events.stages
    assert prepared("--encoder", "open_clip").source.encoder == "open_clip"
    (root / "captions.csv").unlink()
    assert prepared().source.bundle == BUILT_IN
