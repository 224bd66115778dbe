"""A visitor's own collection without a browser: who may see it, how much it may take, how it is built and removed."""

from __future__ import annotations

import csv
import gc
import io
import json
import os
import re
import shutil
import sys
import time
import weakref
import zipfile
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ace_core.bundle import BUILT_IN, MANIFEST
from ace_core.datasets.folder import ENDINGS, load_folder
from ace_core.engine import Engine
from ace_core.errors import MediaError
from ace_core.files import read_json, write_json
from app.answers import answer
from app.belongings import captions_of, kept_name, read_captions, write_captions
from app.examine import Examiner, examine, kind_of
from app.jobs import STAGES, Job, Jobs, build_command, read_progress
from app.page import Page
from app.panel import frame, panel
from app.routes import routes
from app.visitors import PREFIX, Kept, Limits, Refused, Visitor, Visitors, view_of
from app.weakness import DRAWN, weakness_of
from app.yours import Yours
from tests.browser import free_port
from tests.test_app import HOSTILE, Reader
from tests.visiting import copying, make_visited_bundle

PATIENCE = 60.0  # seconds


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "this took too long"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `media` and a `bundle` over them."""
    folder = tmp_path_factory.mktemp("prepared")
    make_visited_bundle(folder)
    return folder


@pytest.fixture(scope="module")
def shared(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yours]:
    limits = Limits(engines=1)
    yours = Yours(limits=limits, parent=tmp_path_factory.mktemp("visitors"), builder=copying(prepared / "bundle"))
    yield yours
    yours.close()


@pytest.fixture(scope="module")
def client(shared: Yours) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=routes(shared))) as started:
        yield started


class Guest:
    """A visitor's browser."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.key = client.post("/yours").json()["key"]
        self.view = view_of(self.key)

    def ask(self, method: str, path: str, content: bytes | None = None, key: str | None = None):
        headers = {"X-Ace-Key": self.key if key is None else key}
        return self.client.request(method, f"/yours{path}", content=content, headers=headers)

    def send(self, name: str, content: bytes):
        return self.client.post("/yours/files", params={"name": name}, content=content, headers={"X-Ace-Key": self.key})

    def panel(self) -> str:
        return self.ask("GET", "/panel").text

    def build(self) -> None:
        assert self.ask("POST", "/build").status_code == 200
        until(lambda: 'data-busy="0"' in self.panel())


def put(yours: Yours, guest: Guest, prepared: Path) -> None:
    """Two pictures at once, as if they had been sent and looked at."""
    visitor = yours.visitors.find(guest.key)
    for name in ("picture-00.png", "picture-01.png"):
        shutil.copy(prepared / "media" / name, visitor.media / name)
        shutil.copy(prepared / "media" / name, visitor.preview(name))
        yours.visitors.arrived(visitor, 0, Kept(name, name, "image", 100))


@pytest.fixture
def guest(client: TestClient) -> Iterator[Guest]:
    guest = Guest(client)
    yield guest
    guest.ask("DELETE", "")


# Names and captions


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=120), max_size=6), st.sampled_from([".png", ".wav"]))
def test_kept_names_are_plain_and_different(given_names: list[str], ending: str) -> None:
    taken: set[str] = set()
    for given_name in given_names:
        name = kept_name(given_name, ending, taken.__contains__)
        taken.add(name)
        assert name == Path(name).name == name.strip()
        assert not name.startswith(".")
        assert name.endswith(ending)
        assert not set(name) & set('/\\\0<>"&\n\r')
        assert len(name.encode()) <= 255
    assert len(taken) == len(given_names)


def test_a_name_still_reads_like_the_given_one() -> None:
    never = set[str]().__contains__
    assert kept_name("holiday/Der Fluß 2.JPEG", ".jpg", never) == "Der Fluß 2.jpg"
    assert kept_name("C:\\media\\夕日.heic.png", ".png", never) == "夕日.heic.png"
    assert kept_name("../../etc/passwd", ".png", never) == "passwd.png"
    assert kept_name("...", ".png", never) == "file.png"
    assert kept_name("a.png", ".png", {"a.png", "a 2.png"}.__contains__) == "a 3.png"


def kept(name: str, given_name: str = "", size: int = 10) -> Kept:
    return Kept(name, given_name or name, "image", size)


