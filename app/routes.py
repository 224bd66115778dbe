"""The addresses under /yours: sending files up, building, and getting one's own media back. Nobody else's. And those
under /scale: measuring this machine.

Everything but media asks for the visitor's key in a header, which no other site can send from a visitor's browser.
The addresses of media hold the visitor's `view`, 128 random bits; a name is looked up among the visitor's files.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from ace_core.errors import AceError
from app import scale
from app.measuring import Measuring
from app.panel import panel
from app.visitors import Refused
from app.yours import Coming, Yours

KEY: Final = "x-ace-key"
AT_ONCE: Final = 4  # files looked at, and archives made: others wait here and not in the threads that serve the page
SAFE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, max-age=300",
}
TYPES: Final = {
    ".wav": "audio/wav", ".flac": "audio/flac", ".ogg": "audio/ogg", ".mp3": "audio/mpeg", ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".mp4": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm", ".mkv": "video/x-matroska",
    ".avi": "video/x-msvideo",
}  # fmt: skip

Endpoint = Callable[[Request], Awaitable[Response]]


def do(action: Callable[[Request, str], object], turns: AbstractAsyncContextManager[Any] | None = None) -> Endpoint:
    """An action of a visitor, off the event loop; `Refused` becomes its status and its sentence."""

    async def endpoint(request: Request) -> Response:
        try:
            async with turns or nullcontext():
                done = await run_in_threadpool(action, request, request.headers.get(KEY, ""))
        except AceError as error:
            return refusal(error)
        return done if isinstance(done, Response) else JSONResponse(done or {}, headers={"Cache-Control": "no-store"})

    return endpoint


def measuring_routes(measuring: Measuring) -> list[Route]:
    """What `Page.launch` adds for the tab “Scale”."""

    def show(_: Request, key: str) -> Response:
        return HTMLResponse(scale.panel(measuring, key), headers={"Cache-Control": "no-store"})

    def start(request: Request, key: str) -> None:
        items = request.query_params.get("items", "")
        measuring.start(int(items) if items.isascii() and items.isdigit() and len(items) < 10 else None, key)

    return [
        Route("/scale/panel", do(show), methods=["GET"]),
        Route("/scale/run", do(start), methods=["POST"]),
        Route("/scale/run", do(lambda _, key: measuring.stop(key)), methods=["DELETE"]),
    ]


def routes(yours: Yours) -> list[Route]:
    """What `Page.launch` adds for visitors' own media."""

    slow = asyncio.Semaphore(AT_ONCE)

    def show(request: Request, key: str) -> Response:
        return HTMLResponse(panel(yours, key), headers={"Cache-Control": "no-store"})

    def archive(request: Request, key: str) -> Response:
        return FileResponse(yours.archive(key), media_type="application/zip", filename="your-media.zip", headers=SAFE)

    async def send(request: Request) -> Response:
        return await _receive(yours, request, slow)

    async def media(request: Request) -> Response:
        return _file(yours, request, preview=False)

    async def preview(request: Request) -> Response:
        return _file(yours, request, preview=True)

    return [
        Route("/yours", do(lambda _, key: {"key": yours.visitors.open()}), methods=["POST"]),
        Route("/yours", do(lambda _, key: yours.remove(key)), methods=["DELETE"]),
        Route("/yours/panel", do(show), methods=["GET"]),
        Route("/yours/files", send, methods=["POST"]),
        Route("/yours/files", do(lambda request, key: yours.drop(key, _name(request))), methods=["DELETE"]),
        Route("/yours/build", do(lambda _, key: yours.build(key)), methods=["POST"]),
        Route("/yours/build", do(lambda _, key: yours.stop(key)), methods=["DELETE"]),
        Route("/yours/bundle.zip", do(archive, slow), methods=["GET"]),
        Route("/yours/media/{view}/{name}", media, methods=["GET"]),
        Route("/yours/preview/{view}/{name}", preview, methods=["GET"]),
    ]


def refusal(error: AceError) -> Response:
    status = error.status if isinstance(error, Refused) else 400
    return JSONResponse({"error": str(error)}, status, headers={"Cache-Control": "no-store"})


def _name(request: Request) -> str:
    return request.query_params.get("name", "")


async def _receive(yours: Yours, request: Request, slow: asyncio.Semaphore) -> Response:
    """One file as the body of a request, its name in the address. Its length must be told and is kept to."""
    try:
        length = int(request.headers["content-length"])
    except (KeyError, ValueError):
        return refusal(Refused("The length of a file must be told with it.", 411))
    try:
        coming = await run_in_threadpool(yours.expect, request.headers.get(KEY, ""), _name(request), length)
    except Refused as error:
        if length <= yours.limits.file_bytes:  # a browser reads no answer before it has sent everything
            await _listen(request, yours.limits.upload_seconds)
        return refusal(error)
    try:
        await asyncio.wait_for(_write(request, coming), yours.limits.upload_seconds)
    except BaseException as error:
        await run_in_threadpool(yours.give_up, coming)
        if isinstance(error, (TimeoutError, ClientDisconnect, OSError)):
            return refusal(Refused("The file did not arrive in time or whole; send it again.", 408))
        raise
    try:
        async with slow:
            await run_in_threadpool(yours.receive, coming)
    except Refused as error:
        return refusal(error)
    return JSONResponse({})


async def _write(request: Request, coming: Coming) -> None:
    written = 0
    stream = await run_in_threadpool(open, coming.path, "xb")
    try:
        async for part in request.stream():
            written += len(part)
            if written > coming.bytes:
                raise OSError("more came than was told")
            await run_in_threadpool(stream.write, part)
    finally:
        await run_in_threadpool(stream.close)
    if written != coming.bytes:
        raise OSError("less came than was told")


async def _listen(request: Request, seconds: float) -> None:
    async def listen() -> None:
        async for _ in request.stream():
            pass

    try:
        await asyncio.wait_for(listen(), seconds)
    except (TimeoutError, ClientDisconnect):
        return


def _file(yours: Yours, request: Request, preview: bool) -> Response:
    """A file of the visitor whose `view` the address holds; for everything else, the same 404."""
    visitor = yours.visitors.shown(request.path_params["view"])
    kept = visitor.files.get(request.path_params["name"]) if visitor else None
    if visitor is None or kept is None:
        return Response("Not found", 404, SAFE | {"Cache-Control": "no-store"})
    path = visitor.preview(kept.name) if preview else visitor.media / kept.name
    kind = "image/webp" if preview else TYPES.get(path.suffix, "application/octet-stream")
    if not path.is_file():
        return Response("Not found", 404, SAFE | {"Cache-Control": "no-store"})
    return FileResponse(path, media_type=kind, headers=SAFE)
