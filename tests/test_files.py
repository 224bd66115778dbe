"""Atomic writes survive a kill at any moment; configurations are validated."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest

from ace_core.config import from_json, load_config, save_config, to_json
from ace_core.errors import ConfigError
from ace_core.files import atomic_folder, atomic_path, read_json, sha256_file, write_json


def fail_half_way(path):
    path.write_text("half")
    raise RuntimeError


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, 1)
    with pytest.raises(RuntimeError), atomic_path(path) as staged:
        fail_half_way(staged)
    assert read_json(path) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_failed_folder_leaves_the_old_folder(tmp_path):
    path = tmp_path / "folder"
    with atomic_folder(path) as staged:
        (staged / "x").write_text("old")
    with pytest.raises(RuntimeError), atomic_folder(path) as staged:
        fail_half_way(staged / "x")
    assert (path / "x").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


KILLED = """
import os, signal, sys
from pathlib import Path
from ace_core.files import atomic_folder
with atomic_folder(Path(sys.argv[1])) as staged:
    (staged / "x").write_text("new")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_while_saving_leaves_the_old_folder(tmp_path):
    path = tmp_path / "folder"
    with atomic_folder(path) as staged:
        (staged / "x").write_text("old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], env={**os.environ, "PYTHONPATH": os.getcwd()})
    assert done.returncode == -signal.SIGKILL
    assert (path / "x").read_text() == "old"


def test_sha256(tmp_path):
    (tmp_path / "e").write_bytes(b"")
    assert sha256_file(tmp_path / "e").startswith("e3b0c44298fc1c14")


@dataclass(frozen=True)
class Inner:
    sizes: tuple[int, ...] = (1, 2)


@dataclass(frozen=True)
class Outer:
    name: str
    rate: float = 0.5
    inner: Inner = Inner()


def test_configuration_round_trip(tmp_path):
    config = Outer("a", 1.5, Inner((3, 4, 5)))
    save_config(config, tmp_path / "c.json")
    assert load_config(Outer, tmp_path / "c.json") == config
    assert from_json(Outer, to_json(config)) == config


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "a", "nam": 1}, "no field 'nam'"),
        ({"name": 3}, "Outer.name must be str"),
        ({"name": "a", "rate": "x"}, "Outer.rate must be float"),
        ({"name": "a", "inner": {"sizes": ["x"]}}, "Inner.sizes must be int"),
        ({}, "cannot be built"),
    ],
)
def test_wrong_configuration_is_named(values, message):
    with pytest.raises(ConfigError, match=message):
        from_json(Outer, values)
