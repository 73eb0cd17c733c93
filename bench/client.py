"""A load client: threads with one keep-alive connection each, and the figures of one pass."""

import http.client
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

Request = Callable[["Connection", int], None]
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Pass:
    """What one pass took: acts a second, and milliseconds at the median and the 99th percentile."""

    rate: float
    p50: float
    p99: float


class Connection:
    """One client's keep-alive connection with its cookies."""

    def __init__(self, port: int) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, fields: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
        """Return (status, body) of one request; cookies are kept, redirects not followed."""
        if fields is not None:
            headers["Content-Type"] = FORM
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self._http.request(method, path, urlencode(fields).encode() if fields is not None else None, headers)
        answer = self._http.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.read().decode()

    def expect(self, status: int, method: str, path: str, fields: dict[str, str] | None = None, **headers: str) -> str:
        """Send and return the body; anything but `status` ends the benchmark."""
        got, body = self.send(method, path, fields, **headers)
        if got != status:
            raise SystemExit(f"{method} {path}: {got} instead of {status}\n{body[:500]}")
        return body


def run(port: int, act: Request, count: int, clients: int) -> Pass:
    """Do `act` `count` times, spread over `clients` threads."""
    times: list[float] = []
    faults: list[BaseException] = []

    def work(first: int) -> None:
        connection = Connection(port)
        try:
            for number in range(first, count, clients):
                began = time.perf_counter()
                act(connection, number)
                times.append(time.perf_counter() - began)
        except BaseException as fault:  # the main thread reports it
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    took = time.perf_counter() - began
    ordered = sorted(times)
    return Pass(count / took, statistics.median(ordered) * 1000, ordered[int(len(ordered) * 0.99)] * 1000)
