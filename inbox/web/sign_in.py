"""The door of the desk: the password, then the second factor; and the way out.

Every attempt is counted before anything dear is computed, and leaves an audit entry. Between password and
second factor the session holds only who is at the door (`Door`), for a quarter of an hour.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import segno
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from inbox import edge
from inbox.errors import AccountRefused
from inbox.models import User
from inbox.services import accounts, audit, passwords
from inbox.text import N_
from inbox.web import access, security

PATIENCE = timedelta(minutes=15)
WRONG_PASSWORD = N_("E-mail and password do not belong together. Nothing is locked.")
WRONG_CODE = N_("This code is not right, or it was used already. Wait for the next one.")
WRONG_RECOVERY_CODE = N_("This is not one of your recovery codes, or it was used already.")

bp = Blueprint("sign_in", __name__, url_prefix="/desk")


@dataclass(frozen=True)
class Door:
    """Somebody whose password was right and who is not in yet; `next` is where they want to go."""

    user: str
    next: str | None


def proceed(user: User, wants: str | None) -> ResponseReturnValue:
    """After the password: to the second factor, to setting one up if this newsroom asks for it, or in."""
    if not security.has_second_factor(user) and not edge.current_runtime().settings.mfa_required:
        return enter(user.fs_uniquifier, wants)
    cookie.clear()
    until = (edge.now() + PATIENCE).timestamp()
    cookie["door"] = {"user": user.fs_uniquifier, "next": wants, "until": until}
    return redirect(url_for("sign_in.code" if security.has_second_factor(user) else "sign_in.second_factor"))


def enter(fs_uniquifier: str, wants: str | None) -> ResponseReturnValue:
    """Sign somebody in and send them where they wanted to go."""
    return redirect(_after(wants) if _let_in(fs_uniquifier) else url_for("sign_in.form"))


def count_attempt(purpose: str, who: str | None = None) -> None:
    """Count one attempt of this address, or at this account. Raises TooManyRequests."""
    edge.spend(edge.sign_in_limit(), purpose, who)


@bp.get("/sign-in")
def form() -> ResponseReturnValue:
    """Ask for e-mail and password."""
    if access.is_signed_in():
        return redirect(_after(request.args.get("next")))
    return render_template("sign_in/password.html", next=access.local_address(request.args.get("next")))


@bp.post("/sign-in")
def check_password() -> ResponseReturnValue:
    """Check e-mail and password; the answer to an unknown address is that to a wrong password."""
    count_attempt("sign-in")
    email, wants = request.form.get("email", ""), access.local_address(request.form.get("next"))
    user = accounts.find(edge.request_session(), email)
    right = passwords.verify(user.password if user else None, request.form.get("password", ""))
    if user and right and user.active:
        return proceed(user, wants)
    _note_failure(user, "password")
    return render_template("sign_in/password.html", email=email, next=wants, error=WRONG_PASSWORD), 422


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this session; not being signed in is no error."""
    if access.is_signed_in():
        _end_session(access.current_user().fs_uniquifier)
    security.dismiss()
    return redirect(url_for("sign_in.form"))


def _end_session(fs_uniquifier: str) -> None:
    now = edge.now()
    with edge.writing() as session:
        if user := accounts.lock(session, fs_uniquifier):
            accounts.end_session(user, security.session_id(), until=now + security.SESSION_LENGTH, now=now)
            audit.record(session, user, "account:sign_out", None, now=now)


@bp.get("/two-factor")
def code() -> ResponseReturnValue:
    """Ask for the code of the authenticator app."""
    return render_template("sign_in/code.html") if _door() else redirect(url_for("sign_in.form"))


@bp.post("/two-factor")
def check_code() -> ResponseReturnValue:
    """Check a code of the app."""
    return _check_second_factor(security.accepts_code, "code", WRONG_CODE)


@bp.get("/two-factor/recovery")
def recovery_code() -> ResponseReturnValue:
    """Ask for a recovery code."""
    return render_template("sign_in/recovery_code.html") if _door() else redirect(url_for("sign_in.form"))


@bp.post("/two-factor/recovery")
def check_recovery_code() -> ResponseReturnValue:
    """Check a recovery code; it is used up."""
    return _check_second_factor(security.uses_recovery_code, "recovery_code", WRONG_RECOVERY_CODE)


