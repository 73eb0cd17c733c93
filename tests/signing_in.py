"""Signing in and the account page, used as a browser would: with the token of the page."""

import re
from typing import Any

from flask.testing import FlaskClient
from passlib.totp import TOTP
from sqlalchemy import select
from werkzeug.test import TestResponse

from inbox.models import AuditEntry, User
from inbox.runtime import Runtime
from inbox.services import accounts

PASSWORD = "seven herons over the rice field"


def give_password(runtime: Runtime, user: User, password: str = PASSWORD) -> None:
    """Let somebody of the cast sign in."""
    with runtime.database.writing() as session:
        accounts.set_password(session, session.merge(user), password, now=runtime.clock())


def token(client: FlaskClient, page: str) -> str:
    """The CSRF token of a page's forms."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page, follow_redirects=True).text)
    assert found, f"{page} has no form"
    return found[1]


def post(client: FlaskClient, address: str, page: str | None = None, **fields: Any) -> TestResponse:
    """Send the form of a page."""
    return client.post(address, data={"csrf_token": token(client, page or address), **fields})


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, **fields: Any) -> TestResponse:
    return post(client, "/desk/sign-in", email=email, password=password, **fields)


def set_up_app(client: FlaskClient, runtime: Runtime) -> tuple[TOTP, list[str]]:
    """Set an authenticator app up on the page for it; return the app and the recovery codes."""
    key = re.search(r'<p class="nr-key"[^>]*>([A-Z2-7-]+)</p>', client.get("/desk/two-factor/set-up").text)
    assert key
    app = TOTP(key=key[1])
    page = post(client, "/desk/two-factor/set-up", code=shown(app, runtime))
    assert page.status_code == 200, page.text
    return app, re.findall(r"<li>([0-9a-f-]+)</li>", page.text)


def shown(app: TOTP, runtime: Runtime) -> str:
    """What the app shows now."""
    return str(app.generate(time=int(runtime.clock().timestamp())).token)


def is_in(client: FlaskClient) -> bool:
    """Whether the desk opens."""
    return client.get("/desk/account").status_code == 200


def verbs(runtime: Runtime) -> list[tuple[str, str]]:
    """Who did what with accounts, in order."""
    with runtime.database.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(e.actor, e.verb.removeprefix("account:")) for e in entries if e.verb.startswith("account:")]
