"""One submission: reading it, and every act of staff on it.

Each act loads the submission for its verb inside the write transaction, calls one service and goes
back to the page. What changed meanwhile is shown (409), never overwritten.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from inbox.edge import exactly_once, now, request_session, writing
from inbox.errors import AlreadyClaimed, NotFound, StaleSubmission
from inbox.models import AuditEntry, Status, Submission, User
from inbox.services import accounts, conversation, guide, outbox, search, timeline, triage
from inbox.web import composer, errors
from inbox.web.access import current_user, is_signed_in, staff_only
from inbox.web.composer import Writing
from inbox.web.forms import (
    AssignForm,
    ChangeForm,
    LabelForm,
    MoveForm,
    PriorityForm,
    TextForm,
    UnlabelForm,
    whole_number,
)
from inbox.web.queue import here

bp = Blueprint("submission", __name__, url_prefix="/desk/submissions/<reference>")

P = ParamSpec("P")
Act = Callable[[Session, Submission], Any]


@dataclass(frozen=True)
class Conflict:
    """Somebody else was first: what they did since this page was shown, and what was not done."""

    theirs: list[AuditEntry]
    holder: str
    yours: dict[str, Any]
    fields: dict[str, str]


@dataclass(frozen=True)
class Draft:
    """A note, question, reply or label that could not be saved, and why. `key` is what its page drew."""

    what: str
    text: str
    problem: str
    key: str = ""


@bp.errorhandler(NotFound)
def missing(error: NotFound) -> ResponseReturnValue:
    """The same answer for what is gone, was never here, or is not for this person."""
    return errors.page(404, words=errors.MISSING)


@bp.get("")
@staff_only
def show(reference: str) -> ResponseReturnValue:
    submission = accounts.get_submission(request_session(), current_user(), reference)
    return page(submission)


@bp.post("/claim")
@staff_only
def claim(reference: str) -> ResponseReturnValue:
    def take(session: Session, submission: Submission) -> None:
        triage.claim(session, submission, actor=current_user(), now=now())

    return _change(reference, accounts.CLAIM, take, {"claim": True})


@bp.post("/assign")
@staff_only
def assign(reference: str) -> ResponseReturnValue:
    form = AssignForm()
    wanted = _colleague(form.assignee.data)

    def give(session: Session, submission: Submission) -> None:
        if wanted and not accounts.may(wanted, accounts.CLAIM, submission):
            abort(400)
        triage.assign(session, submission, wanted, actor=current_user(), seen=form.seen, now=now())

    return _change(reference, accounts.ASSIGN, give, {"assign": True, "assignee": wanted})


@bp.post("/status")
@staff_only
def move(reference: str) -> ResponseReturnValue:
    form = _valid(MoveForm())

    def to_status(session: Session, submission: Submission) -> None:
        triage.move(session, submission, form.status.data, actor=current_user(), seen=form.seen, now=now())

    return _change(reference, accounts.MOVE, to_status, {"status": form.status.data})


@bp.post("/priority")
@staff_only
def prioritise(reference: str) -> ResponseReturnValue:
    form = _valid(PriorityForm())

    def to_priority(session: Session, submission: Submission) -> None:
        triage.prioritise(session, submission, form.priority.data, actor=current_user(), seen=form.seen, now=now())

    return _change(reference, accounts.PRIORITISE, to_priority, {"priority": form.priority.data})


@bp.post("/labels")
@staff_only
def label(reference: str) -> ResponseReturnValue:
    form = LabelForm()
    if not form.validate():
        submission = accounts.get_submission(request_session(), current_user(), reference, accounts.LABEL)
        return page(submission, 422, draft=Draft("label", form.name.data or "", form.name.errors[0]))

    def put_on(session: Session, submission: Submission) -> None:
        triage.label(session, submission, form.name.data, actor=current_user(), now=now())

    return _change(reference, accounts.LABEL, put_on, {})


@bp.post("/labels/remove")
@staff_only
def unlabel(reference: str) -> ResponseReturnValue:
    form = UnlabelForm()

    def take_off(session: Session, submission: Submission) -> None:
        triage.unlabel(session, submission, form.key.data or "", actor=current_user(), now=now())

    return _change(reference, accounts.LABEL, take_off, {})


def keeps_text(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Like `staff_only`, but what somebody typed before they were signed out is given back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        return view(*args, **kwargs) if is_signed_in() else errors.page(401)

    return guarded


@bp.post("/notes")
@keeps_text
def note(reference: str) -> ResponseReturnValue:
    def add(session: Session, submission: Submission, text: str, key: str | None) -> str:
        return f"n-{triage.note(session, submission, text, actor=current_user(), key=key, now=now()).id}"

    return _write(reference, accounts.NOTE, "note", add)


@bp.post("/messages")
@keeps_text
def ask(reference: str) -> ResponseReturnValue:
    def send(session: Session, submission: Submission, text: str, key: str | None) -> str:
        return f"m-{conversation.ask(session, submission, text, actor=current_user(), key=key, now=now()).id}"

    return _write(reference, accounts.ASK, "message", send)


@bp.post("/take-over")
@staff_only
def take_over(reference: str) -> ResponseReturnValue:
    def silence(session: Session, submission: Submission) -> None:
        guide.take_over(session, submission, actor=current_user(), now=now())

    return _change(reference, accounts.REPLY, silence, {})


def _valid(form: Any) -> Any:
    return form if form.validate() else abort(400)


def _colleague(number: str | None) -> User | None:
    """The member of staff with this id; None for nobody. Anybody else is a bad request."""
    if not number:
        return None
    people = {str(person.id): person for person in accounts.colleagues(request_session())}
    return people.get(number) or abort(400)


def _change(reference: str, verb: str, act: Act, yours: dict[str, Any]) -> ResponseReturnValue:
    try:
        with writing() as session:
            act(session, accounts.get_submission(session, current_user(), reference, verb))
    except (StaleSubmission, AlreadyClaimed) as error:
        return _conflict_page(reference, error, yours)
    return back(reference)


Write = Callable[[Session, Submission, str, str | None], str]


def _write(reference: str, verb: str, what: str, act: Write) -> ResponseReturnValue:
    form = TextForm()
    if not form.validate():
        submission = accounts.get_submission(request_session(), current_user(), reference, verb)
        problem = str(next(iter(form.errors.values()))[0])
        return page(submission, 422, draft=Draft(what, form.text.data or "", problem, form.key.data or ""))
    text, drawn = form.text.data, form.key.data
    key = conversation.once_key(drawn, text) if drawn else None

    def write(session: Session) -> str:
        return act(session, accounts.get_submission(session, current_user(), reference, verb), text, key)

    return back(reference, exactly_once(write))


def back(reference: str, anchor: str | None = None, **more: str | None) -> ResponseReturnValue:
    """To the page again, as the answer to an act."""
    place: dict[str, Any] = {**here(), **more}
    return redirect(url_for("submission.show", reference=reference, _anchor=anchor, **place), 303)


def _conflict_page(reference: str, error: Exception, yours: dict[str, Any]) -> ResponseReturnValue:
    submission = accounts.get_submission(request_session(), current_user(), reference)
    theirs = timeline.changes_since(submission, whole_number(ChangeForm().known.data))
    holder = error.holder if isinstance(error, AlreadyClaimed) else ""
    fields = {name: value for name, value in request.form.items() if name not in ("csrf_token", "version", "known")}
    return page(submission, 409, conflict=Conflict(theirs, holder, yours, fields))


def page(submission: Submission, status: int = 200, writing: Writing | None = None, **more: Any) -> ResponseReturnValue:
    """The page of a submission. `writing` is a reply as somebody sent it, to be put right."""
    session, user = request_session(), current_user()
    acts = accounts.may(user, accounts.MOVE, submission)
    people = [p for p in accounts.colleagues(session) if accounts.may(p, accounts.CLAIM, submission)] if acts else []
    talk = timeline.load(session, submission, request.args.get("older"))
    text = render_template(
        "submission/show.html",
        item=submission,
        talk=talk,
        user=user,
        acts=acts,
        opens_originals=accounts.may(user, accounts.ORIGINAL, submission),
        people=people,
        labels=search.labels(session, user) if acts else [],
        files=timeline.files(session, submission),
        known=submission.history[-1].id if submission.history else 0,
        held=_held(submission),
        guide=guide.find_at_work(session, submission, now=now()),
        fresh_key=secrets.token_hex(16),
        composer=composer.compose(session, submission, user, writing) if acts else None,
        waiting=outbox.pending(session, [entry.item for entry in talk.entries if entry.what == "message"]),
        embargoed=_embargoed(submission),
        place=here(),
        **more,
    )
    response = make_response(text, status)
    if status != 200:
        response.headers["HX-Push-Url"] = "false"  # the address of an act is no page to come back to
    return response


def _embargoed(submission: Submission) -> bool:
    until = submission.embargo_until
    return until is not None and until > now()


def _held(submission: Submission) -> bool:
    """Whether an embargo still runs on something that may be published."""
    return _embargoed(submission) and (submission.status.waits or submission.status is Status.ACCEPTED)
