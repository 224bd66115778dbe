"""The demo: `python app.py [--bundle FOLDER] [--host HOST] [--port PORT]`. Hugging Face Spaces runs it as it is."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
if find_spec("spaces"):  # must come before anything that touches CUDA
    import spaces  # type: ignore[import-not-found, unused-ignore]
else:
    spaces = None

from ace_core.engine import Engine
from ace_core.errors import AceError
from app.measuring import Measuring
from app.page import Page
from app.weakness import encoder_bundle
from app.yours import Yours

BUILTIN = Path(__file__).resolve().parent / "checkpoints" / "builtin"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Serve the demo page of a bundle.")
    parser.add_argument("--bundle", type=Path, default=BUILTIN, help="bundle folder (default: the built-in one)")
    parser.add_argument("--host", default=None, help="address to listen on (default: 127.0.0.1; Spaces sets its own)")
    parser.add_argument("--port", type=int, default=None, help="port (default: the first free one from 7860)")
    parser.add_argument("--no-uploads", action="store_true", help="without the tab for visitors' own media")
    parser.add_argument("--no-measuring", action="store_true", help="without the button that measures this machine")
    options = parser.parse_args(arguments)
    try:
        engine = Engine.load(options.bundle, device="auto")
    except AceError as error:
        print(error, file=sys.stderr)
        return 1
    reader = None if options.no_uploads else encoder_bundle(engine.bundle)
    yours = Yours(reader) if reader else None
    measuring = None if options.no_measuring else Measuring()
    page = Page(engine, spaces.GPU if spaces else lambda function: function, yours, measuring=measuring)
    # Asked to end, the page ends in order: builds are stopped and what visitors left is deleted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _, address, _ = page.launch(options.host, options.port, prevent_thread_lock=True)
        print(f"ACE is at {address}", flush=True)
        page.blocks.block_thread()
    except OSError as error:
        print(f"The page cannot be served: {error}", file=sys.stderr)
        return 1
    finally:
        page.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
