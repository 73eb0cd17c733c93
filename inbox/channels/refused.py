"""Remembering refused webhooks, without a database in their way.

Whoever cannot sign must not be able to make us write: a refusal only goes onto a short list in memory. The first one
on an empty list starts a thread that waits a few seconds and writes what has gathered, in one transaction; so it
works alike under `inbox serve` and under any WSGI server, forked or not, needs no worker, and costs nothing while
nobody is refused. The list holds what the table keeps, and requests beyond an address's budget are not on it. What
was refused in the last seconds of a process is in its log alone.
"""

import threading
from collections import deque
from typing import NoReturn

from flask import Flask, abort, current_app, request

from inbox import edge
from inbox.logs import log
from inbox.runtime import Runtime
from inbox.services import refusals
from inbox.services.refusals import Refusal

WAIT_SECONDS = 5.0


class Memory:
    """The refusals of one process that are not written yet."""

    def __init__(self, runtime: Runtime, wait_seconds: float = WAIT_SECONDS) -> None:
        self._runtime, self._wait_seconds = runtime, wait_seconds
        self._lock = threading.Lock()
        self._list: deque[Refusal] = deque(maxlen=refusals.KEPT)
        self._writer: threading.Thread | None = None

    def add(self, refusal: Refusal) -> None:
        """Remember it; it is written a few seconds later."""
        with self._lock:
            self._list.append(refusal)
            if self._writer is None:
                self._writer = self._write_soon()

    def _write_soon(self) -> threading.Thread:
        writer = threading.Timer(self._wait_seconds, self.write)
        writer.daemon = True
        writer.start()
        return writer

    def write(self) -> None:
        """Write what has gathered. Where the database is away it stays, and is written after the next refusal."""
        with self._lock:
            waiting, self._writer = list(self._list), None
            self._list.clear()
        if not waiting:
            return
        try:
            with self._runtime.database.writing() as session:
                refusals.keep(session, waiting)
        except Exception as error:
            log.error("refused webhooks not written", error=type(error).__name__)
            with self._lock:
                self._list.extendleft(reversed(waiting[: refusals.KEPT - len(self._list)]))


def init_app(app: Flask) -> None:
    app.extensions["inbox_refused"] = Memory(app.extensions["inbox"])


def memory() -> Memory:
    """The list of this process."""
    found: Memory = current_app.extensions["inbox_refused"]
    return found


def turn_away(reason: str, *, signed: bool) -> NoReturn:
    """Refuse this request with 403, or with 429 once its address has spent its budget, and remember it.

    `signed`: whether it carried what would prove who sent it, though it proved nothing. The query of its address is
    told nowhere: there may be a secret in it.
    """
    url = edge.current_runtime().settings.public_url + request.path
    log.warning("webhook refused", route=str(request.url_rule), reason=reason, expected_url=url)
    edge.spend(edge.public_post_limit(), "bad-signature")
    memory().add(Refusal(edge.now(), str(request.url_rule)[:255], reason, url[:500], signed))
    abort(403)
