"""Adding and removing: whole, at once, on disk, and without a search ever seeing half of it."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ace_core.__main__ import main
from ace_core.bundle import MANIFEST, Bundle, new_bundle
from ace_core.changes import NewItem, adding, free_identifiers
from ace_core.engine import Engine
from ace_core.errors import BundleError, CollectionError, ConfigError, QueryError
from ace_core.files import sha256_file
from ace_core.reader import Reader
from ace_core.results import SearchResult
from ace_core.retriever.grow import grow_unique
from ace_core.retriever.model import Retriever, RetrieverConfig
from ace_core.revision import save_change
from ace_core.snapshot import MAX_BEAMS
from app.media import PublicMedia
from tests.readable import make_readable_bundle, paint
from tests.tiny import make_tiny_bundle

TEXTS = ("a red circle on the left", "a deep tone, heard twice", "anything at all")
ALL = MAX_BEAMS // 2  # beams, more than there are items


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_readable_bundle(tmp_path_factory.mktemp("readable")).parent


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    shutil.copytree(made, tmp_path / "world")
    return tmp_path / "world" / "bundle"


@pytest.fixture
def engine(bundle: Path) -> Engine:
    return Engine.load(bundle, device="cpu", warm_up=False)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return paint(tmp_path / "new" / "picture.png", 1)


def everything(engine: Engine, text: str, method: str = "generation") -> SearchResult:
    return engine.search(text, k=ALL, beams=ALL, method=method)  # type: ignore[arg-type]


def scores(result: SearchResult) -> list[tuple[str, float]]:
    return [(hit.item.id, hit.score) for hit in result.hits]


def listing(folder: Path) -> dict[str, str]:
    return {file.relative_to(folder).as_posix(): sha256_file(file) for file in folder.rglob("*") if file.is_file()}


def test_what_is_added_can_be_found_at_once(engine: Engine, bundle: Path, picture: Path) -> None:
    before = {item.id: engine.identifier(i) for i, item in enumerate(engine.collection)}
    result = engine.add(NewItem(picture, ("a patchwork",)))
    assert not result.refused
    (added,) = result.added
    item, identifier = added.item, added.identifier
    assert (item.id, item.modality, item.trained) == ("picture.png", "image", False)
    assert [caption.text for caption in item.captions] == ["a patchwork"]
    assert engine.media_path(item) == (bundle / "media" / f"{sha256_file(picture)}.png").resolve()
    assert sha256_file(engine.media_path(item)) == sha256_file(picture)
    assert {one.id: engine.identifier(i) for i, one in enumerate(engine.collection)} == before | {item.id: identifier}

    (alone,) = engine.search("anything", prefix=identifier).hits
    assert alone.item == item
    assert alone.probability == pytest.approx(1)
    for text in TEXTS:
        for method in ("generation", "dual_tower"):
            found = everything(engine, text, method)
            assert len(found.hits) == found.pool_size == 61
            assert sum(hit.probability for hit in found.hits) == pytest.approx(1, abs=1e-4)
            assert [hit.item for hit in found.hits if not hit.item.trained] == [item]
    assert engine.info().not_trained == 1
    assert engine.identify("picture.png").identifier == identifier
    assert engine.describe(identifier).items_below == 1
    assert engine.trace("anything", beams=ALL, k=61).result.pool_size == 61


def test_identify_tells_the_identifier_that_add_gives(engine: Engine, picture: Path) -> None:
    told = engine.identify(picture)
    assert not told.exists
    assert engine.add(picture).added[0].identifier == told.identifier


def test_what_is_removed_is_never_generated(engine: Engine) -> None:
    gone = {"image-004", "audio-004", "video-009", "image-000"}
    asked = [engine.item(name).queries[0].text for name in ("image-004", "video-009")]
    kept = {item.id: engine.identifier(i) for i, item in enumerate(engine.collection) if item.id not in gone}
    prefixes = [engine.identifier(engine.collection.index(name)) for name in gone]
    assert {item.id for item in engine.remove(sorted(gone))} == gone
    assert {one.id: engine.identifier(i) for i, one in enumerate(engine.collection)} == kept
    for text in (*TEXTS, *asked):
        for beams in (1, 7, MAX_BEAMS):
            found = engine.search(text, k=1, beams=beams)
            assert found.hits[0].item.id in kept
        for method in ("generation", "dual_tower"):
            found = everything(engine, text, method)
            assert {hit.item.id for hit in found.hits} == kept.keys()
            assert sum(hit.probability for hit in found.hits) == pytest.approx(1, abs=1e-4)
        assert engine.known_answer(text) is None
        assert gone.isdisjoint(entry.item.id for entry in engine.compare(text, k=56, beams=ALL).items)
    for prefix in prefixes:
        assert not engine.exists(prefix)
        with pytest.raises(QueryError, match="begins with"):
            engine.search("anything", prefix=prefix)
    assert gone.isdisjoint(example.item.id for example in engine.examples())
    with pytest.raises(QueryError, match="image-004"):
        engine.item("image-004")


def test_adding_and_removing_again_changes_no_answer(engine: Engine, tmp_path: Path) -> None:
    before = {(text, m): scores(everything(engine, text, m)) for text in TEXTS for m in ("generation", "dual_tower")}
    new = [paint(tmp_path / f"{seed}.png", seed) for seed in range(12)]
    added = engine.add(new).added
    assert len(added) == 12
    engine.remove([one.item.id for one in added])
    assert {key: scores(everything(engine, *key)) for key in before} == before


def test_the_collections_own_folder_is_never_written_to(engine: Engine, bundle: Path, picture: Path) -> None:
    media = bundle.parent / "media"
    before = listing(media)
    engine.add(picture)
    engine.remove(["image-001", "picture.png"])
    assert listing(media) == before
    assert engine.media_path(engine.item("image-002")).is_file()


def test_what_is_loaded_again_is_what_was_there(engine: Engine, bundle: Path, tmp_path: Path) -> None:
    engine.add([paint(tmp_path / f"{seed}.png", seed) for seed in range(15)])
    engine.remove(["audio-003", "3.png"])
    again = Engine.load(bundle, device="cpu", warm_up=False)
    assert again.collection == engine.collection
    assert sum(not item.trained for item in again.collection) == 14
    assert all(again.media_path(item).is_file() for item in again.collection)
    for name in ("codes", "vectors", "dual_vectors"):
        np.testing.assert_array_equal(getattr(again.parts, name), getattr(engine.parts, name))
    assert again.parts.pseudo_queries == engine.parts.pseudo_queries
    assert again.retriever.config == engine.retriever.config
    for text in TEXTS:
        assert scores(everything(again, text)) == scores(everything(engine, text))
    assert [change["verb"] for change in again.bundle.config["changes"]] == ["add", "remove"]


def test_what_did_not_change_is_the_very_same_file(engine: Engine, bundle: Path, tmp_path: Path, picture: Path) -> None:
    before = listing(bundle)
    engine.add(picture, out=tmp_path / "copy")
    assert listing(bundle) == before
    kept = [name for name in before if name not in {MANIFEST, "config.json", "examples.json"}]
    same = {name for name in kept if (tmp_path / "copy" / name).samefile(bundle / name)}
    tables = {"identifiers.safetensors", "vectors.safetensors", "dual_vectors.safetensors", "pseudo_queries.jsonl.gz"}
    assert set(kept) - same <= tables | {"retriever.safetensors"}
    assert {"codec.safetensors", "captioner.safetensors", "tokenizer.json"} <= same
    assert engine.bundle.folder == tmp_path / "copy"
    assert engine.add(paint(tmp_path / "more.png", 2)).added
    assert len(Bundle.open(tmp_path / "copy").collection) == 62
    assert len(Bundle.open(bundle).collection) == 60


def test_bad_files_are_named_and_the_good_ones_are_added(engine: Engine, bundle: Path, tmp_path: Path) -> None:
    good = [paint(tmp_path / "a.png", 1), paint(tmp_path / "sub" / "a.png", 2)]
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nand no more")
    (tmp_path / "notes.txt").write_text("words")
    twin = tmp_path / "twin.png"
    shutil.copyfile(good[0], twin)
    known = bundle.parent / "media" / "picture-07.png"
    wanted = [tmp_path / "none.png", good[0], tmp_path / "broken.png", twin, tmp_path / "notes.txt", known, good[1]]
    result = engine.add(wanted)
    assert [one.item.id for one in result.added] == ["a.png", f"a-{sha256_file(good[1])[:12]}.png"]
    told = {Path(one.source).name: one.reason for one in result.refused}
    assert list(told) == ["none.png", "broken.png", "twin.png", "notes.txt", "picture-07.png"]
    for name, part in {
        "none.png": "no such file",
        "broken.png": "broken.png",
        "twin.png": "same content as the item 'a.png'",
        "notes.txt": "notes.txt",
        "picture-07.png": "same content as the item 'image-007'",
    }.items():
        assert part in told[name]
        assert name in told[name]
        assert told[name].endswith(".")
    assert len(engine.collection) == 62
    assert len(list((bundle / "media").iterdir())) == 2


def test_where_nothing_can_be_added_nothing_is_written(engine: Engine, bundle: Path, tmp_path: Path) -> None:
    before, state = listing(bundle), engine.snapshot
    assert not engine.add([tmp_path / "no.png"], out=tmp_path / "copy").added
    assert engine.remove([]) == ()
    assert listing(bundle) == before
    assert engine.snapshot is state
    assert not (tmp_path / "copy").exists()


def test_removing_is_all_or_nothing(engine: Engine, bundle: Path) -> None:
    before = listing(bundle)
    with pytest.raises(QueryError, match="nobody"):
        engine.remove(["image-000", "nobody"])
    with pytest.raises(CollectionError, match="at least one"):
        engine.remove([item.id for item in engine.collection])
    assert listing(bundle) == before
    assert len(engine.collection) == 60


def test_a_removed_items_own_copy_goes_and_its_place_is_free(engine: Engine, bundle: Path, picture: Path) -> None:
    first = engine.add(picture).added[0]
    engine.remove("picture.png")
    assert not (bundle / "media").exists()
    again = engine.add(NewItem(picture, id="another"))
    assert again.added[0].identifier == first.identifier
    assert again.added[0].item.id == "another"


def test_a_caption_alone_is_not_taken_for_its_letters(picture: Path) -> None:
    with pytest.raises(ConfigError, match="several texts"):
        NewItem(picture, "a patchwork")  # type: ignore[arg-type]


def test_a_taken_id_is_refused(engine: Engine, picture: Path) -> None:
    refused = engine.add(NewItem(picture, id="image-000")).refused
    assert "'image-000' belongs to another item" in refused[0].reason


def test_items_without_a_hash_are_compared_by_content(engine: Engine, bundle: Path, picture: Path) -> None:
    items = tuple(replace(item, sha256="") for item in engine.collection)
    collection = replace(engine.collection, items=items)
    reader = Reader(engine.bundle, engine.parts)
    change, refused = adding(
        collection, engine.parts, reader, [NewItem(bundle.parent / "media" / "picture-07.png"), NewItem(picture)]
    )
    assert "image-007" in refused[0].reason
    assert change is not None
    assert change.items == ("picture.png",)


def test_a_file_that_changes_while_it_is_read_is_refused(engine: Engine, bundle: Path, picture: Path) -> None:
    before = listing(bundle)
    change, _ = adding(engine.collection, engine.parts, Reader(engine.bundle, engine.parts), [NewItem(picture)])
    assert change is not None
    paint(picture, 99)
    with pytest.raises(Exception, match=r"picture\.png: was changed while it was read"):
        save_change(engine.bundle, engine.parts, change, bundle)
    assert listing(bundle) == before


def test_a_bundle_without_an_encoder_says_so(tmp_path: Path, picture: Path) -> None:
    engine = Engine.load(make_tiny_bundle(tmp_path / "plain"), device="cpu", warm_up=False)
    result = engine.add(picture)
    assert not result.added
    assert "built from ready vectors" in result.refused[0].reason
    assert engine.remove("image-000")[0].id == "image-000"
    assert len(Engine.load(tmp_path / "plain" / "bundle", warm_up=False).collection) == 59


def test_a_kind_of_media_that_has_no_identifiers_is_refused(engine: Engine, picture: Path) -> None:
    codec = engine.parts.codec
    codec.ranges[0] = torch.tensor([0, 0])
    assert "built without pictures" in engine.add(picture).refused[0].reason


def test_the_built_in_bundle_is_never_changed(
    engine: Engine, bundle: Path, tmp_path: Path, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ace_core.revision.BUILT_IN", bundle)
    before = listing(bundle)
    for change in (lambda: engine.add(picture), lambda: engine.remove("image-000")):
        with pytest.raises(BundleError, match="built-in"):
            change()
    engine.add(picture, out=tmp_path / "copy")
    engine.remove("image-000")
    assert len(engine.collection) == 60
    assert listing(bundle) == before


def test_a_change_is_never_written_over_somebody_elses(engine: Engine, bundle: Path, picture: Path) -> None:
    other = Engine.load(bundle, device="cpu", warm_up=False)
    other.remove("image-000")
    for change in (lambda: engine.add(picture), lambda: engine.remove("image-001")):
        with pytest.raises(BundleError, match="was changed since it was opened"):
            change()
    assert len(everything(engine, "anything").hits) == 60
    assert [item.id for item in Bundle.open(bundle).collection] == [item.id for item in other.collection]


def test_only_bundles_are_ever_replaced(engine: Engine, tmp_path: Path, picture: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "precious.txt").write_text("mine")
    with pytest.raises(BundleError, match="is no bundle"):
        engine.add(picture, out=tmp_path / "photos")
    assert (tmp_path / "photos" / "precious.txt").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    with new_bundle(tmp_path / "empty") as staged:
        (staged / "config.json").write_text("{}")
    assert (tmp_path / "empty" / MANIFEST).is_file()


def test_searches_go_on_and_see_whole_states_only(engine: Engine, tmp_path: Path) -> None:
    new = [paint(tmp_path / f"{seed}.png", seed) for seed in range(4)]
    states = {frozenset(item.id for item in engine.collection)}
    done, trouble, seen = threading.Event(), [], []

    def ask(method: str) -> None:
        while not done.is_set():
            try:
                found = everything(engine, "a red circle", method)
                assert sum(hit.probability for hit in found.hits) == pytest.approx(1, abs=1e-4)
                assert len(found.hits) == found.pool_size
                comparison = engine.compare("a red circle", k=10)
                assert comparison.generated.pool_size == comparison.dual_tower.pool_size
                engine.describe(())
                seen.append(frozenset(hit.item.id for hit in found.hits))
            except BaseException as error:
                trouble.append(error)
                return

    threads = [threading.Thread(target=ask, args=(method,)) for method in ("generation", "dual_tower")]
    for thread in threads:
        thread.start()
    for path in new:
        states.add(frozenset(item.id for item in engine.collection) | {path.name})
        engine.add(path)
    for name in ("0.png", "image-003", "2.png"):
        engine.remove(name)
        states.add(frozenset(item.id for item in engine.collection))
    asked = len(seen)
    while len(seen) < asked + 4 and not trouble:
        time.sleep(0.01)
    done.set()
    for thread in threads:
        thread.join()
    assert not trouble
    assert set(seen) <= states
    assert len(set(seen)) > 1


def test_changes_from_several_threads_all_come_to_pass(engine: Engine, bundle: Path, tmp_path: Path) -> None:
    new = [paint(tmp_path / f"{seed}.png", seed) for seed in range(4)]
    threads = [threading.Thread(target=engine.add, args=(path,)) for path in new]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {item.id for item in Bundle.open(bundle).collection if not item.trained} == {path.name for path in new}


def _on_each_step(patch: pytest.MonkeyPatch, act: Callable[[int], None]) -> None:
    """`act` is told of every change of the disk that is about to be made, with its number."""
    numbers = itertools.count()

    def counted(real):  # type: ignore[no-untyped-def]
        def step(*args, **kwargs):  # type: ignore[no-untyped-def]
            act(next(numbers))
            return real(*args, **kwargs)

        return step

    for name in ("fsync", "rename", "replace", "mkdir", "rmdir", "unlink", "link"):
        patch.setattr(os, name, counted(getattr(os, name)))


def _die_at(wanted: int) -> Callable[[int], None]:
    return lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == wanted else None


def test_a_kill_at_any_step_leaves_the_old_bundle_or_the_new_one(engine: Engine, bundle: Path, picture: Path) -> None:
    change, _ = adding(engine.collection, engine.parts, Reader(engine.bundle, engine.parts), [NewItem(picture)])
    assert change is not None
    old, seen = bundle.parent / "before", []
    shutil.copytree(bundle, old)
    with pytest.MonkeyPatch.context() as patch:
        _on_each_step(patch, seen.append)
        save_change(engine.bundle, engine.parts, change, bundle)
    sizes = []
    steps = [*range(0, len(seen) - 16, 5), *range(len(seen) - 16, len(seen))]
    for wanted in steps:
        if len(sizes) == 0 or sizes[-1] == 61:
            shutil.rmtree(bundle, ignore_errors=True)
            shutil.copytree(old, bundle)
        child = os.fork()
        if child == 0:
            try:
                _on_each_step(pytest.MonkeyPatch(), _die_at(wanted))
                save_change(engine.bundle, engine.parts, change, bundle)
            finally:
                os._exit(0)  # a child that was not killed must not go on as a second run of the tests
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        sizes.append(len(Bundle.open(bundle).collection))
        for rest in sorted(bundle.parent.glob(".bundle.[os]*-*")):  # what lies aside comes before what was staged
            rest.rename(bundle) if not bundle.exists() else shutil.rmtree(rest)
    switch = sizes.index(61)
    assert sizes == [60] * switch + [61] * (len(sizes) - switch)
    assert steps[switch] > 20
    assert len(sizes) - switch > 1


def test_a_bundle_left_aside_by_a_kill_can_be_changed(bundle: Path, picture: Path) -> None:
    bundle.rename(bundle.with_name(".bundle.old-1"))
    engine = Engine.load(bundle, device="cpu", warm_up=False)
    engine.add(picture)
    assert bundle.is_dir()
    assert not list(bundle.parent.glob(".bundle.old-*"))
    assert len(Engine.load(bundle, device="cpu", warm_up=False).collection) == 61
    assert engine.add(paint(picture.with_name("more.png"), 5)).added


def test_the_page_may_show_what_was_added_and_nothing_beside_it(engine: Engine, bundle: Path, picture: Path) -> None:
    (bundle.parent / "media" / "media").mkdir()  # a folder of the collection's that no item is in
    before = PublicMedia(engine).public_paths()[1:]
    item = engine.add(picture).added[0].item
    media = PublicMedia(engine)
    assert sorted(media.public_paths()[1:]) == sorted([*before, (bundle / "media").resolve()])
    assert media.url(item).endswith(f"/bundle/{item.path}")


# Unique tokens


@pytest.mark.parametrize("tied", [False, True])
def test_a_wider_unique_level_changes_nothing_else(tied: bool) -> None:
    torch.manual_seed(0)
    config = RetrieverConfig(
        50, (3, 4, 2), d_model=16, encoder_layers=1, decoder_layers=1, heads=2, d_ff=16, tie_heads=tied
    )
    model = Retriever(config).half().float().eval()
    ids, mask = torch.randint(4, 50, (3, 5)), torch.ones(3, 5, dtype=torch.bool)
    codes = torch.tensor([[0, 1, 1], [2, 3, 0], [1, 0, 1]])
    grown = grow_unique(model, 5)
    assert grown.config.level_sizes == (3, 4, 5)
    with torch.no_grad():
        before, after = model(ids, mask, codes), grown(ids, mask, codes)
    for level in (0, 1):
        torch.testing.assert_close(after[level], before[level])
    torch.testing.assert_close(after[2][:, :2], before[2])
    middle = before[2].mean(dim=1, keepdim=True).expand(-1, 3)
    torch.testing.assert_close(after[2][:, 2:], middle, atol=1e-3, rtol=1e-2)
    assert grow_unique(model, 2) is model
    if tied:
        assert grown.heads[-1].weight is grown.level_embeddings[-1].weight


def test_as_many_as_like_can_be_added(engine: Engine, bundle: Path, tmp_path: Path) -> None:
    """All but equal files have equal codes, so each takes the next unique token and the level grows."""
    size = engine.trie.level_sizes[-1]
    new = []
    for number in range(size + 2):
        new.append(paint(tmp_path / f"{number}.png", 1))
        with open(new[-1], "ab") as file:
            file.write(b" " * (number + 1))  # after the picture's end: other bytes, the same pixels
    added = engine.add(new).added
    assert len({one.identifier[:-1] for one in added}) == 1
    taken = [one.identifier[-1] for one in added]
    assert taken == sorted(set(taken))
    grown = engine.trie.level_sizes[-1]
    assert grown == engine.retriever.config.level_sizes[-1] == max(taken) + 1 > size
    again = Engine.load(bundle, device="cpu", warm_up=False)
    assert again.trie.level_sizes[-1] == grown
    found = again.search("anything", k=len(new), prefix=added[0].identifier[:-1], beams=ALL)
    probabilities = {hit.item.id: hit.probability for hit in found.hits}
    newest = [probabilities[one.item.id] for one in added if one.identifier[-1] >= size]
    assert min(newest) == pytest.approx(max(newest), rel=1e-3)
    assert min(newest) > 0
    engine.remove([one.item.id for one in added])
    assert len(Engine.load(bundle, device="cpu", warm_up=False).collection) == 60


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 4)), min_size=1, max_size=20, unique=True),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=12),
)
def test_identifiers_stay_unique_and_take_the_first_free_token(
    known: list[tuple[int, int, int]], new: list[tuple[int, int]]
) -> None:
    codec = SimpleNamespace(encode=lambda vectors, modalities: np.array(new))
    parts = SimpleNamespace(codec=codec, codes=np.array(known))
    given = free_identifiers(parts, np.zeros((len(new), 2)), ["image"] * len(new))  # type: ignore[arg-type]
    there = set(known)
    for prefix, identifier in zip(new, map(tuple, given.tolist()), strict=True):
        assert identifier[:-1] == prefix
        assert identifier not in there
        assert all((*prefix, token) in there for token in range(identifier[-1]))
        there.add(identifier)


# The command line


def test_verbs_add_and_remove(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = paint(tmp_path / "photos" / "one.png", 1).parent
    paint(folder / "two.png", 2)
    (folder / "captions.csv").write_text("path,caption\none.png,a patchwork\n")
    copy = tmp_path / "copy"
    assert main(["add", str(bundle), str(folder), str(tmp_path / "no.png"), "--out", str(copy), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["item"]["id"] for one in told["added"]] == ["one.png", "two.png"]
    assert told["added"][0]["item"]["captions"][0]["text"] == "a patchwork"
    assert told["refused"][0]["source"].endswith("no.png")
    assert len(Bundle.open(bundle).collection) == 60

    assert main(["add", str(copy), str(paint(tmp_path / "three.png", 3)), "--caption", "lots of colours"]) == 0
    shown = capsys.readouterr()
    assert "three.png" in shown.out
    assert f"update {copy}" in shown.out
    assert Bundle.open(copy).collection[-1].captions[0].text == "lots of colours"
    assert main(["add", str(copy), str(tmp_path / "three.png")]) == 1
    assert "same content as the item 'three.png'" in capsys.readouterr().err
    assert main(["add", str(copy), str(folder), "--caption", "x"]) == 1
    assert "--caption describes one file" in capsys.readouterr().err

    assert main(["remove", str(copy), "one.png", "image-000"]) == 0
    assert "61 are left" in capsys.readouterr().out
    assert main(["remove", str(copy), "one.png"]) == 1
    assert "no item 'one.png'" in capsys.readouterr().err
    assert main(["remove", str(copy), "two.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == ["two.png"]
    assert len(Bundle.open(copy).collection) == 60