def test_captions_find_their_files_and_reach_the_builder(tmp_path: Path, prepared: Path) -> None:
    content = 'Path,Caption\nin/a.png,"a, b"\nb.png, two words \nout/a.png,third\nlost.png,nobody\nc.png,\n'.encode(
        "utf-8-sig"
    )
    rows = read_captions(content)
    assert rows == (("in/a.png", "a, b"), ("b.png", "two words"), ("out/a.png", "third"), ("lost.png", "nobody"))
    files = {name: kept(name, given_name) for name, given_name in
             (("a.png", "in/a.png"), ("a 2.png", "out/a.png"), ("b.png", "deep/b.png"))}  # fmt: skip
    found = captions_of(files, rows)
    assert found == (("a.png", "a, b"), ("b.png", "two words"), ("a 2.png", "third"))
    for number, name in enumerate(files):
        (tmp_path / name).write_bytes((prepared / "media" / f"picture-0{number}.png").read_bytes())
    write_captions(tmp_path / "captions.csv", found)
    collection = load_folder(tmp_path)
    said = {item.id: [text.text for text in (*item.captions, *item.queries)] for item in collection}
    assert said == {"a.png": ["a, b"], "b.png": ["two words"], "a 2.png": ["third"]}
    write_captions(tmp_path / "captions.csv", ())
    assert not (tmp_path / "captions.csv").exists()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "path"),
        (b"file,text\na,b\n", "path and caption"),
        (b"path,caption\n", "no captions"),
        (b"path,caption\na.png,\xff\xfe\n", "UTF-8"),
        (b'path,caption\na.png,"' + b"x" * 200_000 + b'"\n', "CSV"),
    ],
)
def test_captions_that_cannot_be_used_are_refused_in_one_sentence(content: bytes, word: str) -> None:
    with pytest.raises(Refused, match=word) as caught:
        read_captions(content)
    assert "\n" not in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=40)), min_size=1, max_size=5))
def test_any_table_is_read_or_refused(rows: list[tuple[str, str]]) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([("path", "caption"), *rows])
    try:
        found = read_captions(stream.getvalue().encode("utf-8", "surrogatepass"))
    except Refused:
        return
    assert len(found) <= len(rows)
    assert all(path and " ".join(text.split()) == text for path, text in found)


# What a file is


def test_content_decides_what_a_file_is(prepared: Path, tmp_path: Path) -> None:
    media, preview = prepared / "media", tmp_path / "preview.webp"
    disguised = tmp_path / "song.mp3"
    for name, modality, ending in (
        ("picture-00.png", "image", ".png"),
        ("sound-00.wav", "audio", ".wav"),
        ("clip-00.mp4", "video", ".mp4"),
    ):
        disguised.write_bytes((media / name).read_bytes())
        found = examine(disguised, preview)
        assert (found.modality, found.ending) == (modality, ending)
        assert preview.exists() == (modality != "audio")
        assert (len(found.peaks) > 0) == (modality == "audio")
        preview.unlink(missing_ok=True)
    disguised.write_bytes((media / "picture-00.png").read_bytes()[:60])
    with pytest.raises(MediaError) as caught:
        examine(disguised, preview)
    assert str(tmp_path) not in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80))
def test_any_beginning_is_known_or_refused(head: bytes) -> None:
    try:
        modality, ending = kind_of(head)
    except MediaError:
        return
    assert ending in ENDINGS[modality]


@pytest.mark.parametrize("head", [b"<svg onload=alert(1)>", b"\0\0\0\x20ftypheic", b"#!/bin/sh\n", b"%PDF-1.7", b""])
def test_other_kinds_are_refused_by_name(head: bytes) -> None:
    with pytest.raises(MediaError, match="send pictures"):
        kind_of(head)


SHAKY = """
import json, os, sys, time
print("{}", flush=True)
for line in sys.stdin:
    path = json.loads(line)["path"]
    if path.endswith("crash"): os._exit(11)
    if path.endswith("stall"): time.sleep(60)
    print(json.dumps({"modality": "image", "ending": ".png", "seconds": None, "peaks": [os.getpid()]}), flush=True)
"""


def test_a_file_that_brings_its_reader_down_costs_that_file_alone() -> None:
    examiner = Examiner(seconds=1.0, command=[sys.executable, "-S", "-c", SHAKY])
    try:
        first = examiner.examine(Path("good"), Path("p"))
        assert examiner.examine(Path("good"), Path("p")) == first
        with pytest.raises(MediaError, match="cannot be read"):
            examiner.examine(Path("crash"), Path("p"))
        second = examiner.examine(Path("good"), Path("p"))
        assert second.peaks != first.peaks
        with pytest.raises(MediaError, match="too long"):
            examiner.examine(Path("stall"), Path("p"))
        assert examiner.examine(Path("good"), Path("p")).peaks not in (first.peaks, second.peaks)
    finally:
        examiner.close()
    broken = Examiner(start_seconds=5.0, command=[sys.executable, "-S", "-c", "raise SystemExit(3)"])
    with pytest.raises(MediaError, match="just now"):
        broken.examine(Path("good"), Path("p"))


