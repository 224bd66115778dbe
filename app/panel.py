"""The tab “Your media” as markup: what a visitor has dropped, how far the build is, what can be done next."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import Final

from ace_core.collection import MODALITIES, Item
from app.asking import NAME, NAMES
from app.belongings import CAPTIONS, captions_of
from app.cards import notice
from app.examine import KNOWN
from app.jobs import STAGES, Job, Progress, Stage
from app.visitor_media import VisitorMedia
from app.visitors import Kept, Visitor, megabytes, minutes
from app.yours import Yours

SHOWN: Final = 60  # files
NOTES: Final = 5
STAGE_NAMES: Final[dict[Stage, str]] = {
    "media": "Reading the files",
    "features": "Looking and listening",
    "identifiers": "Making identifiers",
    "captioner": "Preparing the captioner",
    "pseudo_queries": "Writing sentences",
    "dual_tower": "Teaching the dual tower",
    "retriever": "Learning to write identifiers",
    "bundle": "Packing",
}


def frame(yours: Yours) -> str:
    """What is there before anything is dropped and stays; the script fills the rest with `panel`."""
    limits = yours.limits
    weakness = f'<p class="notice weak" role="note">{escape(yours.weakness)}</p>' if yours.weakness else ""
    return (
        f'<section class="results yours" aria-label="Your media" data-files="{limits.files}" '
        f'data-bytes="{limits.file_bytes}">'
        '<header class="lead"><h2>Search your own pictures, sounds and clips</h2>'
        f"<p>Only you see them, in this tab of your browser. They are removed {minutes(limits.stay)} after you last "
        "used them, or at once when you say so.</p></header>"
        '<label class="drop"><input type="file" multiple class="visually-hidden" '
        'accept="image/*,audio/*,video/*,.mkv,.csv,text/csv">'
        "<b>Drop files or a folder here, or choose files</b>"
        f"<span>{KNOWN[:1].upper()}{KNOWN[1:]}. Up to {limits.files} files of {megabytes(limits.file_bytes)}, "
        f"{megabytes(limits.visitor_bytes)} in all. A {CAPTIONS} with the columns path and caption may be among "
        "them.</span></label>"
        '<div class="sending" role="status" hidden><progress max="1" value="0"></progress><span></span>'
        '<button type="button" class="quiet" data-do="cease">Stop sending</button></div>'
        f'<ul class="refusals" role="alert" hidden></ul>{weakness}<div class="now"></div></section>'
    )


def panel(yours: Yours, key: str) -> str:
    """The present state of one visitor's media. Everything a visitor named is escaped. Raises `Refused`."""
    visitor = yours.visitors.find(key)
    with yours.visitors.lock:
        files, job = list(visitor.files.values()), visitor.job
    parts = [_had(visitor, files)] if files or visitor.captions else []
    if job is not None and job.open:
        parts.append(_building(visitor, job, yours.jobs.ahead(job)))
    else:
        parts += [_ended(visitor, job), _ready(yours, visitor) if visitor.built else "", _next(yours, visitor, files)]
        parts.append(_grid(visitor, files))
    state = f'data-busy="{int(visitor.busy)}" data-built="{visitor.built}" data-count="{len(files)}"'
    return f'<div class="state" {state}>{"".join(parts)}</div>'


def _had(visitor: Visitor, files: list[Kept]) -> str:
    counts = Counter(file.modality for file in files)
    kinds = ", ".join(
        f"{counts[kind]} {NAMES[kind].lower() if counts[kind] != 1 else NAME[kind]}"
        for kind in MODALITIES
        if counts[kind]
    )
    told = ""
    if visitor.captions:
        used = len(captions_of(visitor.files, visitor.captions))
        lost = len(visitor.captions) - used
        told = f" {CAPTIONS}: {_count(used, 'caption')} used" + (f", {lost} for files not here" if lost else "") + "."
    size = megabytes(visitor.bytes)
    return f'<p class="had"><b>{_count(len(files), "file")}</b>: {kinds or "none yet"}; {size}.{told}</p>'


