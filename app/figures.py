"""The top of the page, how it answers, and what is loaded: read from the engine, never typed in by hand."""

from __future__ import annotations

from html import escape
from typing import Final

from ace_core.engine import EngineInfo
from app.asking import NAMES

HOW: Final = """
<section class="prose-block"><h3>How it answers</h3>
<ol class="how">
<li><b>Identifiers.</b> Every item has an address: one coarse token (a neighbourhood), fine tokens (which item in it),
and a last token that makes it unique. Items that mean alike share the beginning of their address.</li>
<li><b>Writing.</b> A sequence model reads the sentence and writes an address token by token. Beam search may only
write addresses that exist. The model may also look ahead: a beginning is worth what lies under it, and the decoder
corrects that. The decoder alone, as in the paper, reads nothing of an item but its address.</li>
<li><b>Beside it</b> stands the dual tower: a vector for the sentence, a vector for each item, the nearest win.</li>
</ol></section>
"""


def loaded(info: EngineInfo) -> str:
    """The facts of a bundle and of where it runs."""
    items = ", ".join(f"{count:,} {NAMES[name].lower()}" for name, count in info.items.items())
    held_out = ", ".join(f"{count:,} {NAMES[name].lower()}" for name, count in info.held_out.items())
    models = ", ".join(
        f"{escape(name.replace('_', ' '))} {count / 1e6:.1f} M" for name, count in info.parameters.items()
    )
    facts = {
        "Collection": f"{escape(info.name)}: {items}",
        "Held out": f"{held_out}",
        "Identifiers": f"{len(info.level_sizes)} tokens of {' × '.join(f'{size:,}' for size in info.level_sizes)}",
        "Parameters": models,
        "Bundle": f"{info.bundle_bytes / 1e6:.1f} MB, version {escape(info.version)}",
        "Runs on": f"{escape(info.device)}, index {escape(info.index)}",
    }
    lines = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items() if value)
    return f'<section class="prose-block"><h3>What is loaded</h3><dl class="facts">{lines}</dl></section>'


def headline(info: EngineInfo) -> str:
    """The top of the page."""
    items = " · ".join(f"<b>{count:,}</b> {NAMES[name].lower()}" for name, count in info.items.items())
    tiles = "".join(f'<i style="--hue:{hue}"></i>' for hue in (268, 256, 282, 40))
    return (
        f'<header class="masthead"><h1><span class="mark" aria-hidden="true">{tiles}</span>ACE</h1>'
        "<p>Say what you want to see or hear. The model <em>writes the address</em> of the answer, token by token.</p>"
        f'<p class="stock">{items}</p></header>'
    )
