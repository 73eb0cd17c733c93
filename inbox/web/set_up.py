"""Where a one-time link leads: the first account is made, or an invited person chooses a password."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from inbox import edge
from inbox.errors import AccountRefused, LinkSpent
from inbox.models import User
from inbox.services import invitations
from inbox.text import N_
from inbox.web import sign_in

bp = Blueprint("set_up", __name__, url_prefix="/desk")


@bp.errorhandler(LinkSpent)
def spent(error: LinkSpent) -> ResponseReturnValue:
    """Say what to do when a link no longer works."""
    return render_template("sign_in/link_spent.html"), 410


@bp.get("/set-up/<token>")
def page(token: str) -> ResponseReturnValue:
    """Ask for a password, and for name and e-mail where there is no account yet."""
    return _page(_invited(token))


@bp.post("/set-up/<token>")
def accept(token: str) -> ResponseReturnValue:
    """Make the account or set the password, and go on as after signing in."""
    sign_in.count_attempt("set-up")
    user = _invited(token)
    try:
        _check_repetition()
        made = _accept(token)
    except AccountRefused as refused:
        return _page(user, {refused.field: str(refused)}), 422
    return sign_in.proceed(made, None)


def _accept(token: str) -> User:
    fields = {name: request.form.get(name, "") for name in ("email", "name", "password")}
    with edge.writing() as session:
        return invitations.accept(edge.current_runtime(), session, token, **fields, now=edge.now())


def _invited(token: str) -> User | None:
    session = edge.request_session()
    return invitations.open_link(edge.current_runtime(), session, token, now=edge.now()).user


def _check_repetition() -> None:
    if request.form.get("password") != request.form.get("repeated"):
        raise AccountRefused(N_("The two passwords are not the same."), "repeated")


def _page(user: User | None, errors: dict[str, str] | None = None) -> str:
    return render_template("sign_in/set_up.html", person=user, errors=errors or {}, typed=request.form)
