"""A bundle is wholly there and unchanged, or refused with the name of the file."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch

from ace_core.bundle import (
    MANIFEST,
    MEDIA_ROOT_VARIABLE,
    PART_BYTES,
    Bundle,
    load_tensors,
    new_bundle,
    save_collection,
    save_tensors,
    save_tensors_in_8_bits,
)
from ace_core.collection import Caption, Collection, Item
from ace_core.errors import BundleError
from ace_core.files import write_json

ITEMS = (Item("one", "image", "one.png", (Caption("a red boat"),)), Item("two", "audio", "two.wav"))


def make(folder: Path, media: Path, word: str = "first", manifest: Path | None = None) -> Path:
    collection = Collection("small", media, ITEMS)
    with new_bundle(folder) as staged:
        entry = save_collection(staged, folder, collection, manifest)
        write_json(staged / "config.json", {"collection": entry, "word": word})
        save_tensors(staged, "weights", {"matrix": torch.arange(6.0).view(2, 3), "count": torch.tensor(3)})
    return folder


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return make(tmp_path / "bundle", tmp_path / "media")


def test_what_was_written_is_read(bundle: Path, tmp_path: Path) -> None:
    opened = Bundle.open(bundle)
    assert opened.collection.items == ITEMS
    assert opened.collection.root == (tmp_path / "media").resolve()
    assert opened.config["word"] == "first"
    assert torch.equal(opened.tensors("weights")["matrix"], torch.arange(6.0).view(2, 3))
    assert opened.has("weights")
    assert opened.has("config.json")
    assert not opened.has("captioner")


@pytest.mark.parametrize("name", ["config.json", "manifest.jsonl", "weights.safetensors", MANIFEST])
def test_a_missing_file_is_named(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    with pytest.raises(BundleError, match=name):
        Bundle.open(bundle)


@pytest.mark.parametrize("name", ["config.json", "manifest.jsonl", "weights.safetensors", MANIFEST])
def test_a_changed_byte_is_found(bundle: Path, name: str) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(bytes(content))
    with pytest.raises(BundleError, match=name):
        Bundle.open(bundle)


@pytest.mark.parametrize("name", ["config.json", "manifest.jsonl", "weights.safetensors", MANIFEST])
def test_a_truncated_file_is_found(bundle: Path, name: str) -> None:
    (bundle / name).write_bytes((bundle / name).read_bytes()[:-5])
    with pytest.raises(BundleError, match=name):
        Bundle.open(bundle)


def test_a_file_that_does_not_belong_is_found_and_hidden_ones_are_not_ours(bundle: Path) -> None:
    (bundle / ".DS_Store").write_text("x")
    Bundle.open(bundle)
    (bundle / "extra.pkl").write_text("x")
    with pytest.raises(BundleError, match=r"extra\.pkl does not belong"):
        Bundle.open(bundle)


def test_another_format_is_refused(bundle: Path) -> None:
    manifest = json.loads((bundle / MANIFEST).read_text())
    write_json(bundle / MANIFEST, manifest | {"format": 99})
    with pytest.raises(BundleError, match="format 99; this version reads format 1"):
        Bundle.open(bundle)


def test_no_bundle_at_all(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="There is no bundle"):
        Bundle.open(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BundleError, match="is not a bundle"):
        Bundle.open(tmp_path / "empty")


def test_a_manifest_of_its_own_is_referred_to_and_checked(tmp_path: Path) -> None:
    manifest = tmp_path / "media" / "manifest.jsonl"
    Collection("small", manifest.parent, ITEMS).save(manifest)
    bundle = make(tmp_path / "bundle", manifest.parent, manifest=manifest)
    assert not (bundle / "manifest.jsonl").exists()
    assert Bundle.open(bundle).collection.items == ITEMS
    moved = tmp_path / "moved"
    manifest.parent.rename(moved)
    with pytest.raises(BundleError, match="is not there; give the folder"):
        Bundle.open(bundle)
    assert Bundle.open(bundle, media_root=moved).collection.root == moved.resolve()
    with open(moved / "manifest.jsonl", "a") as stream:
        stream.write("\n")
    with pytest.raises(BundleError, match="was changed since the bundle"):
        Bundle.open(bundle, media_root=moved)


def test_bundle_and_media_move_together(tmp_path: Path) -> None:
    make(tmp_path / "a" / "bundle", tmp_path / "a" / "media")
    (tmp_path / "a").rename(tmp_path / "b")
    assert Bundle.open(tmp_path / "b" / "bundle").collection.root == (tmp_path / "b" / "media").resolve()


def test_media_root_from_the_environment(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEDIA_ROOT_VARIABLE, str(tmp_path / "elsewhere"))
    assert Bundle.open(bundle).collection.root == tmp_path / "elsewhere"
    assert Bundle.open(bundle, tmp_path / "named").collection.root == tmp_path / "named"


def test_large_tensors_are_stored_in_parts_below_the_limit(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    tensors = {
        "wide": torch.randn(3, 1_500_000, generator=generator),
        "tall": torch.randn(9001, 400, generator=generator),
        "whole": torch.arange(10),
        "flags": torch.tensor([True, False]),
    }
    save_tensors(tmp_path, "big", tensors)
    files = sorted(tmp_path.iterdir())
    assert len(files) > 1
    assert all(file.stat().st_size < PART_BYTES + 10_000 for file in files)
    loaded = load_tensors(tmp_path, "big")
    assert loaded.keys() == tensors.keys()
    assert all(torch.equal(loaded[key], tensors[key]) for key in tensors)


def test_half_precision_keeps_what_would_overflow(tmp_path: Path) -> None:
    tied = torch.randn(4, 4)
    tensors = {"small": tied, "again": tied, "huge": torch.tensor([1e30]), "whole": torch.tensor([70000])}
    save_tensors(tmp_path, "half", tensors, half=True)
    loaded = load_tensors(tmp_path, "half")
    assert torch.equal(loaded["small"], tied.half().float())
    assert torch.equal(loaded["again"], loaded["small"])
    assert loaded["huge"].item() == tensors["huge"].item()
    assert loaded["whole"].item() == 70000


KILL = """
    import os, signal, sys
    from pathlib import Path

    sys.path.insert(0, {tests!r})
    from test_bundle import make

    def save_and_die(steps):
        def count(real):
            def step(*args, **kwargs):
                nonlocal steps
                if steps == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                steps -= 1
                return real(*args, **kwargs)
            return step

        for name in ("fsync", "rename", "replace", "mkdir", "rmdir", "unlink"):
            setattr(os, name, count(getattr(os, name)))
        make(Path({root!r}, str(steps), "bundle"), Path({root!r}, "media"), "second")

    for steps in range(100):
        make(Path({root!r}, str(steps), "bundle"), Path({root!r}, "media"), "first")
        child = os.fork()
        if child == 0:
            save_and_die(steps)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        print(steps, os.waitstatus_to_exitcode(status), flush=True)
        if status == 0:
            break
