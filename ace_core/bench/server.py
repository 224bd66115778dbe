"""The real server as a process of its own, and the users that ask it over HTTP."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import ace_core
from ace_core.errors import ConfigError

_START = 300  # seconds until the page must answer
_ANSWER = 120  # seconds until a query must be answered
_IDLE = 3  # seconds after which a server may have closed a connection
_APP = Path(ace_core.__file__).resolve().parent.parent / "app.py"


class Refused(Exception):
    """The server did not answer; the reason, in a few words."""


@dataclass(frozen=True)
class Address:
    host: str
    port: int


@contextmanager
def served(bundle: Path) -> Iterator[Address]:
    """`app.py` over a bundle, on a free port, until the end of the block. Raises `ConfigError` where it fails."""
    if not _APP.is_file():
        raise ConfigError(f"There is no {_APP.name} beside the package; measure the server from a checkout.")
    address = Address("127.0.0.1", _free_port())
    command = [sys.executable, str(_APP), "--bundle", str(bundle), "--port", str(address.port)]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        try:
            _wait(process, address, said)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(process: subprocess.Popen[bytes], address: Address, said: IO[bytes]) -> None:
    began = time.monotonic()
    while time.monotonic() - began < _START:
        if process.poll() is not None:
            said.seek(0)
            last = said.read().decode(errors="replace").strip().splitlines()[-1:]
            raise ConfigError(f"The server ended before it answered: {''.join(last) or 'it said nothing'}")
        try:
            _get(http.client.HTTPConnection(address.host, address.port, timeout=10), "/")
            return
        except (OSError, http.client.HTTPException, Refused):
            time.sleep(0.2)
    raise ConfigError(f"The server did not answer within {_START} seconds.")


class User:
    """One visitor, who waits for every answer before asking again; keeps a connection and, as the page, a session."""

    def __init__(self, address: Address, endpoint: str = "search") -> None:
        self.address, self.endpoint = address, endpoint
        self.session = secrets.token_hex(8)
        self.connection = self._connect()
        self.used = time.monotonic()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address.host, self.address.port, timeout=_ANSWER)

    def form(self) -> list[Any]:
        """The endpoint's default values, in order; the first is the query. Raises `Refused`."""
        info = json.loads(_get(self.connection, "/gradio_api/info"))
        parameters = info["named_endpoints"][f"/{self.endpoint}"]["parameters"]
        return [parameter.get("parameter_default") for parameter in parameters]

    def ask(self, values: list[Any]) -> Any:
        """The endpoint's answer to `values`. Raises `Refused`; the next question then has a new connection."""
        if time.monotonic() - self.used > _IDLE:
            self._again()
        try:
            answer = self._ask(values)
            self.used = time.monotonic()
            return answer
        except Refused:
            self._again()
            raise
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            self._again()
            raise Refused(type(error).__name__) from error

    def close(self) -> None:
        self.connection.close()

    def _again(self) -> None:
        self.connection.close()
        self.connection = self._connect()

    def _ask(self, values: list[Any]) -> Any:
        path = f"/gradio_api/call/{self.endpoint}"
        body = json.dumps({"data": values, "session_hash": self.session})
        self.connection.request("POST", path, body, {"Content-Type": "application/json"})
        event = json.loads(_read(self.connection))["event_id"]
        kind = ""
        for line in _get(self.connection, f"{path}/{event}").decode().splitlines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: ") and kind == "complete":
                return json.loads(line.removeprefix("data: "))[0]
            elif line.startswith("data: ") and kind == "error":
                raise Refused(f"error: {line.removeprefix('data: ')[:100]}")
        raise Refused("no answer in the stream")


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    return _read(connection)


def _read(connection: http.client.HTTPConnection) -> bytes:
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise Refused(f"{answer.status} {body[:100].decode(errors='replace')}")
    return body
