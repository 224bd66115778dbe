"""Looks at one media file that a stranger sent: what it is by its content, whether it decodes, how it looks small.

The decoders run in a process of their own with bounded memory, so that a file that crashes or stalls one of them costs
that file and nothing else. The page itself never decodes what a visitor brought.
"""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ace_core.collection import Modality
from ace_core.errors import MediaError
from ace_core.media import sniff
from ace_core.media.guard import READABLE
from ace_core.media.limits import MAX_SECONDS

PICTURE_SIDE: Final = 768  # pixels
MAX_SAMPLES: Final = 100_000_000  # of all channels of a sound that is read at once: 400 MB once decoded
MEMORY: Final = 4 * 1024**3  # bytes of address space

SIGNS: Final[tuple[tuple[int, bytes, Modality, str], ...]] = (
    (0, b"\xff\xd8\xff", "image", ".jpg"),
    (0, b"\x89PNG", "image", ".png"),
    (8, b"WEBP", "image", ".webp"),
    (0, b"GIF8", "image", ".gif"),
    (0, b"BM", "image", ".bmp"),
    (0, b"II*\0", "image", ".tif"),
    (0, b"MM\0*", "image", ".tif"),
    (8, b"WAVE", "audio", ".wav"),
    (0, b"fLaC", "audio", ".flac"),
    (0, b"OggS", "audio", ".ogg"),
    (0, b"ID3", "audio", ".mp3"),
    *((0, bytes((0xFF, second)), "audio", ".mp3") for second in (0xFB, 0xFA, 0xF3, 0xF2, 0xE3, 0xE2)),
    *((0, bytes((0xFF, second)), "audio", ".aac") for second in (0xF1, 0xF9)),
    *((4, b"ftyp" + brand, "audio", ".m4a") for brand in (b"M4A ", b"M4B ")),
    (8, b"AVI ", "video", ".avi"),
    (4, b"ftypqt", "video", ".mov"),
    *((4, kind, "video", ".mov") for kind in (b"moov", b"mdat", b"wide", b"free")),
)
NOT_CLIPS: Final = (b"heic", b"heix", b"mif1", b"msf1", b"avif")  # that begin as MP4 does
BUSY: Final = "Files cannot be looked at just now; send it again in a minute."
KNOWN: Final = f"pictures as {READABLE['image']}, sounds as {READABLE['audio']}, clips as MP4, MOV or WebM"


@dataclass(frozen=True)
class Examined:
    modality: Modality
    ending: str  # with its dot, as the builder and browsers expect it for this content
    seconds: float | None  # of a sound or a clip
    peaks: tuple[float, ...]  # of a sound, see `app.media.Media.loudness`


def kind_of(head: bytes) -> tuple[Modality, str]:
    """Modality and ending by the first bytes of a file; `MediaError` where they are none of ours."""
    for place, sign, modality, ending in SIGNS:
        if head[place : place + len(sign)] == sign:
            return modality, ending
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "video", ".webm" if b"webm" in head else ".mkv"
    if head[4:8] == b"ftyp" and head[8:12] not in NOT_CLIPS:
        return "video", ".mp4"
    kind = sniff.kind_of(head)
    raise MediaError(f"This is {kind.name if kind else 'of no known kind'}; send {KNOWN}.")


def examine(path: Path, preview: Path) -> Examined:
    """Decode the file once and write `preview` (WebP) of a picture or a clip. The `MediaError` names no path."""
    from ace_core.media import load_frames, load_image, probe
    from app.media import loudness_of, save_small

    with open(path, "rb") as stream:
        modality, ending = kind_of(stream.read(sniff.HEAD_BYTES))
    try:
        info = probe(path, modality)
        if modality == "image":
            save_small(load_image(path), preview, PICTURE_SIDE)
            return Examined(modality, ending, None, ())
        if modality == "video":
            save_small(load_frames(path, 1)[0], preview)
            return Examined(modality, ending, info.seconds, ())
        if (info.seconds or 0) <= MAX_SECONDS and (info.frames or 0) * (info.channels or 1) > MAX_SAMPLES:
            raise MediaError("This sound has too many samples and channels; export it at 44100 hertz, in stereo.")
        return Examined(modality, ending, info.seconds, loudness_of(path))
    except MediaError as error:
        plain = re.sub(r" \(.*\)", "", str(error).removeprefix(f"{path}: "))  # what a library says names our paths
        raise MediaError(plain) from error


class Examiner:
    """Asks a process of its own, one file at a time; starts it when it is first needed and again after a failure."""

    def __init__(
        self,
        seconds: float = 30.0,
        start_seconds: float = 120.0,
        command: Sequence[str] = (sys.executable, "-m", "app.examine"),
    ) -> None:
        self._seconds, self._start_seconds, self._command = seconds, start_seconds, command
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str] = queue.Queue()

    def examine(self, path: Path, preview: Path) -> Examined:
        """See `examine`; also a `MediaError` where the file brings the process down or takes too long."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._start()
            question = {"path": str(path), "preview": str(preview)}
            answer: dict[str, Any] = {"error": BUSY}
            if self._process is not None:
                answer = self._ask(question, self._seconds)
        if "error" in answer:
            raise MediaError(answer["error"])
        return Examined(answer["modality"], answer["ending"], answer["seconds"], tuple(answer["peaks"]))

    def close(self) -> None:
        with self._lock:
            self._end()

    def _start(self) -> None:
        self._end()
        self._answers = queue.Queue()
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            cwd=Path(__file__).resolve().parent.parent,
        )
        threading.Thread(target=_listen, args=(self._process, self._answers), daemon=True).start()
        self._ask(None, self._start_seconds)

    def _ask(self, question: dict[str, str] | None, seconds: float) -> dict[str, Any]:
        """Wait for a line; with no question, for the one that says that the process is there."""
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            if question is not None:
                self._process.stdin.write(json.dumps(question) + "\n")
                self._process.stdin.flush()
            line = self._answers.get(timeout=seconds)
        except (queue.Empty, OSError):
            line = "late"
        try:
            answer = json.loads(line)
        except ValueError:
            self._end()
            why = "This takes too long to read" if line == "late" else "This cannot be read"
            return {"error": f"{why}; send {KNOWN}."}
        assert isinstance(answer, dict)
        return answer

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with suppress(OSError):
                    stream.close()  # type: ignore[union-attr]


def _listen(process: subprocess.Popen[str], answers: queue.Queue[str]) -> None:
    """Every line the process writes; an empty one when it is gone."""
    assert process.stdout is not None
    with suppress(OSError, ValueError):
        for line in process.stdout:
            answers.put(line)
    answers.put("")


def _serve() -> None:
    """One answer a line for one question a line, until the questions end."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a decoder prints is no answer
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    import app.media  # noqa: F401  (slow, so it is done before the first question)

    print("{}", file=out, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer: dict[str, Any] = asdict(examine(Path(question["path"]), Path(question["preview"])))
        except MediaError as error:
            answer = {"error": str(error)}
        except Exception:
            answer = {"error": f"This cannot be read; send {KNOWN}."}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    _serve()
