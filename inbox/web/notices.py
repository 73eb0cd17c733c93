"""The page where people choose what they are told by e-mail."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from inbox.edge import current_runtime, now, writing
from inbox.errors import TextRefused
from inbox.models import NoticeKind, Telling, User
from inbox.services import notice_choices
from inbox.services.notice_choices import Choices
from inbox.web.access import current_user, staff_only

bp = Blueprint("notices", __name__, url_prefix="/desk/account/notices")


@bp.get("")
@staff_only
def show() -> ResponseReturnValue:
    return _page(notice_choices.of(current_user()), saved="saved" in request.args)


@bp.post("")
@staff_only
def save() -> ResponseReturnValue:
    user = current_user()
    chosen = _chosen(user)
    try:
        with writing() as session:
            notice_choices.save(session, user, chosen, now=now())
    except TextRefused as refusal:
        return _page(chosen, refusal), 422
    return redirect(url_for(".show", saved=1), 303)


def _chosen(user: User) -> Choices:
    """What the form says; whatever is no answer to a question of it leaves things as they were."""
    before, form = notice_choices.of(user), request.form
    hours = tuple(hour for hour in range(24) if str(hour) in form.getlist("hours"))
    kinds = tuple(kind for kind in notice_choices.kinds_for(user) if kind in form.getlist("kinds"))
    how = {kind: _telling(form.get(kind.value), before.how[kind]) for kind in NoticeKind}
    return Choices(how, hours, kinds, "only_unassigned" in form)


def _telling(answer: str | None, before: Telling) -> Telling:
    return Telling(answer) if answer in list(Telling) else before


def _page(choices: Choices, refusal: TextRefused | None = None, saved: bool = False) -> str:
    return render_template(
        "sign_in/notices.html",
        person=current_user(),
        offered=notice_choices.offered(current_user()),
        kinds_offered=notice_choices.kinds_for(current_user()),
        choices=choices,
        ways=list(Telling),
        errors={refusal.field: _(refusal.message, **refusal.values)} if refusal else {},
        saved=saved,
        mail_works=current_runtime().settings.smtp_server is not None,
    )
