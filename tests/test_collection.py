"""The manifest: round trip, and one clear error naming line and field."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ace_core.collection import Caption, Collection, Item
from ace_core.errors import CollectionError

GOOD = {"id": "a", "modality": "image", "path": "x/a.webp", "captions": ["one"], "split": "train"}


def write(folder, *lines):
    path = folder / "manifest.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip), min_size=1, max_size=4)
)
def test_round_trip(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("manifest")
    items = tuple(
        Item(
            f"i{n}",
            "audio",
            f"s/{n}.ogg",
            (Caption(text, "terse"),),
            (Caption(text, "wondering"),),
            "dev",
            {"n": n},
            "ab",
        )
        for n, text in enumerate(texts)
    )
    Collection("c", folder, items).save(folder / "manifest.jsonl")
    assert Collection.load(folder / "manifest.jsonl").items == items


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": ""}, "'id'"),
        ({"modality": "smell"}, "'modality'"),
        ({"path": "../secret"}, "'path'"),
        ({"path": "/etc/passwd"}, "'path'"),
        ({"captions": "one"}, "'captions'"),
        ({"captions": [{"text": ""}]}, "'captions'"),
        ({"queries": [3]}, "'queries'"),
        ({"split": "test"}, "'split'"),
        ({"attributes": []}, "'attributes'"),
        ({"sha256": 5}, "'sha256'"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(tmp_path, change, field):
    path = write(tmp_path, GOOD, GOOD | {"id": "b"} | change)
    with pytest.raises(CollectionError, match=f"line 2: field {field}"):
        Collection.load(path)


def test_other_errors(tmp_path):
    with pytest.raises(CollectionError, match="no manifest"):
        Collection.load(tmp_path / "none.jsonl")
    with pytest.raises(CollectionError, match="line 1: not JSON"):
        Collection.load(write(tmp_path, "{"))
    with pytest.raises(CollectionError, match="line 2: field 'id' repeats 'a' of line 1"):
        Collection.load(write(tmp_path, GOOD, GOOD))
    with pytest.raises(CollectionError, match="no items"):
        Collection.load(write(tmp_path, ""))


def test_media_are_checked_when_asked(tmp_path):
    path = write(tmp_path, GOOD | {"sha256": "00"})
    Collection.load(path)
    with pytest.raises(CollectionError, match="which is not there"):
        Collection.load(path, check_media=True)
    (tmp_path / "x").mkdir()
    (tmp_path / "x/a.webp").write_bytes(b"z")
    with pytest.raises(CollectionError, match="does not match"):
        Collection.load(path, check_media=True)


def test_an_unknown_item_is_named(tmp_path):
    with pytest.raises(CollectionError, match="no item 'zz'"):
        Collection.load(write(tmp_path, GOOD)).index("zz")
