"""Requests to addresses that somebody else wrote: to allowed hosts alone, and never into a private network.

A name is resolved once; the connection goes to the very address that was looked at, so that a name which
answers differently the next time leads nowhere else (DNS rebinding).
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from inbox.errors import InboxError

CONNECT_SECONDS, SILENCE_SECONDS = 5.0, 30.0
_PORTS = {"https": 443, "http": 80}
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(InboxError):
    """This address is not asked; `code` is one of `services.problems`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Place:
    """Where a request goes."""

    scheme: str
    host: str
    port: int
    target: str


class Hosts:
    """The hosts that may be asked.

    Those in `patterns` (`name`, `*.name`) by https on its usual port and on the internet only; those in
    `named` (`host[:port]`), which the operator vouches for, also by http and in a private network.
    """

    def __init__(self, patterns: Iterable[str], named: Iterable[str] = ()) -> None:
        self._patterns = tuple(patterns)
        self._named = frozenset(named)

    @classmethod
    def of(cls, setting: str, default: Iterable[str], rehearses: bool) -> "Hosts":
        """Those of a comma-separated setting, else `default`; a rehearsal may also ask this machine itself."""
        entries = [entry.strip().lower() for entry in setting.split(",") if entry.strip()]
        patterns = [entry for entry in entries if entry.startswith("*.")] if entries else default
        named = [entry for entry in entries if not entry.startswith("*.")]
        return cls(patterns, [*named, *(_LOOPBACK if rehearses else ())])

    def place(self, url: str) -> Place:
        """Return where an address leads. Raises Forbidden if it is not allowed, or no address at all."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            raise Forbidden("host") from None
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        place = Place(parts.scheme, host, port, target)
        strange = parts.username is not None or not target.isascii() or any(c <= " " for c in target)
        if strange or not port or not (self.are_vouched_for(place) or self.fits(place)):
            raise Forbidden("host")
        return place

    def are_vouched_for(self, place: Place) -> bool:
        """Whether the operator has named this very host."""
        host = f"[{place.host}]" if ":" in place.host else place.host
        return bool({host, f"{host}:{place.port}"} & self._named)

    def fits(self, place: Place) -> bool:
        if (place.scheme, place.port) != ("https", 443):
            return False
        return any(
            place.host.endswith(pattern[1:]) if pattern.startswith("*.") else place.host == pattern
            for pattern in self._patterns
        )

    def resolve(self, place: Place) -> list[str]:
        """Return the addresses of a place. Raises Forbidden if one may not be asked, OSError if there are none."""
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not self.are_vouched_for(place) and not all(map(is_public, addresses)):
            raise Forbidden("address")
        return addresses


def is_public(address: str) -> bool:
    """Whether an IP address lies on the internet: not private, loopback, link-local, multicast or reserved.

    An IPv6 address that stands for an IPv4 one (mapped, 6to4, Teredo, NAT64) is judged by that.
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:  # such as one with a zone, which is link-local
        return False
    return all(each.is_global and not each.is_multicast and not each.is_reserved for each in _meant(known))


def _meant(address: Address) -> list[Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    if address.sixtofour:
        return [address.sixtofour]
    return [*(address.teredo or ()), address] if address.teredo else [address]


@contextmanager
def answer(hosts: Hosts, method: str, url: str, headers: Mapping[str, str], deadline: float) -> Iterator[HTTPResponse]:
    """Ask, and hand out the answer while the connection stands; at `deadline` (monotonic) it is cut.

    Raises Forbidden, TimeoutError after the deadline, or OSError or HTTPException when it fails otherwise.
    """
    place = hosts.place(url)
    line = _connect(hosts.resolve(place), place.port, deadline)
    connection = _connection(place)
    with _cut_at(line, deadline) as cut:
        try:
            connection.sock = _encrypted(line, place) if place.scheme == "https" else line
            connection.request(method, place.target, headers={"Accept-Encoding": "identity", **headers})
            yield connection.getresponse()
        except Exception:  # whatever the readers made of a line that was cut
            if cut.is_set():
                raise TimeoutError from None
            raise
        finally:
            connection.close()
            line.close()
    if cut.is_set():
        raise TimeoutError


def _connect(addresses: list[str], port: int, deadline: float) -> socket.socket:
    """The first of the addresses that answers."""
    trouble = OSError("no address")
    for address in addresses:
        patience = min(CONNECT_SECONDS, deadline - time.monotonic())
        if patience <= 0:
            raise TimeoutError
        try:
            line = socket.create_connection((address, port), patience)
        except OSError as error:
            trouble = error
            continue
        line.settimeout(SILENCE_SECONDS)
        return line
    raise trouble


def _connection(place: Place) -> HTTPConnection:
    """Says the right Host; its socket is ours."""
    if place.scheme == "https":
        connection: HTTPConnection = HTTPSConnection(place.host, place.port, context=_trust())
    else:
        connection = HTTPConnection(place.host, place.port)
    connection.auto_open = 0
    return connection


def _encrypted(line: socket.socket, place: Place) -> socket.socket:
    return _trust().wrap_socket(line, server_hostname=place.host)


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@contextmanager
def _cut_at(line: socket.socket, deadline: float) -> Iterator[threading.Event]:
    """Shut the line at the deadline, however it is being read then."""
    cut, handle = threading.Event(), line.dup()

    def shut() -> None:
        cut.set()
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(deadline - time.monotonic(), 0), shut)
    timer.daemon = True
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()
        timer.join()
        handle.close()
