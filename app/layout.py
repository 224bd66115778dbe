"""Components, and what happens when: one sentence above, ways to look at its answer below.

A visitor who brought media of their own chooses above which collection is asked; views and events are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, Final

import gradio as gr

from ace_core.engine import Example
from ace_core.errors import AceError
from app.answers import EMPTY, SHIPPED, VIEWS, WAITING, YOURS, answer, draw
from app.asking import ALL, BEAMS, MAX_BEAMS, MAX_QUERY, MAX_RESULTS, NAMES, RESULTS, Ask
from app.figures import headline
from app.panel import frame
from app.results import results_view
from app.scale import scale_view

if TYPE_CHECKING:
    from app.page import Page

TITLES: Final = {
    "search": "Search",
    "compare": "Compare",
    "trace": "Step by step",
    "results": "Results",
    "scale": "Scale",
    "yours": "Your media",
}
CHECK: Final = (
    "The first answers are put in order by how likely a captioner is to write your sentence about each of them."
)
EXAMPLES_A_KIND: Final = 2
KEY_LENGTH: Final = 100  # characters of a visitor's key at most

# Whatever asks the engine shares as many places as it answers together; others wait in line, up to a bound.
TOGETHER: Final = 32
MOST_WAITING: Final = 500
ENGINE: Final[dict[str, Any]] = {"concurrency_id": "engine", "concurrency_limit": TOGETHER}
QUIET: Final[dict[str, Any]] = {"api_visibility": "private", "show_progress": "hidden"}

PICK = """element.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-example]");
  if (chip) trigger("click", { example: Number(chip.dataset.example) });
});"""
REMEMBER = "(query, modality, source) => window.ace?.asked(query, modality, source === 'yours')"
BEGIN = "window.aceYours?.begin(element)"
BEGIN_SCALE = "window.aceScale?.begin(element)"
MESSENGER = "window.aceYours?.messenger(trigger)"
COPY = "(query, modality) => window.ace?.copyLink(query, modality)"


@dataclass(frozen=True)
class Form:
    """What a visitor fills in."""

    query: gr.Textbox
    source: gr.Radio  # whose collection; there to see once a visitor has one
    modality: gr.Radio
    k: gr.Slider
    beams: gr.Slider
    check: gr.Checkbox  # there to see where the collection's answers can be checked
    go: gr.Button
    link: gr.Button
    examples: gr.HTML

    def values(self) -> list[Any]:
        return [self.query, self.modality, self.k, self.beams, self.check]

    def fitted(self) -> list[Any]:
        """What differs from collection to collection."""
        return [self.modality, self.examples, self.link, self.check]


@dataclass(frozen=True)
class Views:
    """Where answers appear, and what this visitor has asked and seen."""

    tabs: gr.Tabs
    tab: dict[str, gr.Tab]
    area: dict[str, gr.HTML]
    open: gr.State  # name of the open tab
    asked: gr.State  # Ask | None
    drawn: gr.State  # view -> the Ask that it shows
    key: gr.State  # of the visitor's own collection; empty without one
    messenger: gr.HTML | None  # by which the tab “Your media” tells of a collection

    def answers(self) -> list[Any]:
        return [self.asked, self.drawn, *self.area.values()]


def build(page: Page) -> gr.Blocks:
    """The whole page over one engine, with an answer on it before anybody asks."""
    examples = page.examples()
    opening = Ask.checked(examples[0].query) if examples else None
    with gr.Blocks(title="ACE: search that writes its answers", analytics_enabled=False) as blocks:
        gr.HTML(headline(page.engine.info()), apply_default_css=False)
        form = _form(page, examples, opening)
        views = _views(page, opening)
        _wire(page, form, views)
        if views.messenger is not None:
            _wire_yours(page, form, views, views.messenger)

        def arrive(request: gr.Request) -> list[Any]:
            return _from_link(page, opening, dict(request.query_params))

        everything = [form.query, form.modality, views.open, views.tabs, *views.answers()]
        blocks.load(arrive, None, everything, **QUIET, **ENGINE)
        for name, function in page.api().items():
            gr.api(function, api_name=name, **ENGINE)
    return blocks.queue(max_size=MOST_WAITING)


def _form(page: Page, examples: Sequence[Example], opening: Ask | None) -> Form:
    with gr.Row(elem_id="ask"):
        query = gr.Textbox(
            value=opening.text if opening else "",
            placeholder="a lighthouse in the fog, a bell over rain, snow beginning to fall…",
            label="Sentence",
            show_label=False,
            container=False,
            lines=1,
            max_lines=1,
            elem_id="query",
        )
        go = gr.Button("Search", variant="primary", scale=0, min_width=110, elem_id="go")
    source = gr.Radio(
        [("Built-in collection", SHIPPED), ("Your media", YOURS)],
        value=SHIPPED,
        label="Collection",
        show_label=False,
        container=False,
        visible=False,
        elem_id="source",
    )
    with gr.Row(elem_id="choices"):
        modality = gr.Radio(
            _kinds(page),
            value=ALL,
            label="Kind of media",
            show_label=False,
            container=False,
            elem_id="modality",
        )
        with gr.Accordion("Options", open=False, elem_id="options"), gr.Row():
            k = gr.Slider(1, MAX_RESULTS, RESULTS, step=1, label="Results", elem_id="k")
            beams = gr.Slider(1, MAX_BEAMS, BEAMS, step=1, label="Beams kept at each step", elem_id="beams")
        link = gr.Button("Copy link", size="sm", scale=0, min_width=104, elem_id="copy-link")
    chips = gr.HTML(example_chips(examples), js_on_load=PICK, apply_default_css=False, elem_id="examples")
    check = gr.Checkbox(label="Check the answers", info=CHECK, visible=page.can_check, elem_id="check", container=False)
    return Form(query, source, modality, k, beams, check, go, link, chips)


def _views(page: Page, opening: Ask | None) -> Views:
    tab, area = {}, {}
    if opening:
        page.draw("search", opening)  # the first search of a process pays for caches; the one shown should not
    with gr.Tabs(elem_id="views", overflow_behavior="wrap") as tabs:
        for name in VIEWS:
            with gr.Tab(TITLES[name], id=name, elem_id=f"tab-{name}") as tab[name]:
                shown = EMPTY if opening is None else page.draw(name, opening) if name == "search" else WAITING
                area[name] = gr.HTML(shown, apply_default_css=False, elem_id=f"view-{name}")
        with gr.Tab(TITLES["results"], id="results", elem_id="tab-results") as tab["results"]:
            gr.HTML(results_view(page.engine), apply_default_css=False, elem_id="view-results")
        with gr.Tab(TITLES["scale"], id="scale", elem_id="tab-scale") as tab["scale"]:
            shown = scale_view(page.measuring)
            gr.HTML(shown, js_on_load=BEGIN_SCALE, apply_default_css=False, elem_id="view-scale")
        if page.yours is not None:
            with gr.Tab(TITLES["yours"], id="yours", elem_id="tab-yours") as tab["yours"]:
                gr.HTML(frame(page.yours), js_on_load=BEGIN, apply_default_css=False, elem_id="view-yours")
    messenger = gr.HTML("", js_on_load=MESSENGER, visible="hidden") if page.yours else None
    return Views(
        tabs=tabs,
        tab=tab,
        area=area,
        open=gr.State("search"),
        asked=gr.State(opening),
        drawn=gr.State({"search": opening}),
        key=gr.State(""),
        messenger=messenger,
    )


def _kinds(page: Page) -> list[tuple[str, str]]:
    return [("All", ALL), *((NAMES[name], name) for name in page.engine.info().items)]


def _wire(page: Page, form: Form, views: Views) -> None:
    working = {**QUIET, **ENGINE, "show_progress": "minimal", "show_progress_on": list(views.area.values())}

    def run(shown: str, source: str, key: str, *values: Any) -> list[Any]:
        ask, drawn = answer(page, source, key, shown, *values)
        return [ask, {shown: ask}, *drawn]

    def pick(shown: str, source: str, key: str, event: gr.EventData) -> list[Any]:
        """An example was chosen, by its number: the words come from the engine, not from the visitor."""
        number = event._data.get("example") if isinstance(event._data, dict) else None
        try:
            examples = page.of(source == YOURS, key).examples()
        except AceError:
            examples = ()
        if not isinstance(number, int) or not 0 <= number < len(examples):
            return [gr.skip()] * 4
        return [examples[number].query, examples[number].modality, *_leave_results(shown)]

    def look(name: str, source: str, key: str, ask: Ask | None, drawn: dict[str, Ask]) -> list[Any]:
        """A tab was opened: draw it unless it shows the query already."""
        if ask is None or drawn.get(name) == ask:
            return [name, drawn, gr.skip()]
        return [name, {**drawn, name: ask}, draw(page, source, key, name, ask)]

    starts = [
        trigger(_leave_results, views.open, [views.open, views.tabs], queue=False, **QUIET)
        for trigger in (form.query.submit, form.go.click, form.modality.input, form.check.input)
    ]
    whose = [form.source, views.key]
    chosen = [form.query, form.modality, views.open, views.tabs]
    starts.append(form.examples.click(pick, [views.open, *whose], chosen, queue=False, **QUIET))
    starts.append(form.source.input(partial(_fit, page), whose, form.fitted(), queue=False, **QUIET))
    for start in starts:
        answered = start.then(run, [views.open, *whose, *form.values()], views.answers(), **working)
        answered.then(None, [form.query, form.modality, form.source], None, js=REMEMBER)
    for name, area in views.area.items():
        state = [*whose, views.asked, views.drawn]
        views.tab[name].select(partial(look, name), state, [views.open, views.drawn, area], **QUIET, **ENGINE)
    for name in views.tab.keys() - views.area.keys():
        views.tab[name].select(partial(str, name), None, views.open, queue=False, **QUIET)
    form.link.click(None, [form.query, form.modality], None, js=COPY)


def _wire_yours(page: Page, form: Form, views: Views, messenger: gr.HTML) -> None:
    """What follows when a visitor's collection is there to be searched, is to be searched now, or is gone."""

    def adopt(source: str, k: int, beams: int, check: bool, query: str, event: gr.EventData) -> list[Any]:
        told = event._data if isinstance(event._data, dict) else {}
        key = told.get("key")
        key = key if isinstance(key, str) and len(key) <= KEY_LENGTH else ""
        count = page.searchable(key)
        now = YOURS if count and (told.get("use") or source == YOURS) else SHIPPED
        labels = [("Built-in collection", SHIPPED), (f"Your media ({count:,})", YOURS)]
        known = [key if count else "", gr.Radio(labels, value=now, visible=bool(count))]
        if now == source and not told.get("use"):
            return [*known, *[gr.skip()] * (7 + len(VIEWS) + 2)]
        if now == YOURS:
            examples = _examples(page, key)
            query = examples[0].query if examples else ""
        values = (query, ALL, k, beams, check)
        ask, drawn = answer(page, now, key, "search", *values) if query else (None, [EMPTY] * len(VIEWS))
        place = ["search", gr.Tabs(selected="search")] if told.get("use") else [gr.skip(), gr.skip()]
        return [*known, *_fit(page, now, key), query, *place, ask, {"search": ask}, *drawn]

    changed = [views.key, form.source, *form.fitted(), form.query, views.open, views.tabs, *views.answers()]
    asked = [form.source, form.k, form.beams, form.check, form.query]
    messenger.click(adopt, asked, changed, trigger_mode="multiple", **QUIET, **ENGINE)  # every message counts


