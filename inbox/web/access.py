"""Who is signed in, and the way to the sign-in page for those who are not."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, cast
from urllib.parse import urlencode, urlsplit

import flask_login
from flask import redirect, request
from flask.typing import ResponseReturnValue

from inbox.edge import wants_fragment
from inbox.models import User

SIGN_IN = "/desk/sign-in"

P = ParamSpec("P")


def current_user() -> User:
    """The member of staff who asks; only for views behind `staff_only`."""
    return cast(User, flask_login.current_user._get_current_object())


def is_signed_in() -> bool:
    """Whether somebody who may still work here asks."""
    return bool(flask_login.current_user.is_authenticated and flask_login.current_user.active)


def staff_only(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Send people who are not signed in to the sign-in page, which brings them back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        return view(*args, **kwargs) if is_signed_in() else _to_sign_in()

    return guarded


def local_address(address: str | None) -> str | None:
    """Return `address` if it is a path of this site, else None: a link must not lead elsewhere after sign-in."""
    if not address or not address.startswith("/") or address[1:2] in ("/", "\\"):
        return None
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not address.isprintable():
        return None
    return address


def _to_sign_in() -> ResponseReturnValue:
    address = request.script_root + SIGN_IN
    if wants := local_address(_wanted()):
        address += "?" + urlencode({"next": wants})
    if wants_fragment():  # a redirect would put the sign-in page into the middle of the old one
        return "", 401, {"HX-Redirect": address}
    return redirect(address)


def _wanted() -> str | None:
    """The page to come back to: the one asked for, or the one that a part or a form belongs to."""
    if wants_fragment():
        here = urlsplit(request.headers.get("HX-Current-URL", ""))
        return f"{here.path}?{here.query}" if here.query else here.path
    if request.method != "GET":
        return None
    return request.script_root + request.full_path.removesuffix("?")
