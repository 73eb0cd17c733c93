"""Waitress, stopping politely: nobody new comes in, and what is under way is finished."""

import signal
import socket
import time
from typing import Any

from flask import Flask
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import create_server
from waitress.task import ErrorTask, Task, WSGITask
from waitress.utilities import RequestEntityTooLarge

# Measured with 16 clients on two cores: 4, 8 and 16 threads serve as many pages a second, and the slowest
# one in a hundred waits a third less with 8 than with 16. Fewer than 8, and a few slow downloads hold everybody up.
THREADS = 8
BACKLOG = 1024
FORM_BYTES = 16 * 1024 * 1024
"""More than any form weighs besides its files."""
STOP_SECONDS = 30
TICK_SECONDS = 1


def _answer_refused(channel: HTTPChannel, request: HTTPRequestParser) -> Task:
    """What answers a request that waitress does not read to its end.

    A body too large is for the app to refuse, in words and by its length alone; then the connection closes.
    """
    if not isinstance(request.error, RequestEntityTooLarge):
        return ErrorTask(channel, request)
    request.headers["CONTENT_LENGTH"] = str(max(request.content_length, request.body_bytes_received))
    task = WSGITask(channel, request)
    task.set_close_on_finish()
    return task


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = staticmethod(_answer_refused)


class Server:
    """A web server on a bound socket."""

    def __init__(self, app: Flask, listener: socket.socket, max_upload_bytes: int) -> None:
        self._stopping = False
        self._waitress: Any = create_server(
            app,
            sockets=[listener],
            threads=THREADS,
            backlog=BACKLOG,
            connection_limit=1000,
            ident="",
            # Above what the app takes: of an upload that is a little too large most browsers show the answer
            # only once it was read to its end.
            max_request_body_size=2 * max_upload_bytes + FORM_BYTES,
            channel_timeout=120,
            clear_untrusted_proxy_headers=False,  # the app reads them, as INBOX_TRUSTED_PROXIES says
        )
        self._waitress.channel_class = _Channel

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then finish the requests under way, for half a minute at most."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self._stopping:
            self._tick()
        self._waitress.del_channel()
        self._waitress.socket.close()
        deadline = time.monotonic() + STOP_SECONDS
        while self._is_busy() and time.monotonic() < deadline:
            self._tick()
        self._waitress.task_dispatcher.shutdown()

    def _stop(self, number: int, frame: object) -> None:
        self._stopping = True
        self._waitress.pull_trigger()

    def _tick(self) -> None:
        self._waitress.asyncore.loop(timeout=TICK_SECONDS, use_poll=True, map=self._waitress._map, count=1)

    def _is_busy(self) -> bool:
        """Whether a request is being received, worked on or answered."""
        channels = list(self._waitress.active_channels.values())
        return any(channel.request or channel.requests or channel.total_outbufs_len for channel in channels)
