"""The page without a browser: what is asked, what is drawn, what is served, and what the API gives."""

from __future__ import annotations

import importlib.util
import itertools
import math
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from hypothesis import given, settings
from hypothesis import strategies as st

from ace_core.bundle import MANIFEST
from ace_core.collection import Caption, Collection, Item
from ace_core.engine import Engine
from ace_core.errors import QueryError
from ace_core.results import BeamNode, Hit, SearchResult, Times, Trace, TraceStep
from app.asking import MAX_BEAMS, MAX_QUERY, MAX_RESULTS, Ask
from app.cards import card, notice, search_view
from app.chips import hue, percent, token_path
from app.comparing import compare_view
from app.media import PublicMedia
from app.page import Page
from app.tree import _grow, _walk, trace_view
from tests.browser import ROOT, free_port
from tests.tiny import make_tiny_bundle

HOSTILE = "\"><img src=x onerror=alert(1)><script>alert(2)</script>${alert(3)}{{7*7}}'"


class Reader(HTMLParser):
    """Elements, attributes and text of a piece of markup, as a browser would see them."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]] = self.texts.get(self._open[-1], "") + data

    def values(self, name: str) -> list[str]:
        return [value or "" for key, value in self.attributes if key == name]

    def is_harmless(self) -> bool:
        handlers = [name for name, _ in self.attributes if name.startswith("on")]
        return "script" not in self.tags and not handlers and "x" not in self.values("src")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bundle(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    return Engine.load(bundle, device="cpu")


@pytest.fixture(scope="module")
def page(engine: Engine) -> Page:
    return Page(engine)


@pytest.fixture(scope="module")
def address(page: Page) -> Iterator[str]:
    _, url, _ = page.launch("127.0.0.1", free_port(), prevent_thread_lock=True)
    yield url.rstrip("/")
    page.blocks.close()


# What is asked


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (("",), "Type"),
        (("   ",), "Type"),
        ((None,), "Type"),
        (("x" * (MAX_QUERY + 1),), "301 characters"),
        (("a", "smell"), "kind of media"),
        (("a", "all", 0), "results"),
        (("a", "all", MAX_RESULTS + 1), "results"),
        (("a", "all", 2.5), "whole"),
        (("a", "all", "12"), "whole"),
        (("a", "all", True), "whole"),
        (("a", "all", math.nan), "whole"),
        (("a", "all", math.inf), "whole"),
        (("a", "all", 10**400), "results"),
        (("a", "all", 5, 0), "beams"),
        (("a", "all", 5, MAX_BEAMS + 1), "beams"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_sentence(values: tuple[object, ...], word: str) -> None:
    with pytest.raises(QueryError, match=word) as caught:
        Ask.checked(*values)
    assert "\n" not in str(caught.value)


def test_bounds_themselves_are_allowed() -> None:
    ask = Ask.checked("x" * MAX_QUERY, "video", float(MAX_RESULTS), MAX_BEAMS)
    assert (len(ask.text), ask.modality, ask.k, ask.beams) == (MAX_QUERY, "video", MAX_RESULTS, MAX_BEAMS)
    assert Ask.checked("a", None).modality is None
    assert Ask.checked(" a\n b\t").text == "a b"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.one_of(st.none(), st.text(max_size=8)), st.floats(), st.integers(-5, 200))
def test_anything_sent_is_answered_or_refused(text: str, modality: object, k: float, beams: int) -> None:
    try:
        ask = Ask.checked(text, modality, k, beams)
    except QueryError:
        return
    assert 1 <= len(ask.text) <= MAX_QUERY
    assert 1 <= ask.k <= MAX_RESULTS
    assert 1 <= ask.beams <= MAX_BEAMS


# What is drawn


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1))
def test_percent_is_short_and_near(probability: float) -> None:
    said = percent(probability)
    assert len(said) <= 8
    if said[0] != "<":
        assert float(said.split()[0]) / 100 == pytest.approx(probability, rel=0.06, abs=0.0006)


def test_equal_prefixes_look_equal_and_neighbours_do_not() -> None:
    assert hue((3, 7)) == hue((3, 7))
    assert len({hue((token,)) for token in range(40)}) == 40
    for token in range(40):
        apart = (hue((token,)) - hue((token, 5))) % 360
        assert min(apart, 360 - apart) <= 17
    first, second = token_path((4, 1, 0), (0.5, 0.25, 1.0)), token_path((4, 2, 0), (0.5, 0.75, 1.0))
    assert Reader(first).values("data-prefix") == ["4", "4-1", "4-1-0"]
    assert Reader(first).values("style")[0] == Reader(second).values("style")[0]
    assert Reader(first).values("style")[1] != Reader(second).values("style")[1]


def test_fill_of_a_chip_is_its_probability() -> None:
    path = token_path((4, 1, 0), (0.5, 0.25, 1.0))
    assert re.findall(r"--p:([\d.]+)%", path) == ["50.0", "25.0", "100.0"]
    assert "--p" not in token_path((4, 1, 0))


def test_a_search_shows_every_hit_with_media_path_and_probability(engine: Engine) -> None:
    media = PublicMedia(engine)
    result = engine.search("a red circle", k=9)
    read = Reader(search_view(engine, media, result))
    assert read.tags.count("li") >= 9
    shown = [value for value in read.values("src") if value]
    for hit in result.hits:
        assert media.url(hit.item) in shown
        assert percent(hit.probability) in read.texts["span"]
        assert "-".join(map(str, hit.identifier)) in read.values("data-prefix")
    prefixes = {hit.identifier[: n + 1] for hit in result.hits for n in range(len(hit.identifier))}
    assert read.tags.count("template") == len(prefixes)


@settings(max_examples=25, deadline=None)
@given(text=st.text(min_size=1, max_size=80))
def test_a_query_is_shown_letter_by_letter(engine: Engine, text: str) -> None:
    item = engine.collection[0]
    hit = Hit(1, item, engine.identifier(0), -1.0, 0.3, (0.5, 0.6, 1.0, 1.0))
    result = SearchResult(text, "generation", (hit,), Times(1.0, 1.0), 1, 60)
    read = Reader(search_view(engine, PublicMedia(engine), result))
    assert read.texts["h2"].replace("\r\n", "\n") == f"“{text}”".replace("\r\n", "\n") or "\r" in text
    assert read.is_harmless()


def test_markup_in_queries_captions_and_ids_stays_text(engine: Engine, tmp_path: Path) -> None:
    item = engine.collection.items[0]
    bad = Item(item.id, item.modality, item.path, (Caption(HOSTILE),), attributes={})
    hit = Hit(1, bad, (0, 0, 0, 0), -1.0, 0.3, (0.5, 0.6, 1.0, 1.0))
    media = PublicMedia(engine)
    assert Reader(card(media, hit)).is_harmless()
    assert Reader(notice(HOSTILE)).is_harmless()
    assert Reader(media.thumbnail(bad)).is_harmless()
    for view in ("search", "compare", "trace"):
        read = Reader(Page(engine).draw(view, Ask.checked(HOSTILE)))
        assert read.is_harmless()
        assert HOSTILE in read.texts["h2"]


def test_a_failing_engine_is_one_friendly_sentence(engine: Engine) -> None:
    page = Page(engine)

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("inner detail")

    page._search = fail
    drawn = page.draw("search", Ask("a boat"))
    assert "inner detail" not in drawn
    assert "Something went wrong" in drawn


def test_a_file_that_cannot_be_decoded_leaves_the_rest_standing(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"not a sound, not a clip")
    monkeypatch.setattr(engine, "media_path", lambda item: broken)
    media = PublicMedia(engine)
    drawn = search_view(engine, media, engine.search("a tone", k=30))
    assert "<audio" in drawn
    assert "<video" in drawn
    assert 'poster=""' in drawn
    assert "<svg" not in drawn
    assert "<svg" in trace_view(engine, media, engine.trace("a tone"))


def test_lines_of_a_comparison_join_the_ranks(engine: Engine) -> None:
    comparison = engine.compare("a blue square moving left", k=20)
    drawn = compare_view(engine, PublicMedia(engine), comparison)
    lines = {
        name: (int(y), int(z))
        for y, z, name in re.findall(r'd="M0 (\d+)C50 \d+ 50 \d+ 100 (\d+)" data-item="([^"]+)"', drawn)
    }
    both = [entry for entry in comparison.items if entry.generated_rank and entry.dual_tower_rank]
    assert both
    assert lines == {
        entry.item.id: (100 * entry.generated_rank - 50, 100 * entry.dual_tower_rank - 50)
        for entry in both
        if entry.generated_rank and entry.dual_tower_rank
    }
    assert drawn.count("only here") == sum(not (e.generated_rank and e.dual_tower_rank) for e in comparison.items)


def test_the_right_answer_is_marked_on_both_sides(engine: Engine) -> None:
    held_out = next(item for item in engine.collection if item.split == "held_out")
    comparison = engine.compare(held_out.queries[0].text, k=50, beams=60)
    assert comparison.answer == held_out
    drawn = compare_view(engine, PublicMedia(engine), comparison)
    shown = sum(
        any(hit.item == held_out for hit in side.hits) for side in (comparison.generated, comparison.dual_tower)
    )
    assert drawn.count("badge-answer") == shown > 0
    assert f"rank {comparison.answer_generated_rank}" in drawn
    assert f"rank {comparison.answer_dual_tower_rank}" in drawn


def test_the_tree_keeps_its_branches_apart(engine: Engine) -> None:
    trace = engine.trace("a green bar", beams=25)
    root, hidden = _grow(trace)
    nodes = [node for node in _walk(root) if node.beam is not None]
    assert {node.hit.identifier for node in nodes if node.hit} == {hit.identifier for hit in trace.result.hits[:10]}
    assert len(nodes) + hidden == sum(len(step.nodes) for step in trace.steps)
    for level in range(len(trace.steps)):
        heights = sorted(node.y for node in nodes if node.level == level)
        assert all(below - above >= 20 for above, below in itertools.pairwise(heights))
    for node in nodes:
        assert all(child.x > node.x for child in node.children)
        assert node.beam is not None
        for child in node.children:
            assert child.beam is not None
            assert child.beam.prefix[:-1] == node.beam.prefix
    best = trace.result.hits[0].identifier
    assert len({round(node.y) for node in nodes if node.beam and node.beam.prefix == best[: node.level + 1]}) <= 4


def test_pruned_branches_are_drawn_faded() -> None:
    steps = (
        TraceStep(0, (BeamNode((0,), None, -0.2, 0.8, True, 3), BeamNode((1,), None, -1.6, 0.2, False, 2))),
        TraceStep(1, (BeamNode((0, 0), 0, -0.2, 1.0, True, 1),)),
    )
    root, _ = _grow(Trace(SearchResult("q", "generation", (), Times(1, 1), 1, 5), steps))
    assert [(child.beam.kept, child.level) for child in root.children if child.beam] == [(True, 0), (False, 0)]


def test_a_trace_says_in_words_what_it_draws(engine: Engine) -> None:
    trace = engine.trace("a green bar", beams=8)
    read = Reader(trace_view(engine, PublicMedia(engine), trace))
    assert read.tags.count("svg") >= 1
    listed = sum(len(step.nodes) for step in trace.steps)
    assert read.texts["b"].count("-") >= 1
    assert read.tags.count("li") >= listed


# What is served


def status_of(url: str) -> int:
    try:
        with urlopen(url, timeout=20) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_media_are_served_and_nothing_else_is(address: str, page: Page, engine: Engine) -> None:
    for kind in ("image", "audio", "video"):
        item = next(item for item in engine.collection if item.modality == kind)
        assert status_of(address + page.media.url(item)) == 200
    clip = next(item for item in engine.collection if item.modality == "video")
    assert status_of(address + page.media.poster(clip)) == 200
    root = engine.collection.root
    assert (root.parent / "bundle" / MANIFEST).is_file()
    refused = [
        root / "manifest.jsonl",
        root.parent / "bundle" / MANIFEST,
        root / ".." / "bundle" / MANIFEST,
        ROOT / "app.py",
        ROOT / "pyproject.toml",
        Path("/etc/passwd"),
        root / "picture-00.png" / ".." / "manifest.jsonl",
        root,
        Path("../../etc/passwd"),
    ]
    for file in refused:
        for written in (quote(str(file)), quote(str(file), safe="")):
            assert status_of(f"{address}/gradio_api/file={written}") in (403, 404), file
    assert status_of(f"{address}/gradio_api/file=http://127.0.0.1:22/") in (400, 403, 404)


def test_nothing_can_be_sent_up(address: str) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.html"\r\n\r\n<b>hello</b>\r\n--b--\r\n'
    request = Request(f"{address}/gradio_api/upload", body, {"Content-Type": "multipart/form-data; boundary=b"})
    with pytest.raises(HTTPError) as caught:
        urlopen(request, timeout=20)
    assert caught.value.code == 413


def test_folders_of_media_are_public_but_not_the_manifest(engine: Engine, tmp_path: Path) -> None:
    items = (Item("a", "image", "images/00/a.png"), Item("b", "image", "images/01/b.png"), Item("c", "image", "c.png"))

    class Stub:
        collection = Collection("stub", tmp_path, items)

    media = PublicMedia(Stub())  # type: ignore[arg-type]
    assert media.public_paths()[1:] == [tmp_path.resolve() / "c.png", tmp_path.resolve() / "images"]


def test_the_api_has_its_names_and_their_answers_are_json(address: str, engine: Engine) -> None:
    client = Client(address, verbose=False)
    api = client.view_api(return_format="dict", print_info=False)
    assert set(api["named_endpoints"]) == {"/search", "/compare", "/trace", "/describe", "/scale", "/measure"}
    found = client.predict("a red circle", "image", 3, 10, api_name="/search")
    expected = engine.search("a red circle", k=3, beams=10, modality="image")
    assert [hit["item"]["id"] for hit in found["hits"]] == [hit.item.id for hit in expected.hits]
    assert found["pool_size"] == 30
    assert status_of(address + found["hits"][0]["item"]["url"]) == 200
    compared = client.predict("a red circle", api_name="/compare")
    assert compared["summary"]
    assert len(compared["generated"]["hits"]) == len(compared["dual_tower"]["hits"]) == 12
    traced = client.predict("a red circle", "all", 5, api_name="/trace")
    assert [step["level"] for step in traced["steps"]] == list(range(len(engine.info().level_sizes)))
    prefix = "-".join(map(str, expected.hits[0].identifier[:2]))
    described = client.predict(prefix, api_name="/describe")
    assert described["prefix"] == prefix
    assert described["items_below"] >= 1
    tower = client.predict("a red circle", "image", 3, 10, "dual_tower", api_name="/search")
    assert tower["method"] == "dual_tower"


@pytest.mark.parametrize(
    ("values", "name", "word"),
    [
        (("x" * 5000, "all", 3, 3), "/search", "5,000 characters"),
        (("a", "all", 10_000, 3), "/search", "1 to 50"),
        (("a", "all", 3, 10_000), "/compare", "1 to 100"),
        (("a", "smell", 3), "/trace", "kind of media"),
        (("../../etc/passwd",), "/describe", "whole numbers"),
        (("9-9-9-9-9-9-9",), "/describe", "begins with"),
    ],
)
def test_the_api_refuses_with_one_sentence(address: str, values: tuple[object, ...], name: str, word: str) -> None:
    with pytest.raises(AppError, match=word) as caught:
        Client(address, verbose=False).predict(*values, api_name=name)
    assert "Traceback" not in str(caught.value)


def test_asking_again_and_again_grows_nothing(page: Page) -> None:
    ask = Ask.checked("a white square")
    page.draw("search", ask)
    page.draw("compare", ask)
    posters = sorted(Path(page.media._posters.name).iterdir())
    for _ in range(3):
        page.draw("search", ask)
        page.draw("compare", ask)
    assert sorted(Path(page.media._posters.name).iterdir()) == posters


def test_a_missing_bundle_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = importlib.util.spec_from_file_location("app_script", ROOT / "app.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.main(["--bundle", str(tmp_path / "nothing")]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "nothing" in said
