"""What people change about their own account. Whatever would help a thief asks for the password once more."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from inbox import edge
from inbox.errors import AccountRefused
from inbox.services import accounts, audit, passwords
from inbox.text import N_
from inbox.web import security, sign_in
from inbox.web.access import current_user, staff_only

DONE = {"password": N_("Your password is changed, and you are signed out everywhere else.")}

bp = Blueprint("account", __name__, url_prefix="/desk/account")


@bp.get("")
@staff_only
def page() -> ResponseReturnValue:
    """Show the account and what can be changed."""
    return _page(done=DONE.get(request.args.get("done", "")))


@bp.post("/password")
@staff_only
def change_password() -> ResponseReturnValue:
    """Set a new password; all other sessions end."""
    user = current_user()
    new = request.form.get("password", "")
    try:
        _ask_password()
        if new != request.form.get("repeated"):
            raise AccountRefused(N_("The two passwords are not the same."), "repeated")
        with edge.writing() as session:
            accounts.set_password(session, user, new, now=edge.now())
    except AccountRefused as refused:
        return _page("password", refused), 422
    security.admit(user)
    return redirect(url_for(".page", done="password"))


@bp.post("/second-factor")
@staff_only
def begin_second_factor() -> ResponseReturnValue:
    """Go to the set-up of an authenticator app; the present one works until the new one has shown a code."""
    try:
        _ask_password()
    except AccountRefused as refused:
        return _page("second_factor", refused), 422
    cookie["secret"] = security.new_secret()
    return redirect(url_for("sign_in.second_factor"))


@bp.post("/recovery-codes")
@staff_only
def new_recovery_codes() -> ResponseReturnValue:
    """Replace the recovery codes and show them this once."""
    user = current_user()
    if not security.has_second_factor(user):
        return redirect(url_for(".page"))
    try:
        _ask_password()
    except AccountRefused as refused:
        return _page("recovery_codes", refused), 422
    with edge.writing() as session:
        codes = security.new_recovery_codes(user)
        audit.record(session, user, "account:recovery_codes", None, now=edge.now())
    return render_template("sign_in/recovery_codes.html", codes=codes, next=url_for(".page"))


@bp.post("/sign-out-everywhere")
@staff_only
def sign_out_everywhere() -> ResponseReturnValue:
    """End all sessions of this person, this one too."""
    user = current_user()
    with edge.writing() as session:
        accounts.end_sessions(user)
        audit.record(session, user, "account:sign_out_everywhere", None, now=edge.now())
    security.dismiss()
    return redirect(url_for("sign_in.form"))


def _ask_password() -> None:
    """Raise AccountRefused unless the present password was given; counted like signing in."""
    sign_in.count_attempt("sign-in")
    if not passwords.verify(current_user().password, request.form.get("present", "")):
        raise AccountRefused(N_("This is not your present password."), "present")


def _page(form: str = "", refused: AccountRefused | None = None, done: str | None = None) -> str:
    """The page; `refused` belongs to the form of that name."""
    return render_template(
        "sign_in/account.html",
        person=current_user(),
        secured=security.has_second_factor(current_user()),
        codes_left=len(current_user().mf_recovery_codes or []),
        errors={form: {refused.field: str(refused)}} if refused else {},
        done=done,
    )