# Who is there, and how much they may take


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def visitors(folder: Path, **limits: float) -> tuple[Visitors, Clock]:
    clock = Clock()
    return Visitors(Limits(**{"free_bytes": 0, **limits}), folder, clock), clock  # type: ignore[arg-type]


def test_media_are_removed_when_their_time_is_over(tmp_path: Path) -> None:
    known, clock = visitors(tmp_path, stay=60.0)
    key = known.open()
    visitor = known.find(key)
    (visitor.media / "a.png").write_bytes(b"x")
    clock.now = 59.0
    assert known.find(key, use=True) is visitor
    clock.now = 118.0
    assert known.sweep() == []
    assert known.shown(visitor.view) is visitor
    clock.now = 119.5
    assert known.shown(visitor.view) is None
    with pytest.raises(Refused, match="1 minute"):
        known.find(key, use=True)
    assert visitor.media.exists()
    assert known.sweep() == [visitor]
    assert list(known.root.iterdir()) == []


def test_a_build_under_way_puts_the_removal_off(tmp_path: Path) -> None:
    known, clock = visitors(tmp_path, stay=60.0)
    visitor = known.find(known.open())
    visitor.job = Job([], tmp_path / "e", tmp_path / "l", lambda job: None)
    clock.now = 1000.0
    assert known.sweep() == []
    visitor.job.outcome = "failed"
    assert known.sweep() == [visitor]


def test_keys_are_secret_and_lead_to_one_visitor(tmp_path: Path) -> None:
    known, _ = visitors(tmp_path)
    keys = [known.open() for _ in range(20)]
    views = {known.find(key).view for key in keys}
    assert len(views) == 20
    assert all(len(view) == 32 and view not in keys for view in views)
    for wrong in ("", "x", keys[0][:-1], next(iter(views)), "\ud800", "../" + next(iter(views))):
        with pytest.raises(Refused):
            known.find(wrong)
    on_disk = " ".join(str(path) for path in tmp_path.rglob("*"))
    assert not any(key in on_disk for key in keys)


def test_room_is_shared_out_and_never_overdrawn(tmp_path: Path) -> None:
    known, _ = visitors(tmp_path, files=3, file_bytes=100, visitor_bytes=250, total_bytes=400)
    one, two = known.find(known.open()), known.find(known.open())
    with pytest.raises(Refused, match="a file"):
        known.expect(one, 101)
    known.expect(one, 100)
    known.expect(one, 100)
    with pytest.raises(Refused, match="in all"):
        known.expect(one, 51)
    known.arrived(one, 100, kept("a", size=100))
    known.arrived(one, 100)
    known.expect(two, 100)
    known.expect(two, 100)
    known.expect(one, 100)
    with pytest.raises(Refused, match="no room"):
        known.expect(one, 1)
    known.remove(two)
    with pytest.raises(Refused, match="removed while"):
        known.arrived(two, 100, kept("b", size=100))


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 120), st.sampled_from(["keep", "fail", "wait"])), max_size=40)
)
def test_limits_hold_whatever_comes_in_whatever_order(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[int, int, str]]
) -> None:
    known, _ = visitors(tmp_path_factory.getbasetemp(), files=4, file_bytes=100, visitor_bytes=220, total_bytes=300)
    everybody = [known.find(known.open()) for _ in range(3)]
    waiting: list[tuple[Visitor, int]] = []
    for number, (who, size, fate) in enumerate(events):
        visitor = everybody[who]
        try:
            known.expect(visitor, size)
        except Refused:
            continue
        if fate == "wait":
            waiting.append((visitor, size))
            continue
        known.arrived(visitor, size, kept(f"{number}", size=size) if fate == "keep" else None)
        assert all(one.bytes + one.coming <= 220 and len(one.files) <= 4 for one in everybody)
        assert sum(one.bytes + one.coming for one in everybody) <= 300
    for visitor, size in waiting:
        known.arrived(visitor, size)
    assert all(one.coming == 0 for one in everybody)
    known.close()


