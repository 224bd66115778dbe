"""The real server under load: so many users at once, each asking again as soon as it was answered."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ace_core.bench.machine import Facts, Setting, facts
from ace_core.bench.server import Address, Refused, User, served
from ace_core.bench.timing import Tell, quiet
from ace_core.bundle import BUILT_IN, Bundle
from ace_core.errors import ConfigError
from ace_core.evaluation.protocol import queries_of


@dataclass(frozen=True)
class ServeOptions:
    bundle: Path = BUILT_IN
    users: tuple[int, ...] = (1, 8, 32, 100)
    seconds: float = 60.0  # each
    endpoint: str = "search"  # of the page's API, with its default values

    def __post_init__(self) -> None:
        if not self.users or min(self.users) < 1 or self.seconds <= 0:
            raise ConfigError("ServeOptions needs at least one user and some seconds.")


@dataclass(frozen=True)
class ServeRow:
    """So many users for so many seconds. Times are of answered queries, from question to whole answer."""

    users: int
    answered: int
    errors: dict[str, int]  # by reason
    p50_ms: float | None  # None: nothing was answered
    p95_ms: float | None
    p99_ms: float | None
    queries_per_second: float
    seconds: float
    client_share: float  # of one core: what the users themselves took from the server's machine


@dataclass(frozen=True)
class ServeResult:
    rows: tuple[ServeRow, ...]
    collection: str
    items: int
    options: ServeOptions
    facts: Facts


def measure(options: ServeOptions | None = None, setting: Setting | None = None, tell: Tell = quiet) -> ServeResult:
    """Start `app.py`, ask it with every number of users, and stop it."""
    options, setting = options or ServeOptions(), setting or Setting()
    run_on = facts(setting)
    collection = Bundle.open(options.bundle).collection
    texts = list(queries_of(collection, split="held_out").texts or queries_of(collection).texts)
    if not texts:
        raise ConfigError(f"The collection of {options.bundle} has no queries to ask; give another bundle.")
    order = np.random.default_rng(setting.seed).permutation(len(texts))
    texts = [texts[i] for i in order]
    rows = []
    tell("starting the server")
    with served(options.bundle) as address:
        form = _warm_up(address, texts[:8], options.endpoint)
        for users in options.users:
            tell(f"{users} users for {options.seconds:g} s")
            rows.append(crowd(address, users, options.seconds, texts, form, options.endpoint))
    told = replace(options, bundle=Path(options.bundle.name))  # where it lies on this machine is nobody's business
    return ServeResult(tuple(rows), collection.name, len(collection), told, run_on)


def _warm_up(address: Address, texts: list[str], endpoint: str) -> list[Any]:
    """Ask a few questions; the endpoint's default values. Raises `ConfigError` where it does not answer."""
    user = User(address, endpoint)
    try:
        form = user.form()
        for text in texts:
            user.ask([text, *form[1:]])
        return form
    except (Refused, KeyError) as error:
        raise ConfigError(f"The server does not answer /{endpoint}: {error}") from error
    finally:
        user.close()


def crowd(
    address: Address, users: int, seconds: float, texts: list[str], form: list[Any], endpoint: str = "search"
) -> ServeRow:
    """`users` threads, each asking until `seconds` have passed; what was asked by then is waited for."""
    taken: list[float] = []
    errors: Counter[str] = Counter()
    lock = threading.Lock()
    start = threading.Barrier(users + 1)
    until = [0.0]

    def visit(number: int) -> None:
        user, turn = User(address, endpoint), number
        start.wait()
        while time.perf_counter() < until[0]:
            asked = time.perf_counter()
            try:
                user.ask([texts[turn % len(texts)], *form[1:]])
            except Refused as refused:
                with lock:
                    errors[str(refused)] += 1
                time.sleep(0.1)  # a server that refuses at once must not be flooded
            else:
                with lock:
                    taken.append(time.perf_counter() - asked)
            turn += users
        user.close()

    threads = [threading.Thread(target=visit, args=(number,), daemon=True) for number in range(users)]
    for thread in threads:
        thread.start()
    until[0] = time.perf_counter() + seconds
    worked, began = time.process_time(), time.perf_counter()
    start.wait()
    for thread in threads:
        thread.join()
    lasted = time.perf_counter() - began
    marks = [round(float(value) * 1000, 2) for value in np.percentile(taken, [50, 95, 99])] if taken else [None] * 3
    return ServeRow(
        users=users,
        answered=len(taken),
        errors=dict(errors),
        p50_ms=marks[0],
        p95_ms=marks[1],
        p99_ms=marks[2],
        queries_per_second=round(len(taken) / lasted, 2),
        seconds=round(lasted, 2),
        client_share=round((time.process_time() - worked) / lasted, 3),
    )
