"""What is asked, answered by the collection that is meant: the page's own or, where there is one, the visitor's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ace_core.errors import AceError
from app.asking import Ask
from app.cards import notice

if TYPE_CHECKING:
    from app.page import Page

VIEWS: Final = ("search", "compare", "trace")  # views of one query; the other tabs are about something else
SHIPPED: Final = "shipped"  # whose collection is asked: the page's own, or
YOURS: Final = "yours"  # the visitor's
WAITING: Final = '<p class="notice notice-empty" role="note">…</p>'
EMPTY: Final = '<p class="notice notice-empty" role="note">Say in the box above what you want to see or hear.</p>'


def answer(page: Page, source: str, key: str, view: str, *values: Any) -> tuple[Ask | None, list[str]]:
    """The open view drawn for what was asked; the others wait until they are opened."""
    try:
        ask = Ask.checked(*values)
    except AceError as error:
        return None, [notice(str(error), "error")] * len(VIEWS)
    return ask, [draw(page, source, key, name, ask) if name == view else WAITING for name in VIEWS]


def draw(page: Page, source: str, key: str, view: str, ask: Ask) -> str:
    """One view, of the visitor's own collection if that is asked; where it is gone, the sentence that says so."""
    try:
        return page.of(source == YOURS, key).draw(view, ask)
    except AceError as error:
        return notice(str(error), "error")