def test_strangers_who_left_nothing_make_room(tmp_path: Path) -> None:
    known, clock = visitors(tmp_path, visitors=2)
    first = known.open()
    known.find(first).files["a"] = kept("a")
    clock.now = 1.0
    second = known.open()
    third = known.open()
    with pytest.raises(Refused):
        known.find(second)
    known.find(third).files["a"] = kept("a")
    with pytest.raises(Refused, match="Too many"):
        known.open()
    assert known.find(first)


def test_what_killed_processes_left_is_cleared_and_what_lives_is_not(tmp_path: Path) -> None:
    dead, alive, other = tmp_path / f"{PREFIX}dead", tmp_path / f"{PREFIX}alive", tmp_path / "other"
    for folder in (dead, alive, other):
        (folder / "view").mkdir(parents=True)
    for folder in (dead, other):
        os.utime(folder, (0, 0))
    known, _ = visitors(tmp_path)
    assert not dead.exists()
    assert alive.exists()
    assert other.exists()
    os.utime(known.root, (0, 0))
    known.sweep()
    assert time.time() - known.root.stat().st_mtime < 60


# Builds


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


class Ended(list):
    def job(self, folder: Path, name: str, code: str) -> Job:
        return Job(python(code), folder / f"{name}.jsonl", folder / f"{name}.log", self.append)


def test_builds_run_one_at_a_time_in_order(tmp_path: Path) -> None:
    ended, jobs = Ended(), Jobs(waiting=5, seconds=PATIENCE)
    note = "import time; f = open('{0}', 'a'); f.write('[{1}'); f.flush(); time.sleep(.1); f.write('{1}]'); f.close()"
    made = [ended.job(tmp_path, name, note.format(tmp_path / "order", name)) for name in "abc"]
    for job in made:
        jobs.add(job)
    assert jobs.ahead(made[2]) >= 1
    until(lambda: len(ended) == 3)
    assert (tmp_path / "order").read_text() == "[aa][bb][cc]"
    assert [job.outcome for job in made] == ["done"] * 3
    jobs.close()


def test_a_full_queue_refuses_and_one_who_waits_may_leave(tmp_path: Path) -> None:
    ended, jobs = Ended(), Jobs(waiting=1, seconds=PATIENCE)
    running, waiting, late = (ended.job(tmp_path, name, "import time; time.sleep(60)") for name in "abc")
    jobs.add(running)
    until(lambda: running.outcome == "running")
    jobs.add(waiting)
    with pytest.raises(Refused, match="waiting"):
        jobs.add(late)
    assert (jobs.ahead(running), jobs.ahead(waiting)) == (0, 1)
    jobs.stop(waiting)
    assert ended == [waiting]
    jobs.add(late)
    jobs.close()
    assert [job.outcome for job in (running, waiting, late)] == ["stopped"] * 3
    assert ended.count(late) == ended.count(running) == 1


@pytest.mark.skipif(os.name != "posix", reason="process groups")
def test_stopping_ends_what_the_build_started_too(tmp_path: Path) -> None:
    ended, jobs, pid = Ended(), Jobs(waiting=1, seconds=PATIENCE), tmp_path / "pid"
    child = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
    code = f"import subprocess; p = subprocess.Popen({child}); open({str(pid)!r}, 'w').write(str(p.pid)); p.wait()"
    job = ended.job(tmp_path, "a", code)
    jobs.add(job)
    until(lambda: pid.exists() and pid.read_text())
    jobs.stop(job)
    until(lambda: ended == [job])

    def gone() -> bool:
        status = Path(f"/proc/{pid.read_text()}/status")
        return not status.exists() or "\nState:\tZ" in status.read_text()

    until(gone)
    jobs.close()


def event(stage: str, state: str, **more: object) -> str:
    told = {"stage": stage, "index": 0, "of": 8, "state": state, "fraction": 0.0, "seconds_left": None, "line": ""}
    return json.dumps(told | more)


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("open({events!r}, 'w').write({failed!r}); raise SystemExit(1)", "there is nothing to learn"),
        ("raise SystemExit(1)", "ended before it was done"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "memory"),
        ("import time; time.sleep(60)", "took longer"),
    ],
)
def test_a_build_that_fails_says_why(tmp_path: Path, code: str, word: str) -> None:
    ended, jobs = Ended(), Jobs(waiting=1, seconds=1.0)
    failed = event("build", "failed", line="So there is nothing to learn.")
    job = ended.job(tmp_path, "a", code.format(events=str(tmp_path / "a.jsonl"), failed=failed))
    jobs.add(job)
    until(lambda: ended == [job])
    assert job.outcome == "failed"
    assert word in job.why
    jobs.close()
    missing = Job(["/nowhere/to/be/found"], tmp_path / "m", tmp_path / "m.log", ended.append)
    again = Jobs(waiting=1, seconds=1.0)
    again.add(missing)
    until(lambda: missing in ended)
    assert "could not be started" in missing.why
    again.close()


