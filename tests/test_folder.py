"""Folders of media: what is found, what is said of it, and what is left out with a reason."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ace_core.collection import Collection, Item
from ace_core.datasets.captions import read_table
from ace_core.datasets.folder import load_folder, modality_of
from ace_core.datasets.readable import readable
from ace_core.datasets.scan import LeftOut, scan
from ace_core.errors import CollectionError, MediaError
from tests.made_media import picture
from tests.tiny import make_tiny_collection


def load(root: Path, **options: object) -> tuple[Collection, dict[str, str]]:
    left_out: list[LeftOut] = []
    collection = load_folder(root, left_out=left_out, **options)  # type: ignore[arg-type]
    return collection, {one.path: one.reason for one in left_out}


def said(item: Item) -> list[str]:
    return [caption.text for caption in item.captions or item.queries]


def texts(collection: Collection) -> dict[str, list[str]]:
    return {item.id: said(item) for item in collection if said(item)}


# What is found


def test_a_folder_without_captions(tmp_path: Path) -> None:
    make_tiny_collection(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    picture(tmp_path / "sub" / "deeper" / "UP.JPG")
    collection, left_out = load(tmp_path)
    assert Counter(item.modality for item in collection) == {"image": 31, "audio": 20, "video": 10}
    assert collection[collection.index("sub/deeper/UP.JPG")].path == "sub/deeper/UP.JPG"
    assert all(item.split == "train" and not item.captions for item in collection)
    assert left_out == {}


def test_every_kind_by_its_ending(tmp_path: Path) -> None:
    names = {
        "image": "a.jpg a.JPEG a.png a.webp a.gif a.bmp a.tif a.tiff",
        "audio": "a.wav a.flac a.ogg a.oga a.opus a.mp3 a.M4A a.aac",
        "video": "a.mp4 a.m4v a.mov a.mkv a.webm a.avi",
    }
    for number, name in enumerate(" ".join(names.values()).split()):
        (tmp_path / name).write_text(str(number))
    (tmp_path / "a.txt").write_text("a caption of them all")
    (tmp_path / "a.docx").write_text("passed over")
    collection, left_out = load(tmp_path)
    assert {item.id: item.modality for item in collection} == {n: m for m, some in names.items() for n in some.split()}
    assert left_out == {}


def test_hidden_files_and_what_systems_leave_behind_are_passed_over(tmp_path: Path) -> None:
    picture(tmp_path / "seen.png")
    for name in (".hidden.png", "._seen.png", ".trash/a.png", "__MACOSX/seen.png", "@eaDir/seen.png", "sub/._x.jpg"):
        picture(tmp_path / name)
    for name in (".DS_Store", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_text("x")
    collection, left_out = load(tmp_path)
    assert [item.id for item in collection] == ["seen.png"]
    assert left_out == {}


def test_scan_is_sorted_and_relative(tmp_path: Path) -> None:
    for name in ("b/2.png", "a/1.png", "c.png"):
        picture(tmp_path / name)
    assert scan(tmp_path).files == ["a/1.png", "b/2.png", "c.png"]


def test_kinds_that_are_not_read_are_told(tmp_path: Path) -> None:
    picture(tmp_path / "seen.png")
    for name in ("phone.HEIC", "old.wmv", "drawing.svg", "camera.nef"):
        (tmp_path / name).write_text("x")
    _, left_out = load(tmp_path)
    assert left_out["phone.HEIC"] == ".heic files are not read; export it as JPEG or PNG"
    assert set(left_out) == {"phone.HEIC", "old.wmv", "drawing.svg", "camera.nef"}


def test_names_of_every_language_and_length(tmp_path: Path) -> None:
    names = [
        "写真 🎴.png",
        "Grüße.png",
        "עברית.png",
        "n" * 251 + ".png",
        "new\nline.png",
        " .png",
        "a'\"<b>&.png",
        "%41.png",
    ]
    for number, name in enumerate(names):
        picture(tmp_path / name, number)
    collection, left_out = load(tmp_path)
    assert {item.id for item in collection} == set(names)
    assert left_out == {}
    collection.save(tmp_path / "manifest.jsonl")
    assert {item.id for item in Collection.load(tmp_path / "manifest.jsonl")} == set(names)
    assert len(readable(collection, tmp_path / "memory.json", print, progress=False)) == len(names)


def test_names_that_no_manifest_can_hold_are_told(tmp_path: Path) -> None:
    picture(tmp_path / "seen.png")
    picture(tmp_path / "back\\slash.png", 1)
    odd = picture(tmp_path / "odd.png", 2)
    try:
        os.rename(os.fsencode(odd), os.fsencode(tmp_path) + b"/caf\xe9.png")
        os.mkdir(os.fsencode(tmp_path) + b"/\xff")
    except OSError:
        pytest.skip("this file system takes names of valid UTF-8 alone")
    collection, left_out = load(tmp_path)
    assert [item.id for item in collection] == ["seen.png"]
    assert "backslash" in left_out.pop("back\\slash.png")
    assert set(left_out) == {"caf\\xe9.png", "\\xff"}
    assert set(left_out.values()) == {"its name is not valid UTF-8; rename it"}
    json.dumps(left_out).encode()


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path / "seen.png")
    picture(tmp_path / "locked" / "unseen.png", 1)
    real = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    collection, left_out = load(tmp_path)
    assert [item.id for item in collection] == ["seen.png"]
    assert left_out == {"locked": "the folder cannot be read (Permission denied); give yourself leave to read it"}


# Links


def test_links_stay_inside_and_never_loop(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    picture(root / "sub" / "real.png")
    picture(root / ".store" / "kept.png", 1)
    picture(outside / "secret.png", 2)
    (outside / "secret.txt").write_text("a secret")
    picture(root / "own.png", 3)
    links = {
        "again.png": "sub/real.png",
        "stored.png": ".store/kept.png",
        "out.png": outside / "secret.png",
        "out": outside,
        "own.png.txt": outside / "secret.txt",
        "up": "..",
        "round": "round",
        "round.png": "round.png",
        "sub/home": "..",
        "inside": "sub",
        "nowhere.png": "nothing.png",
        "beside.png": "../rootless/x.png",
    }
    picture(tmp_path / "rootless" / "x.png", 4)
    for name, target in links.items():
        (root / name).symlink_to(target)
    collection, left_out = load(root)
    assert {item.id for item in collection} == {"sub/real.png", "stored.png", "own.png"}
    assert texts(collection) == {}
    assert left_out.pop("again.png") == "the same content as sub/real.png, which is kept; remove one of the two"
    assert all(
        "leads out of the folder" in left_out.pop(n) for n in ("out.png", "out", "own.png.txt", "up", "beside.png")
    )
    assert set(left_out) == {"round.png", "nowhere.png"}
    (tmp_path / "door").symlink_to("root")
    through, _ = load(tmp_path / "door")
    assert [item.id for item in through] == [item.id for item in collection]


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    picture(tmp_path / "seen.png")
    os.mkfifo(tmp_path / "pipe.png")
    collection, left_out = load(tmp_path)
    assert [item.id for item in collection] == ["seen.png"]
    assert left_out == {"pipe.png": "it is not a file; remove it"}


# The same content


def test_the_same_content_is_kept_once_with_all_its_captions(tmp_path: Path) -> None:
    picture(tmp_path / "b.png")
    shutil.copy(tmp_path / "b.png", tmp_path / "c.png")
    shutil.copy(tmp_path / "b.png", tmp_path / "a.jpg")
    picture(tmp_path / "other.png", 1)
    for name in ("empty.png", "empty2.png"):
        (tmp_path / name).touch()
    (tmp_path / "captions.csv").write_text("path,caption\na.jpg,one\nc.png,two\nb.png,one\nother.png,three\n")
    collection, left_out = load(tmp_path, held_out=0.0, dev=0.0)
    assert texts(collection) == {"a.jpg": ["one", "two"], "other.png": ["three"]}
    assert set(left_out) == {"b.png", "c.png"}
    assert all("the same content as a.jpg" in reason for reason in left_out.values())


@settings(max_examples=25)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_one_of_each_content_is_kept(tmp_path_factory: pytest.TempPathFactory, contents: list[int]) -> None:
    root = tmp_path_factory.mktemp("alike")
    for number, content in enumerate(contents):
        (root / f"{number:02d}.png").write_bytes(b"same size " + bytes([content]))
    collection, left_out = load(root)
    assert [item.id for item in collection] == [f"{contents.index(one):02d}.png" for one in dict.fromkeys(contents)]
    assert len(collection) + len(left_out) == len(contents)


# Captions


def test_a_folder_with_captions(tmp_path: Path) -> None:
    make_tiny_collection(tmp_path)
    lines = [f'picture-{i:02d}.png,"one, two {i}"\npicture-{i:02d}.png,again {i}\n' for i in range(20)]
    (tmp_path / "captions.csv").write_text("path,caption\n" + "".join(lines))
    collection = load_folder(tmp_path)
    assert Counter(item.split for item in collection) == {"train": 57, "dev": 1, "held_out": 2}
    for i in range(20):
        item = collection[collection.index(f"picture-{i:02d}.png")]
        assert said(item) == [f"one, two {i}", f"again {i}"]
        assert bool(item.captions) == (item.split == "train")
    assert load_folder(tmp_path) == collection


def test_captions_beside_the_files(tmp_path: Path) -> None:
    for number, name in enumerate(("a.jpg", "b.png", "c.png", "d.png", "sub/e.png", "table.png", "f.png", "g.png")):
        picture(tmp_path / name, number)
    (tmp_path / "a.txt").write_bytes("\ufeffa red boat\r\n\r\n  a boat on a lake \r\n".encode())
    (tmp_path / "b.png.txt").write_text("more exactly")
    (tmp_path / "b.txt").write_text("less exactly")
    (tmp_path / "c.txt").write_text("\n \n")
    (tmp_path / "sub" / "e.txt").write_text("in the folder: größer")
    (tmp_path / "e.txt").write_text("elsewhere")
    (tmp_path / "f.txt").write_bytes(b"caf\xe9")
    (tmp_path / "g.txt").write_bytes(b"x" * 2_000_000)
    (tmp_path / "table.txt").write_text("beside")
    (tmp_path / "captions.csv").write_text("path,caption\ntable.png,of the table\nd.png,\n")
    collection, left_out = load(tmp_path, held_out=0.0, dev=0.0)
    assert texts(collection) == {
        "a.jpg": ["a red boat", "a boat on a lake"],
        "b.png": ["more exactly"],
        "sub/e.png": ["in the folder: größer"],
        "table.png": ["of the table"],
    }
    assert len(collection) == 8
    assert set(left_out) == {"f.txt", "g.txt"}
    assert all("captions cannot be read" in reason for reason in left_out.values())


@pytest.mark.parametrize(
    "table",
    [
        "path,caption\ncafé.png,yes\n",
        "path,caption\ncafe\u0301.png,yes\n",  # the accent written apart
        "\ufeffPath; Caption \n./café.png;yes\n;\n",
        "caption\tnumber\tpath\nyes\t1\tcafé.png\n",
        'number,path,caption\r\n1,"café.png","yes"\r\n2,café.png\r\n',
    ],
)
def test_tables_as_spreadsheets_write_them(tmp_path: Path, table: str) -> None:
    (tmp_path / "t.csv").write_text(table, encoding="utf-8")
    left_out: list[LeftOut] = []
    assert read_table(tmp_path / "t.csv", ["café.png", "sub/x.png"], left_out) == {"café.png": ["yes"]}
    assert left_out == []


def test_lines_of_a_table_that_name_nothing_are_counted(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("path,caption\nsub\\x.png,yes\ngone.png,no\n../up.png,no\n")
    left_out: list[LeftOut] = []
    assert read_table(tmp_path / "t.csv", ["sub/x.png"], left_out) == {"sub/x.png": ["yes"]}
    why = "2 of 3 lines name files that are not there, such as line 3: 'gone.png'; check its paths"
    assert left_out == [LeftOut("t.csv", why)]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (b"path,text\na,b\n", "lacks the column 'caption'"),
        (b"", "lacks the column 'path'"),
        (b"path,caption\nnothing.png,b\n", "names no file that is there, such as in line 2: 'nothing.png'"),
        (b"path,caption\npicture-00.png,caf\xe9\n", "is not CSV in UTF-8.*save it as CSV, UTF-8"),
        ("path,caption\npicture-00.png,x\n".encode("utf-16"), "is not CSV in UTF-8"),
        (b"path,caption\npicture-00.png," + b"x" * 200_000, "is not CSV in UTF-8"),
    ],
)
def test_a_wrong_caption_table_is_named(tmp_path: Path, table: bytes, told: str) -> None:
    picture(tmp_path / "picture-00.png")
    (tmp_path / "captions.csv").write_bytes(table)
    with pytest.raises(CollectionError, match=told):
        load_folder(tmp_path)


def test_folders_with_nothing_in_them(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="There is no folder"):
        load_folder(tmp_path / "nothing")
    with pytest.raises(CollectionError, match="holds no pictures"):
        load_folder(tmp_path)
    (tmp_path / "a.heic").write_text("x")
    with pytest.raises(CollectionError, match=r"holds no pictures.*a\.heic: \.heic files are not read"):
        load_folder(tmp_path)
    picture(tmp_path / "a.png")
    with pytest.raises(CollectionError, match="There is no caption table"):
        load_folder(tmp_path, tmp_path / "no.csv")
    with pytest.raises(MediaError, match=r"a\.txt is of no known kind"):
        modality_of(Path("a.txt"))


def test_what_is_left_out_is_told_on_stderr_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "a.heic").write_text("x")
    load_folder(tmp_path)
    assert "left out: a.heic: .heic files are not read; export it as JPEG or PNG" in capsys.readouterr().err
