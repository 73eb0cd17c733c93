"""The page of the texts that are kept for replies."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from inbox.edge import now, request_session, writing
from inbox.errors import TextRefused
from inbox.services import accounts, canned
from inbox.web.access import current_user, staff_only
from inbox.web.forms import CannedReplyForm

bp = Blueprint("canned_replies", __name__, url_prefix="/desk/canned-replies")

_ONE = "/<int(max=2147483647):number>"


@bp.get("")
@staff_only
def show() -> ResponseReturnValue:
    accounts.check(current_user(), accounts.USE_CANNED)
    return _page()


@bp.post("")
@staff_only
def add() -> ResponseReturnValue:
    return _save(None)


@bp.post(_ONE)
@staff_only
def change(number: int) -> ResponseReturnValue:
    return _save(number)


@bp.post(f"{_ONE}/delete")
@staff_only
def delete(number: int) -> ResponseReturnValue:
    accounts.check(current_user(), accounts.CHANGE_CANNED)
    with writing() as session:
        canned.remove(session, canned.get(session, number), actor=current_user(), now=now())
    return redirect(url_for(".show"), 303)


def _save(number: int | None) -> ResponseReturnValue:
    accounts.check(current_user(), accounts.CHANGE_CANNED)
    form = CannedReplyForm()
    try:
        with writing() as session:
            reply = canned.get(session, number) if number else None
            canned.save(session, reply, form.name.data or "", form.text.data or "", actor=current_user(), now=now())
    except TextRefused as refusal:
        return _page(number or 0, refusal), 422
    return redirect(url_for(".show"), 303)


def _page(number: int | None = None, refusal: TextRefused | None = None) -> str:
    """The list; `refusal` belongs to the form of reply `number`, or of a new one (0)."""
    return render_template(
        "canned_replies.html",
        replies=canned.listed(request_session()),
        may_change=accounts.may(current_user(), accounts.CHANGE_CANNED),
        placeholders=canned.PLACEHOLDERS,
        number=number,
        typed=request.form if refusal else {},
        errors={refusal.field: _(refusal.message, **refusal.values)} if refusal else {},
    )