def test_progress_is_read_while_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    assert read_progress(file).now is None
    lines = [
        event("media", "started"),
        event("media", "note", line="left out: a.png"),
        event("media", "done"),
        event("retriever", "started"),
        event("dual_tower", "started"),
        event("dual_tower", "progress", fraction=0.25, seconds_left=12.0),
    ]
    file.write_text("\n".join(lines) + "\n" + event("dual_tower", "progress", fraction=0.5)[:30])
    told = read_progress(file)
    assert (told.now, told.fraction, told.seconds_left) == ("dual_tower", 0.25, 12.0)
    assert told.done == {"media"}
    assert told.notes == ("left out: a.png",)
    file.write_text("\n".join([*lines, event("dual_tower", "done")]))
    assert read_progress(file).now == "retriever"
    file.write_text("\n".join([*lines, event("bundle", "finished")]))
    assert read_progress(file).finished
    assert read_progress(file).now is None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.builds(
                lambda stage, state, fraction, left: json.dumps(
                    {"stage": stage, "state": state, "fraction": fraction, "seconds_left": left}
                ).encode(),
                st.one_of(st.none(), st.sampled_from(STAGES), st.text(max_size=5), st.lists(st.integers(), max_size=1)),
                st.sampled_from(["started", "progress", "done", "note", "failed", "finished", "?"]),
                st.one_of(st.none(), st.floats(), st.text(max_size=3)),
                st.one_of(st.none(), st.floats(), st.booleans()),
            ),
        ),
        max_size=12,
    )
)
def test_any_events_are_read(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    file = tmp_path_factory.getbasetemp() / "any-events"
    file.write_bytes(b"\n".join(lines))
    told = read_progress(file)
    assert 0 <= told.fraction <= 1
    assert told.seconds_left is None or 0 <= told.seconds_left < 1e6
    assert told.done <= set(STAGES)


def test_the_command_builds_with_the_given_encoder() -> None:
    command = build_command(Path("m"), Path("o"), Path("w"), Path("b"), Path("e"))
    assert command[1:4] == ["-m", "ace_core", "build"]
    assert command[4:] == ["--media", "m", "--out", "o", "--work", "w", "--encoder-of", "b", "--events", "e"]
    from ace_core.__main__ import main  # the command's own parser takes these words

    with pytest.raises(SystemExit) as caught:
        main([*command[3:], "--help"])
    assert caught.value.code == 0


# All of it, over HTTP


def test_from_files_to_a_search_and_home_again(guest: Guest, shared: Yours, prepared: Path, tmp_path: Path) -> None:
    names = ("picture-00.png", "picture-01.png", "sound-00.wav", "clip-00.mp4")
    for name in names:
        assert guest.send(f"my folder/{name}", (prepared / "media" / name).read_bytes()).status_code == 200
    assert (
        guest.send("my folder/captions.csv", b"path,caption\npicture-00.png,a red circle\nx.png,?\n").status_code == 200
    )
    shown = guest.panel()
    assert "<b>4 files</b>: 2 pictures, 1 sound, 1 clip" in shown
    assert "1 caption used, 1 for files not here" in shown
    assert guest.ask("GET", "/bundle.zip").status_code == 409
    with pytest.raises(Refused, match="not searchable yet"):
        shared.page(guest.key)
    guest.build()
    shown = guest.panel()
    assert "15 items can be searched" in shown
    assert "&lt;b&gt;bad&lt;/b&gt;" in shown
    visitor = shared.visitors.find(guest.key)
    assert (visitor.media / "captions.csv").read_bytes() == b"path,caption\r\npicture-00.png,a red circle\r\n"

    page = shared.page(guest.key)
    for view, mark in (("search", 'class="card"'), ("compare", 'class="entry'), ("trace", "<svg")):
        ask, drawn = answer(Page(page.engine, yours=shared, media=page.media), "yours", guest.key, view, "a red circle")
        assert ask is not None
        assert mark in "".join(drawn)
        assert f"/yours/preview/{guest.view}/" in "".join(drawn)
        assert "/gradio_api/file=" not in "".join(drawn)

    answered = guest.ask("GET", "/bundle.zip")
    with zipfile.ZipFile(io.BytesIO(answered.content)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    home = tmp_path / "your-media"
    assert {file.name for file in (home / "media").iterdir()} == {*names, "captions.csv"}
    engine = Engine.load(home / "bundle", device="cpu", warm_up=False)
    assert [hit.item.id for hit in engine.search("a red circle", k=3).hits] == [
        hit.item.id for hit in page.engine.search("a red circle", k=3).hits
    ]
    assert engine.media_path(engine.item("image-000")) == (home / "media" / "picture-00.png").resolve()
    assert not list(visitor.folder.glob(".*"))


def test_media_are_given_to_those_who_know_the_address_alone(guest: Guest, client: TestClient, prepared: Path) -> None:
    content = (prepared / "media" / "sound-00.wav").read_bytes()
    guest.send("a b&c.wav", content)
    guest.send("p.png", (prepared / "media" / "picture-00.png").read_bytes())
    sound = f"/yours/media/{guest.view}/a%20b_c.wav"
    answered = client.get(sound)
    assert answered.content == content
    assert answered.headers["content-type"] == "audio/wav"
    assert answered.headers["x-content-type-options"] == "nosniff"
    assert client.get(sound, headers={"Range": "bytes=0-9"}).content == content[:10]
    assert client.get(f"/yours/preview/{guest.view}/p.png").headers["content-type"] == "image/webp"
    other = Guest(client)
    for path in (
        f"/yours/media/{other.view}/a%20b_c.wav",
        f"/yours/media/{guest.key}/a%20b_c.wav",
        f"/yours/media/{guest.view}/captions.csv",
        f"/yours/media/{guest.view}/..%2Fbuild.log",
        f"/yours/media/{guest.view}/%2e%2e/build.log",
        f"/yours/media/{guest.view}/",
        f"/yours/media/{guest.view}",
        "/yours/media/",
        f"/yours/preview/{guest.view}/a%20b_c.wav",
        f"/yours/preview/{guest.view}/..%2Fmedia%2Fp.png",
        f"/yours/{guest.view}",
    ):
        assert client.get(path).status_code in (404, 405), path
    assert guest.ask("DELETE", "").status_code == 200
    assert client.get(sound).status_code == 404


def test_without_the_key_nothing_can_be_done(guest: Guest, shared: Yours, prepared: Path) -> None:
    guest.send("p.png", (prepared / "media" / "picture-00.png").read_bytes())
    for wrong in ("", "x", guest.view, guest.key[:-1]):
        for method, path in (
            ("GET", "/panel"), ("DELETE", ""), ("POST", "/build"), ("DELETE", "/build"), ("GET", "/bundle.zip"),
            ("DELETE", "/files?name=p.png"), ("POST", "/files?name=q.png"),
        ):  # fmt: skip
            answered = guest.ask(method, path, b"x" if "files" in path else None, key=wrong)
            assert answered.status_code == 404, (method, path)
            assert "60 minutes" in answered.json()["error"]
    assert list(shared.visitors.find(guest.key).files) == ["p.png"]


def test_what_is_refused_leaves_nothing_behind(guest: Guest, shared: Yours, prepared: Path) -> None:
    picture = (prepared / "media" / "picture-00.png").read_bytes()
    visitor = shared.visitors.find(guest.key)
    for name, content, status, word in (
        ("a.png", b"", 400, "empty"),
        ("", picture, 400, "name"),
        ("n" * 1001, picture, 400, "name"),
        ("page.png", b"<html><script>alert(1)</script>", 415, "web page"),
        ("cut.png", picture[:70], 415, "send|replace"),
        ("big.png", b"\0" * (shared.limits.file_bytes + 1), 413, "25 MB"),
        ("captions.csv", b"nothing", 409, "columns"),
        ("captions.csv", b"x" * (shared.limits.captions_bytes + 1), 413, "1.0 MB"),
    ):
        answered = guest.send(name, content)
        assert answered.status_code == status, name
        assert re.search(word, answered.json()["error"]), answered.json()
    assert (visitor.files, visitor.coming) == ({}, 0)
    assert sorted(path.name for path in visitor.folder.rglob("*")) == ["media", "previews"]


def test_a_body_must_be_as_long_as_it_says(guest: Guest, shared: Yours) -> None:
    visitor = shared.visitors.find(guest.key)

    def parts() -> Iterator[bytes]:
        yield b"x" * 10

    headers = {"X-Ace-Key": guest.key, "Content-Length": "20"}
    for length in ("20", "5"):
        headers["Content-Length"] = length
        answered = guest.client.post("/yours/files?name=a.png", content=parts(), headers=headers)
        assert answered.status_code == 408
    answered = guest.client.post("/yours/files?name=a.png", content=parts(), headers={"X-Ace-Key": guest.key})
    assert answered.status_code == 411
    assert visitor.coming == 0
    assert sorted(path.name for path in visitor.folder.iterdir()) == ["media", "previews"]


def test_one_file_can_be_dropped_and_the_build_is_stale(guest: Guest, shared: Yours, prepared: Path) -> None:
    put(shared, guest, prepared)
    guest.build()
    assert "Build again" not in guest.panel()
    assert guest.ask("DELETE", "/files?name=picture-00.png").status_code == 200
    assert guest.ask("DELETE", "/files?name=nothing.png").status_code == 200
    assert "Build again" in guest.panel()
    visitor = shared.visitors.find(guest.key)
    assert [file.name for file in visitor.media.iterdir()] == ["picture-01.png"]
    assert not visitor.preview("picture-00.png").exists()
    refused = guest.ask("POST", "/build")
    assert refused.status_code == 409
    assert "two files" in refused.json()["error"]


def test_a_running_build_can_be_stopped_and_removed(
    prepared: Path, tmp_path: Path, client: TestClient, guest: Guest
) -> None:
    yours = Yours(parent=tmp_path, builder=copying(prepared / "bundle", pause=5.0))
    with TestClient(Starlette(routes=routes(yours))) as slow:
        one, two = Guest(slow), Guest(slow)
        for visitor in (one, two):
            put(yours, visitor, prepared)
            assert visitor.ask("POST", "/build").status_code == 200
        until(lambda: 'aria-current="step"' in one.panel())
        assert "One build is before yours" in two.panel()
        assert one.send("more.png", b"x").status_code == 409
        assert one.ask("POST", "/build").status_code == 409
        assert two.ask("DELETE", "/build").status_code == 200
        assert "Stopped" in two.panel()
        folder = yours.visitors.find(one.key).folder
        assert one.ask("DELETE", "").status_code == 200
        assert one.ask("GET", "/panel").status_code == 404
        until(lambda: not yours.jobs._queue)
        until(lambda: not folder.exists())
        assert [path.name for path in yours.visitors.root.iterdir()] == [two.view]
    yours.close()
    assert not yours.visitors.root.exists()


def test_a_build_that_leaves_nothing_is_a_failure(prepared: Path, tmp_path: Path) -> None:
    yours = Yours(parent=tmp_path, builder=lambda *_: python("pass"))
    with TestClient(Starlette(routes=routes(yours))) as client:
        guest = Guest(client)
        put(yours, guest, prepared)
        guest.build()
        assert "left no bundle" in guest.panel()
        assert yours.searchable(guest.key) == 0
    yours.close()


def test_collections_in_memory_are_few_and_let_go(shared: Yours, client: TestClient, prepared: Path) -> None:
    guests = [Guest(client) for _ in range(shared.limits.engines + 1)]
    for guest in guests:
        put(shared, guest, prepared)
        guest.build()
    first = shared.page(guests[0].key)
    assert shared.page(guests[0].key) is first
    first.draw("search", answer(first, "shipped", "", "search", "a red circle")[0])  # type: ignore[arg-type]
    engine = weakref.ref(first.engine)
    del first
    for guest in guests[1:]:
        shared.page(guest.key)
    gc.collect()
    assert engine() is None
    assert len(shared._pages) == shared.limits.engines
    for guest in guests:
        guest.ask("DELETE", "")
    assert not shared._pages


def test_what_visitors_name_stays_text(guest: Guest, shared: Yours, prepared: Path) -> None:
    guest.send(f"{HOSTILE}.png", (prepared / "media" / "picture-00.png").read_bytes())
    visitor = shared.visitors.find(guest.key)
    only = next(iter(visitor.files.values()))
    visitor.files[HOSTILE] = Kept(HOSTILE, HOSTILE, "audio", 1, 1.0, only.peaks)  # as if a name had come through
    visitor.job = Job([], visitor.folder / "e", visitor.folder / "l", lambda job: None, "failed", HOSTILE)
    assert Reader(guest.panel()).is_harmless()
    (visitor.folder / "e").write_text(event("media", "note", line=f"{visitor.media}/{HOSTILE}"))
    visitor.job = Job([], visitor.folder / "e", visitor.folder / "l", lambda job: None, "running")
    drawn = panel(shared, guest.key)
    assert Reader(drawn).is_harmless()
    assert str(visitor.folder) not in drawn
    visitor.job = None


def test_stages_that_a_build_passes_over_are_not_left_open(guest: Guest, shared: Yours) -> None:
    visitor = shared.visitors.find(guest.key)
    events = visitor.folder / "e"
    events.write_text("\n".join([event("identifiers", "done"), event("dual_tower", "progress", fraction=0.5)]))
    visitor.job = Job([], events, visitor.folder / "l", lambda job: None, "running")
    shown = re.findall(r'<li class="(\w+)"', guest.panel())
    assert shown == ["done"] * 3 + ["later"] * 2 + ["doing"] + ["later"] * 2
    events.write_text(event("dual_tower", "done") + "\n" + event("retriever", "started"))
    assert re.findall(r'<li class="(\w+)"', guest.panel()) == ["done"] * 6 + ["doing", "later"]
    visitor.job = None


def test_a_full_disk_is_one_sentence(guest: Guest, shared: Yours, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = shared.visitors.find(guest.key)
    visitor.built = 1

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.yours.write_archive", full)
    answered = guest.ask("GET", "/bundle.zip")
    assert (answered.status_code, "no room" in answered.json()["error"]) == (503, True)
    monkeypatch.setattr(shared.visitors, "_disk_free", lambda: 0)
    answered = guest.send("a.png", b"x")
    assert (answered.status_code, "no room" in answered.json()["error"]) == (503, True)


# What is said of the encoder


def test_the_tab_says_what_the_encoder_was_trained_on(tmp_path: Path) -> None:
    if (BUILT_IN / MANIFEST).is_file():
        assert weakness_of(BUILT_IN) == DRAWN
        yours = Yours(parent=tmp_path)
        assert "trained on drawn scenes" in frame(yours)
        yours.close()
    files = {"encoder/joint.safetensors": {"bytes": 1, "sha256": "0"}}
    write_json(tmp_path / MANIFEST, {"files": files})
    for encoder, word in (("compact", "“my <b>photos</b>” alone"), ("open_clip", "")):
        write_json(tmp_path / "config.json", {"encoder": encoder, "collection": {"name": "my <b>photos</b>"}})
        said = weakness_of(tmp_path)
        assert word in said
        assert bool(said) == bool(word)
    assert weakness_of(tmp_path / "nothing") == ""


def test_gone_media_are_one_friendly_sentence(shared: Yours, prepared: Path) -> None:
    engine = Engine.load(prepared / "bundle", device="cpu", warm_up=False)
    ask, drawn = answer(Page(engine, yours=shared), "yours", "no such key", "search", "a red circle")
    assert ask is not None
    assert "not here any more" in drawn[0]
    assert read_json(prepared / "bundle" / "config.json")["collection"]["items"] == 15


def test_the_served_page_gives_out_no_file_of_theirs_by_other_ways(shared: Yours, prepared: Path) -> None:
    page = Page(Engine.load(prepared / "bundle", device="cpu", warm_up=False), yours=shared)
    _, url, _ = page.launch("127.0.0.1", free_port(), prevent_thread_lock=True)
    try:
        key = json.loads(post(f"{url}yours", b"", "").read())["key"]
        post(f"{url}yours/files?name=p.png", (prepared / "media" / "picture-00.png").read_bytes(), key)
        visitor = shared.visitors.find(key)
        assert list(visitor.files) == ["p.png"]
        assert urlopen(f"{url}yours/preview/{visitor.view}/p.png", timeout=20).status == 200
        for file in (visitor.media / "p.png", visitor.preview("p.png"), visitor.folder, shared.visitors.root):
            with pytest.raises(HTTPError) as caught:
                urlopen(f"{url}gradio_api/file={quote(str(file))}", timeout=20)
            assert caught.value.code in (403, 404)
        body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\nhello\r\n--b--\r\n'
        with pytest.raises(HTTPError) as caught:
            post(f"{url}gradio_api/upload", body, key, "multipart/form-data; boundary=b")
        assert caught.value.code == 413
    finally:
        page.blocks.close(verbose=False)


def post(url: str, body: bytes, key: str, kind: str = "application/octet-stream") -> HTTPResponse:
    return urlopen(Request(url, body, {"X-Ace-Key": key, "Content-Type": kind}), timeout=60)  # type: ignore[no-any-return]
