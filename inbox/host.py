"""What a request may say about the host it was sent to."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# RFC 1035, section 2.3.4: a label has 63 characters at most, a name 253. Underscores occur in names of containers.
_LABEL = "[A-Za-z0-9_-]{1,63}"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]{{2,45}}\])(?::(?P<port>[0-9]{{1,5}}))?")
_LONGEST = 253 + len(":65535")


class KnownHost:
    """Refuse a Host header that cannot name a host, before anything that reads it can fail on it."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        if not host or is_host(host):
            return self._app(environ, start_response)
        body = b"The Host header names no host.\n"
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start_response("400 Bad Request", headers)
        return [body]


def is_host(text: str) -> bool:
    """Whether this is a name or an address, with or without a port."""
    match = _HOST.fullmatch(text) if len(text) <= _LONGEST else None
    return match is not None and 0 < int(match["port"] or 80) < 65536
