"""What kind of mail it is: whether a person wrote it, and what the receiving server found out about its sender."""

import re
from collections.abc import Mapping

from inbox.channels.email.headers import Headers

MOST_HOPS = 100
"""So many servers have passed a mail on only if it goes round in circles (RFC 5321, section 6.3)."""

_AUTOMATIC = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-mail-autoreply", "x-loop")
_LIST = ("list-id", "list-unsubscribe", "list-post", "list-help", "list-owner", "mailing-list", "x-mailing-list")
_MACHINES = re.compile(r"(?:mailer-daemon|mail-daemon|postmaster)(?:@|$)", re.I)
_RESULT = re.compile(r"\s*(spf|dkim|dmarc)\s*=\s*([a-z]{1,20})", re.I)
_COMMENT = re.compile(r"\([^()]*\)")


def is_automatic(headers: Headers, sender: str) -> bool:
    """Whether a machine wrote it by itself (RFC 3834, and what mail programs did before it)."""
    submitted = headers.first("auto-submitted").partition(";")[0].strip().lower()
    precedence = headers.first("precedence").strip().lower()
    return (
        submitted not in ("", "no")
        or precedence in ("auto_reply", "auto-reply")
        or headers.first("x-auto-response-suppress").strip().lower() not in ("", "none")
        or any(headers.raw(name) for name in _AUTOMATIC)
        or any("".join(path.split()) == "<>" for path in headers.raw("return-path")[:1])
        or headers.parameters("content-type")[0] == "multipart/report"
        or _MACHINES.match(sender) is not None
        or len(headers.raw("received")) > MOST_HOPS
    )


def is_bulk(headers: Headers) -> bool:
    """Whether it went to many: by a list (RFC 2919, RFC 2369) or as a mass mailing."""
    precedence = headers.first("precedence").strip().lower()
    return precedence in ("bulk", "list", "junk") or any(headers.raw(name) for name in _LIST)


def verdicts(headers: Headers) -> Mapping[str, str]:
    """What the receiving server says of SPF, DKIM and DMARC (RFC 8601), and "by", which server that is.

    Servers put their field on top, and anybody can write one further down: only the first is looked at, and even that
    one proves nothing where the server writes none.
    """
    for name in ("authentication-results", "arc-authentication-results"):
        if value := headers.first(name):
            return _results(re.sub(r"^\s*i=\d+\s*;", "", value))
    spf = headers.first("received-spf").strip().split(" ")[0].lower()
    return {"spf": spf} if spf.isalpha() else {}


def _results(value: str) -> Mapping[str, str]:
    server, *results = _COMMENT.sub(" ", value).split(";")
    found: dict[str, str] = {}
    for result in results:
        if match := _RESULT.match(result):
            method, verdict = match[1].lower(), match[2].lower()
            if verdict == "pass" or method not in found:  # one good signature among several is enough
                found[method] = verdict
    by = (server.split() or [""])[0][:255]
    return {**found, "by": by} if found and by else found