def _building(visitor: Visitor, job: Job, ahead: int) -> str:
    if ahead:
        waits = "One build is" if ahead == 1 else f"{ahead} builds are"
        return (
            f'<p class="notice" role="status">{waits} before yours. It begins by itself; you may leave this page open '
            f'and search meanwhile.</p><p class="deeds">{_button("stop", "Stop waiting", quiet=True)}</p>'
        )
    progress = job.progress()
    return (
        f'<ol class="stages" aria-label="Stages of the build">{"".join(_stage(name, progress) for name in STAGES)}</ol>'
        f'{_notes(visitor, progress)}<p class="deeds">{_button("stop", "Stop", quiet=True)}</p>'
    )


def _stage(name: Stage, progress: Progress) -> str:
    done, now = _is_over(name, progress), name == progress.now
    state = "done" if done else "doing" if now else "later"
    share = 1.0 if done else progress.fraction if now else 0.0
    left = f"about {_duration(progress.seconds_left)} left" if now and progress.seconds_left is not None else ""
    told = "done" if done else left or "…" if now else ""
    mark = ' aria-current="step"' if now else ""
    return (
        f'<li class="{state}"{mark}><span>{STAGE_NAMES[name]}</span>'
        f'<i class="bar" style="--share:{100 * share:.1f}%" aria-hidden="true"></i><small>{told}</small></li>'
    )


def _is_over(name: Stage, progress: Progress) -> bool:
    """Done, or passed over because a later one is done: not every build needs every stage."""
    return any(later in progress.done for later in STAGES[STAGES.index(name) :])


def _notes(visitor: Visitor, progress: Progress) -> str:
    left_out = [line for line in progress.notes if line]
    more = len(left_out) - NOTES
    lines = "".join(f"<li>{escape(_own(visitor, line))}</li>" for line in left_out[:NOTES]) + (
        f"<li>and {more} more</li>" if more > 0 else ""
    )
    return f'<ul class="remarks">{lines}</ul>' if lines else ""


def _own(visitor: Visitor, line: str) -> str:
    """A line of the builder's as the visitor knows the files: without our folder."""
    return line.replace(f"{visitor.media}/", "").replace(str(visitor.folder), "")


def _ended(visitor: Visitor, job: Job | None) -> str:
    if job is None or job.outcome == "done":
        return _notes(visitor, job.progress()) if job else ""
    if job.outcome == "stopped":
        return notice("Stopped. What was done is kept: build again and it goes on from there.")
    return notice(_own(visitor, job.why), "error")


def _ready(yours: Yours, visitor: Visitor) -> str:
    stale = " Files have changed since; build again to search them too." if visitor.changed else ""
    return (
        f'<div class="ready"><p><b>{_count(visitor.searchable, "item")} can be searched.</b>{stale}</p>'
        f'<p class="deeds">{_button("search", "Search your media")}'
        f"{_button('download', 'Download the bundle (.zip)', quiet=True)}</p></div>"
    )


def _next(yours: Yours, visitor: Visitor, files: list[Kept]) -> str:
    deeds = []
    if files and (visitor.changed or not visitor.built):
        deeds.append(_button("build", "Build again" if visitor.built else "Make them searchable"))
    if files or visitor.built or visitor.captions:
        deeds.append(_button("remove", "Remove everything now", quiet=True))
    if not deeds:
        return ""
    stay = f"Removed in {minutes(yours.visitors.remains(visitor))} if you do nothing."
    return f'<p class="deeds">{"".join(deeds)}<small>{stay}</small></p>'


def _grid(visitor: Visitor, files: list[Kept]) -> str:
    if not files:
        return ""
    media = VisitorMedia(visitor)
    shown = "".join(_file(media, file) for file in files[:SHOWN])
    more = f'<p class="hint">and {len(files) - SHOWN:,} more</p>' if len(files) > SHOWN else ""
    opened = "" if visitor.built else " open"
    return f'<details class="kept"{opened}><summary>Files</summary><ul>{shown}</ul>{more}</details>'


def _file(media: VisitorMedia, file: Kept) -> str:
    thumb, name = media.thumbnail(Item(file.name, file.modality, file.name)), escape(file.name)
    return (
        f'<li>{thumb}<span title="{name}">{name}</span>'
        f'<button type="button" class="away" data-do="drop" data-name="{name}" aria-label="Remove {name}">×</button>'
        "</li>"
    )


def _button(deed: str, name: str, quiet: bool = False) -> str:
    return f'<button type="button" class="{"quiet" if quiet else "loud"}" data-do="{deed}">{name}</button>'


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _duration(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else minutes(seconds)
