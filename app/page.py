"""One engine as a page: views drawn as markup, the same answers as JSON, and the server that gives them out."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import gradio as gr
from starlette.routing import Route

from ace_core.engine import Engine, Example
from ace_core.errors import AceError
from app import api
from app.asking import ALL, BEAMS, NAME, RESULTS, Ask
from app.cards import notice, search_view
from app.comparing import compare_view
from app.layout import build
from app.measured import SHIPPED, read_scale
from app.measuring import SIZES, Measuring
from app.media import Media, PublicMedia
from app.routes import measuring_routes, routes
from app.tree import trace_view

if TYPE_CHECKING:
    from app.yours import Yours

HERE = Path(__file__).resolve().parent
WRITTEN_EXAMPLES = 2  # a kind
SESSIONS = 2000  # open pages that are remembered, each with what it asked last; Gradio would keep 10,000
SORRY = "Something went wrong on our side. Ask again, or ask something else."
Guard = Callable[[Callable[..., Any]], Callable[..., Any]]

log = logging.getLogger("ace.page")


class Page:
    """Draws answers of one engine. `accelerated` wraps what computes (a GPU lease where one is needed).

    yours: collections that visitors bring; without it nothing can be sent up.
    media: where this engine's media are shown from, if not from public folders.
    measuring: runs of this machine that visitors ask for; without it nothing can be measured from the page.
    """

    def __init__(
        self,
        engine: Engine,
        accelerated: Guard = lambda function: function,
        yours: Yours | None = None,
        media: Media | None = None,
        measuring: Measuring | None = None,
    ) -> None:
        self.engine, self.yours, self.measuring = engine, yours, measuring
        self.media = media or PublicMedia(engine)
        self._search = accelerated(engine.search)
        self._compare = accelerated(engine.compare)
        self._trace = accelerated(engine.trace)

    def of(self, visitor: bool, key: str) -> Page:
        """This page or, for a visitor, the one over their own collection; raises `Refused` where it is gone."""
        return self.yours.page(key) if visitor and self.yours else self

    def searchable(self, key: str) -> int:
        """How many items of the visitor's own can be searched; 0 where there is no collection of theirs."""
        return self.yours.searchable(key) if self.yours else 0

    @property
    def can_check(self) -> bool:
        """Whether answers can be checked; a switch that was left on for another collection is passed over."""
        return self.engine.check is not None

    def examples(self) -> Sequence[Example]:
        """Sentences to start from: chosen when the bundle was built, else pseudo-queries of a few items."""
        if chosen := self.engine.examples():
            return chosen
        now = self.engine.snapshot
        written = zip(now.collection, now.parts.pseudo_queries, strict=True)
        found = [Example(texts[0], item.modality, item) for item, texts in written if texts]
        return [one for kind in NAME for one in [one for one in found if one.modality == kind][:WRITTEN_EXAMPLES]]

    def draw(self, view: str, ask: Ask) -> str:
        """One view of one query as markup; an error is one friendly sentence, never a stack trace."""
        try:
            check = ask.check and self.can_check
            if view == "compare":
                found = self._compare(ask.text, k=ask.k, beams=ask.beams, modality=ask.modality, check=check)
                return compare_view(self.engine, self.media, found)
            if view == "trace":
                traced = self._trace(ask.text, beams=ask.beams, modality=ask.modality)
                return trace_view(self.engine, self.media, traced)
            result = self._search(ask.text, k=ask.k, beams=ask.beams, modality=ask.modality, check=check)
            return search_view(self.engine, self.media, result)
        except AceError as error:
            return notice(str(error), "error")
        except Exception:
            log.exception("view %s failed", view)
            return notice(SORRY, "error")

    def api(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """What programs may call, by name; every answer is JSON, every limit the same as the form's."""
        return {
            "search": self.api_search,
            "compare": self.api_compare,
            "trace": self.api_trace,
            "describe": self.api_describe,
            "scale": self.api_scale,
            "measure": self.api_measure,
        }

    def api_search(
        self,
        query: str,
        modality: str = ALL,
        k: int = RESULTS,
        beams: int = BEAMS,
        method: Literal["generation", "dual_tower"] = "generation",
        check: bool = False,
    ) -> dict[str, Any]:
        """Search a collection of pictures, sounds and clips by a sentence; modality: all, image, audio or video.

        check: put the first answers in order by how likely the captioner is to write the sentence about each.
        """
        ask = _friendly(Ask.checked, query, modality, k, beams, check)
        how = {"k": ask.k, "beams": ask.beams, "modality": ask.modality, "method": method, "check": ask.check}
        return api.search_json(self.media, _friendly(self._search, ask.text, **how))

    def api_compare(
        self, query: str, modality: str = ALL, k: int = RESULTS, beams: int = BEAMS, check: bool = False
    ) -> dict[str, Any]:
        """Answer a sentence by generation and by the dual tower, checked or not, and say where they agree."""
        ask = _friendly(Ask.checked, query, modality, k, beams, check)
        how = {"k": ask.k, "beams": ask.beams, "modality": ask.modality, "check": ask.check}
        found = _friendly(self._compare, ask.text, **how)
        return api.comparison_json(self.media, found)

    def api_trace(self, query: str, modality: str = ALL, beams: int = BEAMS) -> dict[str, Any]:
        """How the identifiers were written: every step's prefixes, their probabilities, and what was dropped."""
        ask = _friendly(Ask.checked, query, modality, RESULTS, beams)
        return api.trace_json(self.media, _friendly(self._trace, ask.text, beams=ask.beams, modality=ask.modality))

    def api_describe(self, prefix: str) -> dict[str, Any]:
        """What the beginning of an identifier means, such as 17 or 17-203: words its captions share and examples."""
        summary = _friendly(lambda: self.engine.describe(api.prefix_of(prefix)))
        return api.prefix_json(self.media, summary)

    def api_scale(self) -> dict[str, Any]:
        """Cost against the size of the collection as shipped, and how far a measurement of this machine is."""
        run = self.measuring.last() if self.measuring else None
        return {"shipped": api.scale_json(read_scale(SHIPPED)), "here": api.run_json(run)}

    def api_measure(self, items: int = SIZES[0]) -> dict[str, Any]:
        """Begin to measure this machine at 1000, 10000 or 100000 items; `scale` tells how far it is."""
        if self.measuring is None:
            raise gr.Error("This page does not measure its machine.", print_exception=False)
        return api.run_json(_friendly(self.measuring.start, items, secrets.token_urlsafe(16)))

    def launch(self, host: str | None = None, port: int | None = None, **options: Any) -> tuple[Any, str, str]:
        """Build and serve; returns Gradio's (app, local address, public address)."""
        if isinstance(self.media, PublicMedia):
            gr.set_static_paths(self.media.public_paths())
        self.blocks = build(self)
        self.engine.warm_check()
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
            state_session_capacity=SESSIONS,
            max_file_size=1,  # visitors' files come by routes of ours; Gradio's own has no other switch
            app_kwargs={"routes": self._routes()},
            theme=theme(),
            head=head(),
            **options,
        )

    def _routes(self) -> list[Route]:
        own = routes(self.yours) if self.yours else []
        return own + (measuring_routes(self.measuring) if self.measuring else [])

    def close(self) -> None:
        """Stop serving, and delete what visitors left."""
        self.blocks.close(verbose=False)
        if self.measuring:
            self.measuring.close()
        if self.yours:
            self.yours.close()
        self.engine.stop_warming()


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
    scripts = [(HERE / name).read_text(encoding="utf-8") for name in ("script.js", "yours.js", "scale.js")]
    return f"<style>{style}</style>" + "".join(f"<script>{script}</script>" for script in scripts)
