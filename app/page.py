"""The page itself: components, what happens when, and the API. Every view is drawn by its own module."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from ace_core.engine import Engine, Example
from ace_core.errors import AceError
from app import api
from app.asking import ALL, BEAMS, MAX_BEAMS, MAX_RESULTS, NAMES, RESULTS, Ask
from app.cards import notice, search_view
from app.comparing import compare_view
from app.figures import figures_view, headline
from app.media import Media
from app.tree import trace_view

HERE = Path(__file__).resolve().parent
VIEWS = ("search", "compare", "trace")
TITLES = {"search": "Search", "compare": "Compare", "trace": "Step by step", "results": "Results"}
SAID = "Something went wrong on our side. Ask again, or ask something else."
WAITING = '<p class="notice notice-empty" role="note">…</p>'
EXAMPLES_A_KIND = 2
PICK = """element.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-example]");
  if (chip) trigger("click", { example: Number(chip.dataset.example) });
});"""
REMEMBER = "(query, modality) => window.ace?.asked(query, modality)"
ENGINE = {"concurrency_id": "engine", "concurrency_limit": 2}

log = logging.getLogger("ace.page")
Guard = Callable[[Callable[..., Any]], Callable[..., Any]]


class Page:
    """Draws answers of one engine. `accelerated` wraps what computes (a GPU lease where one is needed)."""

    def __init__(self, engine: Engine, accelerated: Guard = lambda function: function) -> None:
        self.engine = engine
        self.media = Media(engine)
        self._search = accelerated(engine.search)
        self._compare = accelerated(engine.compare)
        self._trace = accelerated(engine.trace)

    # Views

    def draw(self, view: str, ask: Ask) -> str:
        """One view of one query as markup; an error is one friendly sentence, never a stack trace."""
        try:
            if view == "compare":
                found = self._compare(ask.text, k=ask.k, beams=ask.beams, modality=ask.modality)
                return compare_view(self.engine, self.media, found)
            if view == "trace":
                traced = self._trace(ask.text, beams=ask.beams, modality=ask.modality)
                return trace_view(self.engine, self.media, traced)
            result = self._search(ask.text, k=ask.k, beams=ask.beams, modality=ask.modality)
            return search_view(self.engine, self.media, result)
        except AceError as error:
            return notice(str(error), "error")
        except Exception:
            log.exception("view %s failed", view)
            return notice(SAID, "error")

    def answer(self, view: str, text: Any, modality: Any, k: Any, beams: Any) -> tuple[Ask | None, list[str]]:
        """The open view drawn for what was asked; the others wait until they are opened."""
        try:
            ask = Ask.checked(text, modality, k, beams)
        except AceError as error:
            return None, [notice(str(error), "error")] * len(VIEWS)
        shown = view if view in VIEWS else VIEWS[0]
        return ask, [self.draw(name, ask) if name == shown else WAITING for name in VIEWS]

    # The API: plain JSON, the same caps

    def api_search(
        self,
        query: str,
        modality: str = ALL,
        k: int = RESULTS,
        beams: int = BEAMS,
        method: Literal["generation", "dual_tower"] = "generation",
    ) -> dict[str, Any]:
        """Search a collection of pictures, sounds and clips by a sentence; modality: all, image, audio or video."""
        ask = _asked(query, modality, k, beams)
        found = _friendly(self._search, ask.text, k=ask.k, beams=ask.beams, modality=ask.modality, method=method)
        return api.search_json(self.media, found)

    def api_compare(self, query: str, modality: str = ALL, k: int = RESULTS, beams: int = BEAMS) -> dict[str, Any]:
        """Answer a sentence by generation and by the dual tower, and say where they agree."""
        ask = _asked(query, modality, k, beams)
        found = _friendly(self._compare, ask.text, k=ask.k, beams=ask.beams, modality=ask.modality)
        return api.comparison_json(self.media, found)

    def api_trace(self, query: str, modality: str = ALL, beams: int = BEAMS) -> dict[str, Any]:
        """How the identifiers were written: every step's prefixes, their probabilities, and what was dropped."""
        ask = _asked(query, modality, RESULTS, beams)
        return api.trace_json(self.media, _friendly(self._trace, ask.text, beams=ask.beams, modality=ask.modality))

    def api_describe(self, prefix: str) -> dict[str, Any]:
        """What the beginning of an identifier means, such as 17 or 17-203: words its captions share and examples."""
        tokens = prefix.split("-") if isinstance(prefix, str) and len(prefix) <= 100 else []
        if not tokens or not all(token.isascii() and token.isdigit() for token in tokens):
            raise gr.Error("A prefix is whole numbers joined by hyphens, such as 17-203.", print_exception=False)
        summary = _friendly(self.engine.describe, tuple(int(token) for token in tokens))
        return api.prefix_json(self.media, summary)

    # Assembly

    def build(self) -> gr.Blocks:
        engine, examples = self.engine, self.engine.examples()
        opening = Ask.checked(examples[0].query) if examples else None
        with gr.Blocks(title="ACE: search that writes its answers", analytics_enabled=False) as blocks:
            gr.HTML(headline(engine.info()), apply_default_css=False)
            asked = gr.State(opening)
            drawn = gr.State({"search": opening})
            with gr.Row(elem_id="ask"):
                query = gr.Textbox(
                    value=opening.text if opening else "",
                    placeholder="a lighthouse in the fog, a bell over rain, snow beginning to fall…",
                    label="Sentence",
                    show_label=False,
                    container=False,
                    lines=1,
                    max_lines=1,
                    scale=1,
                    elem_id="query",
                    autofocus=False,
                )
                go = gr.Button("Search", variant="primary", scale=0, min_width=110, elem_id="go")
            with gr.Row(elem_id="choices"):
                modality = gr.Radio(
                    [("All", ALL), *((NAMES[name], name) for name in engine.info().items)],
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
            offered = gr.HTML(example_chips(examples), js_on_load=PICK, apply_default_css=False, elem_id="examples")
            with gr.Tabs(elem_id="views", overflow_behavior="wrap") as tabs:
                areas, opened = {}, {}
                for name in VIEWS:
                    with gr.Tab(TITLES[name], id=name, elem_id=f"tab-{name}") as tab:
                        value = self.draw("search", opening) if opening and name == "search" else WAITING
                        areas[name] = gr.HTML(value, apply_default_css=False, elem_id=f"view-{name}")
                    opened[name] = tab
                with gr.Tab(TITLES["results"], id="results", elem_id="tab-results") as results_tab:
                    gr.HTML(figures_view(engine), apply_default_css=False, elem_id="view-results")
            view = gr.State("search")
            outputs = [asked, drawn, *areas.values()]
            private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
            working = {**private, "show_progress": "minimal", "show_progress_on": list(areas.values()), **ENGINE}

            def run(shown: str, *values: Any) -> list[Any]:
                ask, views = self.answer(shown, *values)
                return [ask, {shown if shown in VIEWS else VIEWS[0]: ask}, *views]

            def open_view(name: str, ask: Ask | None, have: dict[str, Ask]) -> list[Any]:
                if ask is None or have.get(name) == ask:
                    return [name, have, gr.skip()]
                return [name, {**have, name: ask}, self.draw(name, ask)]

            form = [view, query, modality, k, beams]

            def pick(shown: str, event: gr.EventData) -> list[Any]:
                """An example was chosen, by its number: the words come from the engine, not from the visitor."""
                number = event._data.get("example") if isinstance(event._data, dict) else None
                if not isinstance(number, int) or not 0 <= number < len(examples):
                    return [gr.skip()] * 4
                return [examples[number].query, examples[number].modality, *_leave_results(shown)]

            for trigger in (query.submit, go.click, modality.input):
                trigger(_leave_results, view, [view, tabs], queue=False, **private).then(
                    run, form, outputs, **working
                ).then(None, [query, modality], None, js=REMEMBER)
            offered.click(pick, view, [query, modality, view, tabs], queue=False, **private).then(
                run, form, outputs, **working
            ).then(None, [query, modality], None, js=REMEMBER)
            for name, area in areas.items():
                opened[name].select(partial(open_view, name), [asked, drawn], [view, drawn, area], **private, **ENGINE)
            results_tab.select(lambda: "results", None, view, queue=False, **private)
            link.click(None, [query, modality], None, js="(q, m) => window.ace?.copyLink(q, m)")

            def from_link(request: gr.Request) -> list[Any]:
                """`?q=...&modality=...` asks at once; without it the page stays as it was sent."""
                text = request.query_params.get("q")
                if not text:
                    return [gr.skip()] * (2 + len(outputs))
                chosen = request.query_params.get("modality", ALL)
                ask, views = self.answer("search", text, chosen, RESULTS, BEAMS)
                kind = chosen if chosen in (ALL, *engine.info().items) else ALL
                return [text[: 2 * 300], kind, ask, {"search": ask}, *views]

            blocks.load(from_link, None, [query, modality, *outputs], **private, **ENGINE)
            gr.api(self.api_search, api_name="search", **ENGINE)
            gr.api(self.api_compare, api_name="compare", **ENGINE)
            gr.api(self.api_trace, api_name="trace", **ENGINE)
            gr.api(self.api_describe, api_name="describe", **ENGINE)
        return blocks.queue(max_size=64)

    def launch(self, host: str | None = None, port: int | None = None, **options: Any) -> tuple[Any, str, str]:
        """Build and serve; returns Gradio's (app, local address, public address)."""
        gr.set_static_paths(self.media.public_paths())
        self.blocks = self.build()
        return self.blocks.launch(
            server_name=host,
            server_port=port,
            share=False,
            show_error=False,
            quiet=True,
            ssr_mode=False,
            enable_monitoring=False,
            run_history=False,
            mcp_server=False,
            footer_links=[],
            theme=theme(),
            head=head(),
            **options,
        )


def example_chips(examples: tuple[Example, ...]) -> str:
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


def _leave_results(shown: str) -> list[Any]:
    """A new query is answered where it can be seen: on the figures' tab, the search opens."""
    return [shown, gr.skip()] if shown in VIEWS else ["search", gr.Tabs(selected="search")]


def _asked(query: Any, modality: Any, k: Any, beams: Any) -> Ask:
    checked: Ask = _friendly(Ask.checked, query, modality, k, beams)
    return checked


def _friendly(function: Callable[..., Any], *values: Any, **named: Any) -> Any:
    """Call; what a client did wrong comes back to it as one sentence."""
    try:
        return function(*values, **named)
    except AceError as error:
        raise gr.Error(str(error), print_exception=False) from error


def theme() -> gr.themes.Base:
    """Gradio's plainest theme with the fonts of the visitor's own system; the looks are in style.css."""
    return gr.themes.Base(
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
        font_mono=["ui-monospace", "SF Mono", "Cascadia Mono", "Menlo", "monospace"],
        radius_size=gr.themes.sizes.radius_lg,
    )


def head() -> str:
    """Stylesheet and script, sent whole: Gradio's own `css` drops rules that it does not know."""
    style = (HERE / "style.css").read_text(encoding="utf-8")
    script = (HERE / "script.js").read_text(encoding="utf-8")
    return f"<style>{style}</style><script>{script}</script>"
