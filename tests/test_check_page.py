"""The switch “Check the answers”: what the page draws, what its API gives, and that it is only where it can work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gradio_client import Client

from ace_core.engine import Engine
from app.asking import Ask
from app.cards import move
from app.page import Page
from tests.browser import free_port
from tests.checked import make_stored_bundle
from tests.tiny import make_tiny_bundle

TEXT = "a red circle on the left"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return Page(Engine.load(make_stored_bundle(tmp_path_factory.mktemp("checked")), device="cpu"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return Page(Engine.load(make_tiny_bundle(tmp_path_factory.mktemp("plain")), device="cpu"))


@pytest.fixture(scope="module")
def address(page: Page) -> Iterator[str]:
    _, url, _ = page.launch("127.0.0.1", free_port(), prevent_thread_lock=True)
    yield url
    page.close()


def test_cards_tell_in_words_what_the_check_moved(page: Page) -> None:
    result = page.engine.search(TEXT, check=True)
    drawn = page.draw("search", Ask(TEXT, check=True))
    moved = [hit for hit in result.hits if hit.rank != hit.unchecked_rank]
    assert moved
    assert f"The check gave {len(moved)} of {len(result.hits)} answers another place." in drawn
    for hit in moved:
        assert hit.unchecked_rank is not None
        way = "up" if hit.unchecked_rank > hit.rank else "down"
        words = f"moved {way} {abs(hit.unchecked_rank - hit.rank)} by the check"
        assert f'<span class="visually-hidden">{words}</span>' in move(hit)
        assert move(hit) in drawn
    assert drawn.count('class="moved"') == len(moved)
    assert " check</span>" in drawn  # its time, apart from the others


def test_without_the_switch_nothing_speaks_of_a_check(page: Page) -> None:
    for view in ("search", "compare", "trace"):
        drawn = page.draw(view, Ask(TEXT))
        assert not any(words in drawn for words in ("The check", "by the check", " check</span>"))


def test_both_sides_of_a_comparison_tell(page: Page) -> None:
    assert page.draw("compare", Ask(TEXT, check=True)).count("The check ") == 2


def test_the_switch_is_there_only_where_it_can_work(page: Page, plain: Page) -> None:
    from app.layout import build

    assert (page.can_check, plain.can_check) == (True, False)
    for of, shown in ((page, True), (plain, False)):
        switches = [block for block in build(of).blocks.values() if getattr(block, "elem_id", None) == "check"]
        assert [switch.visible for switch in switches] == [shown]
    # A switch left on while another collection was asked does no harm.
    assert plain.draw("search", Ask(TEXT, check=True)).count('class="card"') == 12


def test_the_api_checks(page: Page, address: str) -> None:
    client = Client(address, verbose=False)
    unchecked = client.predict(TEXT, k=12, api_name="/search")
    checked = client.predict(TEXT, k=12, check=True, api_name="/search")
    assert [hit["unchecked_rank"] for hit in unchecked["hits"]] == [None] * 12
    assert unchecked["times_ms"]["check"] == 0 < checked["times_ms"]["check"]
    own = page.engine.search(TEXT, check=True)
    assert [hit["item"]["id"] for hit in checked["hits"]] == [hit.item.id for hit in own.hits]
    assert [hit["check"] for hit in checked["hits"]] == pytest.approx([hit.check for hit in own.hits], abs=1e-3)
    assert checked["unread"] == []
    both = client.predict(TEXT, k=5, check=True, api_name="/compare")
    assert all(hit["check"] < 0 for side in ("generated", "dual_tower") for hit in both[side]["hits"])