"""


def test_a_kill_at_any_step_of_a_save_leaves_the_old_bundle_or_the_new_one(tmp_path: Path) -> None:
    script = textwrap.dedent(KILL.format(tests=str(Path(__file__).parent), root=str(tmp_path)))
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    runs = [(int(step), int(code)) for step, code in (line.split() for line in run.stdout.splitlines())]
    assert len(runs) > 10, run.stderr
    assert [code for _, code in runs] == [-9] * (len(runs) - 1) + [0], run.stderr
    words = [Bundle.open(tmp_path / str(step) / "bundle").config["word"] for step, _ in runs]
    switch = words.index("second")
    assert words == ["first"] * switch + ["second"] * (len(words) - switch)
    assert switch > 5


def test_8_bit_matrices_come_back_within_half_a_step(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(50, 30, generator=generator) * torch.logspace(-3, 2, 50)[:, None]
    matrix[3] = 0
    tensors = {"matrix": matrix, "vector": torch.arange(5.0), "count": torch.tensor([7])}
    save_tensors_in_8_bits(tmp_path, "model", tensors)
    loaded = load_tensors(tmp_path, "model")
    assert set(loaded) == set(tensors)
    assert (tmp_path / "model.safetensors").stat().st_size < matrix.numel() * 2
    step = matrix.abs().amax(dim=1, keepdim=True) / 127
    assert bool(((loaded["matrix"] - matrix).abs() <= step * 0.5001 + 1e-9).all())
    assert torch.equal(loaded["vector"], tensors["vector"])
    assert torch.equal(loaded["count"], tensors["count"])
