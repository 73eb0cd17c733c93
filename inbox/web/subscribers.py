"""The newsletter's subscribers: the list, what each agreed to, and the table for the mailing tool."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from inbox.edge import current_runtime, now, request_session, writing
from inbox.errors import NotFound
from inbox.models import Channel, SubscriberState
from inbox.profile import LANGUAGES
from inbox.services import accounts, subscriber_list, subscribers
from inbox.text import clean
from inbox.web import errors
from inbox.web.access import current_user, is_signed_in, staff_only

bp = Blueprint("subscribers", __name__, url_prefix="/desk/subscribers")

_ONE = "/<int(max=2147483647):number>"
_WORDS_LENGTH = 200


@bp.app_context_processor
def for_templates() -> dict[str, Any]:
    """What the frame of every desk page needs."""
    return {"sees_subscribers": _sees}


def _sees() -> bool:
    """Whether the list is worth a line in the views of whoever is signed in."""
    offered = current_runtime().profile.newsletter is not None
    return offered and is_signed_in() and accounts.may(current_user(), accounts.SUBSCRIBERS)


@bp.errorhandler(NotFound)
def missing(error: NotFound) -> ResponseReturnValue:
    return errors.page(404, words=errors.MISSING)


@bp.get("")
@staff_only
def show() -> ResponseReturnValue:
    words = clean(request.args.get("q", "")).strip()[:_WORDS_LENGTH]
    given, user = request.args.get("state", ""), current_user()
    state = SubscriberState(given) if given in list(SubscriberState) else None
    with writing() as session:
        page = subscriber_list.look(session, user, state, words, request.args.get("older"), now=now())
    place = {"state": state.value if state else "", "q": words}
    return render_template(
        "subscribers/list.html",
        page=page,
        state=state,
        words=words,
        place={name: value for name, value in place.items() if value},
        counts=subscriber_list.counts(request_session()),
        confirmed=subscriber_list.confirmed(request_session()),
        states=tuple(SubscriberState),
        languages=LANGUAGES,
        exports=accounts.may(user, accounts.EXPORT_SUBSCRIBERS),
        user=user,
    )


@bp.get(_ONE)
@staff_only
def one(number: int) -> ResponseReturnValue:
    user = current_user()
    with writing() as session:
        subscriber = subscriber_list.look_at(session, user, number, now=now())
    return render_template(
        "subscribers/show.html",
        it=subscriber,
        languages=LANGUAGES,
        removes=accounts.may(user, accounts.REMOVE_SUBSCRIBER),
        user=user,
    )


@bp.post(f"{_ONE}/remove")
@staff_only
def remove(number: int) -> ResponseReturnValue:
    with writing() as session:
        subscribers.remove(session, number, actor=current_user(), now=now())
    return redirect(url_for(".show"), 303)


@bp.post("/export")
@staff_only
def export() -> ResponseReturnValue:
    given = request.form.get("way", "")
    accounts.check(current_user(), accounts.EXPORT_SUBSCRIBERS)
    channel = Channel(given) if given in subscriber_list.WAYS else abort(400)
    with writing() as session:
        subscriber_list.record_export(session, current_user(), channel, now=now())
    name = f"subscribers-{channel.value}-{now():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(_lines(channel), mimetype="text/csv", headers=headers)


def _lines(channel: Channel) -> Iterator[str]:
    """The table, read while it is sent: in a session of its own, as the request's is closed by then."""
    runtime = current_runtime()

    def lines() -> Iterator[str]:
        with runtime.database.reading() as session:
            yield from subscriber_list.csv_lines(session, runtime, channel)

    return lines()