def _check_second_factor(accepts: Callable[[User, str], bool], step: str, wrong: str) -> ResponseReturnValue:
    door = _door()
    if door is None:
        return redirect(url_for("sign_in.form"))
    count_attempt("second factor")
    count_attempt("second factor", door.user)  # guesses for one account from many addresses
    with edge.writing() as session:
        user = accounts.lock(session, door.user)
        right = user is not None and accepts(user, request.form.get("code", ""))
    if right:
        return enter(door.user, door.next)
    _note_failure(user, step)
    return render_template(f"sign_in/{step}.html", error=wrong), 422


@bp.get("/two-factor/set-up")
def second_factor() -> ResponseReturnValue:
    """Show a new secret as a picture and as text, and ask for the first code made from it."""
    user, door = _person(), _door()
    if user is None:
        return redirect(url_for("sign_in.form"))
    if door and "secret" not in cookie:
        cookie["secret"] = security.new_secret()
    if "secret" not in cookie:
        return redirect(url_for("account.page"))
    return _set_up_page(user)


@bp.get("/two-factor/qr.svg")
def qr() -> ResponseReturnValue:
    """The new secret as a QR code; our pages may show no picture that is inside their own text."""
    user = _person()
    if user is None or "secret" not in cookie:
        abort(404)
    picture = io.BytesIO()
    segno.make(security.address_of(cookie["secret"], user)).save(picture, kind="svg", light="white", scale=4)
    return Response(picture.getvalue(), mimetype="image/svg+xml")


@bp.post("/two-factor/set-up")
def set_up_second_factor() -> ResponseReturnValue:
    """Keep the secret if the code shows that the app has it; then show the recovery codes, this once."""
    user, door, secret = _person(), _door(), cookie.get("secret")
    if user is None or secret is None:
        return redirect(url_for("sign_in.second_factor"))
    who = user.fs_uniquifier
    count_attempt("second factor")
    count_attempt("second factor", who)
    try:
        codes = _keep_second_factor(who, secret, request.form.get("code", ""), at_the_door=door is not None)
    except AccountRefused as refused:
        return _set_up_page(user, str(refused)), 422
    cookie.pop("secret")
    if door and not _let_in(who):
        return redirect(url_for("sign_in.form"))
    return render_template("sign_in/recovery_codes.html", codes=codes, next=_after(door.next if door else None))


def _keep_second_factor(who: str, secret: str, code: str, *, at_the_door: bool) -> list[str]:
    with edge.writing() as session:
        user = accounts.lock(session, who)
        if user is None or (at_the_door and security.has_second_factor(user)):
            raise AccountRefused(N_("This account has changed meanwhile. Sign in once more."))
        codes = security.set_second_factor(user, secret, code)
        if codes is None:
            raise AccountRefused(WRONG_CODE)
        audit.record(session, user, "account:second_factor", None, now=edge.now())
    return codes


def _set_up_page(user: User, error: str | None = None) -> str:
    key = security.key_of(cookie["secret"])
    return render_template("sign_in/second_factor.html", key=key, person=user, error=error)


def _door() -> Door | None:
    """Who is at the door, if the password was not entered too long ago."""
    door = cookie.get("door")
    if door is None or door["until"] < edge.now().timestamp():
        return None
    return Door(door["user"], door["next"])


def _person() -> User | None:
    """Who may set up a second factor: a signed-in person, or one at the door who has none yet."""
    if access.is_signed_in():
        return access.current_user()
    door = _door()
    user = security.active_user(door.user) if door else None
    return user if user and not security.has_second_factor(user) else None


def _let_in(fs_uniquifier: str) -> bool:
    """Begin the session, unless the account was disabled or reset meanwhile."""
    with edge.writing() as session:
        user = accounts.lock(session, fs_uniquifier)
        if user is None:
            return False
        audit.record(session, user, "account:sign_in", None, now=edge.now())
    security.admit(user)
    return True


def _after(wants: str | None) -> str:
    return access.local_address(wants) or f"{request.script_root}/desk/"


def _note_failure(user: User | None, step: str) -> None:
    """Remember a failed attempt; for an unknown address too, or the time it takes would tell who works here."""
    with edge.writing() as session:
        audit.record(session, user or audit.SYSTEM, "account:sign_in_failed", None, now=edge.now(), step=step)
