"""What pages and webhooks share: the runtime, the request's session, its write transaction, budgets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar, cast

import flask
from flask import Flask, current_app, request
from flask.globals import app_ctx
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from limits import parse_many
from sqlalchemy.orm import Session, scoped_session
from werkzeug.exceptions import TooManyRequests

from inbox import db
from inbox.budgets import Budgets
from inbox.multipart import Request
from inbox.runtime import Runtime

Result = TypeVar("Result")

csrf = CSRFProtect()


class Sessions(SecureCookieSessionInterface):
    """Flask's cookie sessions, which begin empty without making a key ready when there is no cookie to read."""

    def open_session(self, app: Flask, request: flask.Request) -> SecureCookieSession | None:
        if "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)


def init_app(app: Flask, runtime: Runtime) -> None:
    """Give the app its runtime, its sessions (one for each request), CSRF protection and budgets."""
    sessions = scoped_session(runtime.database.sessions, scopefunc=lambda: id(app_ctx._get_current_object()))  # type: ignore[attr-defined]
    app.session_interface = Sessions()
    app.extensions["inbox"] = runtime
    app.extensions["inbox_sessions"] = sessions
    csrf.init_app(app)
    app.extensions["inbox_budgets"] = Budgets(runtime.settings.redis_url)

    @app.teardown_appcontext
    def close_session(error: BaseException | None) -> None:
        sessions.remove()


def current_runtime() -> Runtime:
    return cast(Runtime, current_app.extensions["inbox"])


def this_request() -> Request:
    """The request, with what our reading of forms says about it."""
    return cast(Request, request)


def request_session() -> Session:
    """The session of this request, for reading."""
    return cast(Session, current_app.extensions["inbox_sessions"]())


def now() -> datetime:
    return current_runtime().clock()


@contextmanager
def writing() -> Iterator[Session]:
    """The request's session as one write transaction; see `inbox.db.writing`."""
    with db.writing(request_session()) as session:
        yield session
    current_runtime().bell.set()


def exactly_once(store: Callable[[Session], Result]) -> Result:
    """Run `store` in a write transaction of this request, again if need be; see `inbox.db.exactly_once`."""
    return db.exactly_once(writing, store)


def public_post_limit() -> str:
    return current_runtime().settings.public_post_limit


def sign_in_limit() -> str:
    return current_runtime().settings.sign_in_limit


def spend(limits: str, purpose: str, who: str | None = None) -> None:
    """Count one act of `who`, by default of this address, against a budget.

    Raises TooManyRequests when it is used up.
    """
    budgets = cast(Budgets, current_app.extensions["inbox_budgets"])
    for limit in parse_many(limits):
        if wait := budgets.hit(limit, purpose, who or request.remote_addr or ""):
            raise TooManyRequests(retry_after=wait)


def wants_fragment() -> bool:
    """Whether htmx asks, which swaps a part of the page."""
    return request.headers.get("HX-Request") == "true"
