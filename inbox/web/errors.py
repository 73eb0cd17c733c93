"""Errors become pages here, and nowhere else."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, TooManyRequests
from werkzeug.routing import RequestRedirect

from inbox.edge import now, this_request
from inbox.errors import MoveNotAllowed, NotAllowed, NotFound, StorageError
from inbox.logs import log, place_of
from inbox.multipart import TooManyParts, TooMuchText
from inbox.text import N_


@dataclass(frozen=True)
class Words:
    """What an error page says: what happened, whether anything was kept, and what to do."""

    title: str
    text: str


WORDS = {
    400: Words(
        N_("This page was open too long"), N_("Nothing was sent. Go back, load the page again and send it once more.")
    ),
    401: Words(
        N_("You are signed out"),
        N_("Nothing was saved. Sign in in another tab or window, then press the button here again."),
    ),
    403: Words(N_("This is not for your account"), N_("Nothing was changed. Somebody with another role can do it.")),
    404: Words(N_("This page is not here"), N_("The address may be cut short, or what it showed is gone.")),
    405: Words(N_("This page cannot be used that way"), N_("Nothing was sent. Begin again from the first page.")),
    409: Words(
        N_("This cannot be done now"), N_("Nothing was changed. Go back and look at where the submission stands.")
    ),
    413: Words(N_("The files are too large"), N_("Nothing was sent, and nothing was kept.")),
    429: Words(
        N_("Please wait a few minutes"),
        N_("Nothing was sent. It need not have been you: people on mobile lines and in offices share one address."),
    ),
    500: Words(
        N_("Something went wrong on our side"), N_("Nothing was kept. Go back and try once more in a few minutes.")
    ),
    503: Words(N_("We cannot take this just now"), N_("Nothing was kept. Go back and try once more in a few minutes.")),
}
FOR_PROVIDERS = {
    400: "The request cannot be read.",
    403: "The signature does not fit the configured address, token and account.",
    404: "There is no webhook at this address.",
    405: "This webhook takes POST.",
    413: "The request is too large.",
    429: "Too many refused requests from this address. Wait, then try again.",
    503: "Not stored. Try again.",
}
"""What webhooks answer: read by whoever looks into a provider's debugger, and in no language of the newsroom."""
TOO_MUCH_TEXT = Words(N_("This is too much text at once"), N_("Nothing was sent, and nothing was kept."))
TOO_MANY_FILES = Words(N_("These are too many files at once"), N_("Nothing was sent, and nothing was kept."))
NOT_WHOLE = Words(
    N_("This did not arrive whole"),
    N_("Nothing was saved. Go back, where your words should still be, and send it again."),
)
MISSING = Words(
    N_("This item is not here"),
    N_(
        "It may have been deleted, or only some of you may see it. "
        "If someone sent you the link, ask them to have a look."
    ),
)

STATUS_OF = {
    NotFound: 404,
    NotAllowed: 403,
    MoveNotAllowed: 409,
    StorageError: 503,
    OperationalError: 503,
    TimeoutError: 503,
}


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(CSRFError, lambda error: page(400, words=NOT_WHOLE if this_request().damage else None))
    app.register_error_handler(HTTPException, _http_error)
    for kind, status in STATUS_OF.items():
        app.register_error_handler(kind, _handler(status))
    app.register_error_handler(Exception, _unexpected)
    app.after_request(_stay_here)


def _handler(status: int):  # type: ignore[no-untyped-def]
    def handle(error: Exception) -> Response:
        if status >= 500:
            log.error("failed", error=type(error).__name__)
        return page(status)

    return handle


def _http_error(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    words = _why_too_large(error) if isinstance(error, RequestEntityTooLarge) else None
    response = page(error.code, _retry_after(error), words)
    if isinstance(error, TooManyRequests) and error.retry_after:
        response.headers["Retry-After"] = str(_retry_after(error))
    return response


def _why_too_large(error: RequestEntityTooLarge) -> Words:
    if isinstance(error, TooManyParts):
        return TOO_MANY_FILES
    return WORDS[413] if this_request().takes_files and not isinstance(error, TooMuchText) else TOO_MUCH_TEXT


def _stay_here(response: Response) -> Response:
    """Take the host out of the router's redirects: it comes from the request, where anybody can write one."""
    if isinstance(request.routing_exception, RequestRedirect):
        parts = urlsplit(request.routing_exception.new_url)
        path = f"/{parts.path.lstrip('/')}"  # two slashes would begin with a host again
        response.location = f"{path}?{parts.query}" if parts.query else path
    return response


def _retry_after(error: HTTPException) -> int | None:
    after = getattr(error, "retry_after", None)
    return int(after) if isinstance(after, int | float) else (60 if error.code == 429 else None)


def _unexpected(error: Exception) -> Response:
    # The exception's text may quote what a person wrote, so only its kind and place are logged.
    log.error("unexpected", error=type(error).__name__, place=place_of(error))
    return page(503 if request.path.startswith("/hooks/") else 500)


def page(status: int, retry_after: int | None = None, words: Words | None = None) -> Response:
    """Return the error page in the look of the side that was asked for, in its own words or the usual ones."""
    words = words or WORDS.get(status, WORDS[500] if status >= 500 else WORDS[404])
    again_at = now() + timedelta(seconds=retry_after) if retry_after else None
    if request.path.startswith("/hooks/"):
        told = FOR_PROVIDERS.get(status, FOR_PROVIDERS[503] if status >= 500 else FOR_PROVIDERS[400])
        return make_response(f"{told}\n", status, {"Content-Type": "text/plain; charset=utf-8"})
    template = "errors/desk.html" if request.path.startswith("/desk") else "errors/public.html"
    shown = {"words": words, "status": status, "again_at": again_at, "too_much_text": words is TOO_MUCH_TEXT}
    return make_response(render_template(template, **shown), status)