def _examples(page: Page, key: str) -> Sequence[Example]:
    try:
        return page.of(True, key).examples()
    except AceError:
        return ()


def _fit(page: Page, source: str, key: str) -> list[Any]:
    """Kinds of media, examples and link for the collection that is asked; links lead to the page's own alone."""
    try:
        of = page.of(source == YOURS, key)
    except AceError:
        return [gr.skip()] * 4
    kinds, link = gr.Radio(_kinds(of), value=ALL), gr.Button(visible=source != YOURS)
    return [kinds, example_chips(of.examples()), link, gr.Checkbox(visible=of.can_check)]


def _from_link(page: Page, opening: Ask | None, wanted: dict[str, str]) -> list[Any]:
    """`?q=...&modality=...&view=...` asks and opens at once; without them the page stays as it was sent."""
    text, kind, view = wanted.get("q"), wanted.get("modality", ALL), wanted.get("view", "search")
    view = view if view in TITLES and (view != "yours" or page.yours) else "search"
    if not text and view == "search":
        return [gr.skip()] * (6 + len(VIEWS))
    shown = view if view in VIEWS else "search"
    if text:
        ask, drawn = answer(page, SHIPPED, "", shown, text, kind, RESULTS, BEAMS)
    else:
        ask, drawn = opening, [page.draw(name, opening) if opening and name == shown else gr.skip() for name in VIEWS]
    fields = [text[: 2 * MAX_QUERY], kind if kind in (ALL, *NAMES) else ALL] if text else [gr.skip(), gr.skip()]
    have = {shown: ask} if text else {"search": opening, shown: ask}
    return [*fields, view, gr.Tabs(selected=view), ask, have, *drawn]


def _leave_results(shown: str) -> list[Any]:
    """A new query is answered where it can be seen: on the figures' tab, the search opens."""
    return [shown, gr.skip()] if shown in VIEWS else ["search", gr.Tabs(selected="search")]


def example_chips(examples: Sequence[Example]) -> str:
    """A few sentences to start from, for each kind of media."""
    kinds = []
    for kind, name in NAMES.items():
        chosen = [(n, example) for n, example in enumerate(examples) if example.modality == kind][:EXAMPLES_A_KIND]
        chips = "".join(
            f'<button type="button" class="example" data-example="{n}" title="{escape(example.query)}">'
            f"{escape(example.query)}</button>"
            for n, example in chosen
        )
        if chips:
            kinds.append(f'<div class="example-kind"><span class="example-name">{name}</span>{chips}</div>')
    return f'<nav class="examples" aria-label="Example sentences">{"".join(kinds)}</nav>'
