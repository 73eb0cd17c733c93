"""Needs attention: what went wrong, in words, and trying it again."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from inbox.edge import current_runtime, now, request_session, writing
from inbox.errors import NotAllowed, NotFound
from inbox.models import JobKind, User
from inbox.services import accounts, attention, failures, refusals, unreadable
from inbox.services.attention import Standing
from inbox.web import errors
from inbox.web.access import current_user, is_signed_in, staff_only
from inbox.web.forms import whole_number

bp = Blueprint("attention", __name__, url_prefix="/desk/attention")

MOST_ROUNDS = 10
"""So many times a hundred are tried again by one press; whoever waits for the page has other things to do."""


@bp.errorhandler(NotFound)
def missing(error: NotFound) -> ResponseReturnValue:
    """The same answer for what is gone, was never here, or is not for this person."""
    return errors.page(404, words=errors.MISSING)


@bp.get("")
@staff_only
def show() -> ResponseReturnValue:
    session, user = request_session(), current_user()
    older, before = request.args.get("older"), whole_number(request.args.get("before"))
    has_mails = standing().unreadable and not older
    return render_template(
        "attention/list.html",
        page=attention.find_page(session, user, now=now(), older_than=older) if not before else attention.NOTHING,
        mails=unreadable.find_page(session, user, before=before or None) if has_mails else unreadable.NOTHING,
        counts=attention.counts(session, user, now=now()),
        sort_of=failures.sort_of,
        acts=accounts.may(user, accounts.RETRY),
        sees_webhooks=accounts.may(user, accounts.WEBHOOKS),
        most=attention.MOST_COUNTED,
        user=user,
    )


@bp.post("/<int(max=2147483647):number>/again")
@staff_only
def again(number: int) -> ResponseReturnValue:
    return _act(number, attention.again)


@bp.post("/<int(max=2147483647):number>/done")
@staff_only
def dismiss(number: int) -> ResponseReturnValue:
    return _act(number, attention.dismiss)


def _act(number: int, act: Callable[..., None]) -> ResponseReturnValue:
    with writing() as session:
        act(session, current_user(), number, now=now())
    return _back()


@bp.post("/again")
@staff_only
def again_all() -> ResponseReturnValue:
    """Everything of one kind, a hundred in a transaction, so that nobody waits long for the database."""
    given = request.form.get("kind", "")
    kind = JobKind(given) if given in list(JobKind) else abort(400)
    before: int | None = None
    for _ in range(MOST_ROUNDS):
        with writing() as session:
            before = attention.again_all(session, current_user(), kind, now=now(), before=before)
        if before is None:
            break
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(url_for("attention.show"), 303)


@bp.get("/webhooks")
@staff_only
def webhooks() -> ResponseReturnValue:
    session, user = request_session(), current_user()
    _for_webhooks(user)
    runtime = current_runtime()
    return render_template(
        "attention/webhooks.html",
        runs=refusals.runs(refusals.newest(session)),
        meaning=refusals.meaning,
        carried=refusals.carried,
        address=f"{runtime.settings.public_url}/hooks/twilio/messages",
        recovers=bool(runtime.settings.twilio_account_sid and runtime.settings.reconcile_minutes),
        user=user,
    )


@bp.post("/webhooks/fetch")
@staff_only
def fetch() -> ResponseReturnValue:
    """Look for lost messages at once."""
    _for_webhooks(current_user())
    with writing() as session:
        attention.look_for_lost(session, current_user(), now=now())
    return redirect(url_for("attention.webhooks"), 303)


def _for_webhooks(user: User) -> None:
    if not accounts.may(user, accounts.WEBHOOKS):
        raise NotAllowed(accounts.WEBHOOKS)


def standing() -> Standing:
    """How things are, asked for once in a request; nothing for anybody who is not signed in."""
    if not is_signed_in():
        return Standing(0, None, 0, 0)
    if "standing" not in g:
        g.standing = attention.standing(request_session(), current_user(), now=now())
    found: Standing = g.standing
    return found


@bp.app_context_processor
def for_templates() -> dict[str, Any]:
    """What the frame of every desk page needs."""
    return {"standing": standing}
