"""Answering the sender: sending, what was begun, files, and what to do about a message that is under way."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from inbox.edge import current_runtime, exactly_once, now, request_session, writing
from inbox.errors import AlreadySent, NewerMessage, NotFound, ReplyRefused, TooLate
from inbox.models import Message, Submission, User
from inbox.profile import Template
from inbox.services import accounts, canned, drafts, outbox, provider, replies
from inbox.services.replies import Wanted
from inbox.text import N_
from inbox.web import reply_files, submission
from inbox.web.access import current_user, is_signed_in, staff_only
from inbox.web.composer import NEWER, Writing, compose, read_local, words
from inbox.web.forms import ReplyForm, whole_number
from inbox.web.queue import here
from inbox.web.reply_files import Kept

bp = Blueprint("reply", __name__, url_prefix="/desk/submissions/<reference>")
bp.register_error_handler(NotFound, submission.missing)

_MESSAGE = "/messages/<int(max=2147483647):number>"
FORM_BYTES = 4 * 1024 * 1024
NO_TIME = N_("Choose a day and a time.")
WATCHED = 60
"""How often a page asks how far a message has come, before it leaves that to a person."""


@bp.url_value_preprocessor
def make_room(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let staff send files. It comes before anything reads the body, the CSRF check too."""
    if request.method == "POST" and is_signed_in():
        request.max_content_length = FORM_BYTES + reply_files.MOST_BYTES


@bp.post("/reply")
@submission.keeps_text
def send(reference: str) -> ResponseReturnValue:
    form = ReplyForm()
    if not form.validate():
        return _not_sent(reference, form, _(next(iter(form.errors.values()))[0]))
    try:
        wanted, kept = _wanted(form), reply_files.keep(form.files.data)
    except ReplyRefused as refusal:
        return _not_sent(reference, form, words(refusal))
    try:
        return _send(reference, form, wanted, kept)
    finally:
        reply_files.forget_unused(kept)


def _send(reference: str, form: ReplyForm, wanted: Wanted, kept: list[Kept]) -> ResponseReturnValue:
    try:
        message_id = exactly_once(lambda session: _promise(session, reference, form, wanted, kept))
    except AlreadySent as refusal:
        return _not_sent(reference, form, words(refusal), 409, kept=kept, new_key=True)
    except ReplyRefused as refusal:
        return _not_sent(reference, form, words(refusal), kept=kept)
    except NewerMessage:
        return _not_sent(reference, form, _(NEWER), 409, kept=kept, held=True)
    return submission.back(reference, f"m-{message_id}")


def _promise(session: Session, reference: str, form: ReplyForm, wanted: Wanted, kept: list[Kept]) -> int:
    item = accounts.get_submission(session, current_user(), reference, accounts.REPLY)
    if not replies.is_taken(session, form.key.data):
        reply_files.hold(session, item, kept)
    wanted = replace(wanted, uploads=frozenset(file.stored.sha256 for file in kept))
    given = {"actor": current_user(), "key": form.key.data, "seen": form.seen}
    runtime = current_runtime()
    return replies.reply(session, item, wanted, **given, profile=runtime.profile, derive=runtime.derive, now=now()).id


def _wanted(form: ReplyForm) -> Wanted:
    template = current_runtime().profile.template(form.template.data or "")
    at = read_local(form.send_at.data or "") if "later" in request.form else None
    if "later" in request.form and at is None:
        raise ReplyRefused(NO_TIME)
    values = _values(template)
    return Wanted(form.text.data or "", template, values, form.way.data or "", at)


def _values(template: Template | None) -> dict[str, str]:
    names = template.variables if template else ()
    return {name: request.form.get(f"value-{number}", "") for number, name in enumerate(names, 1)}


def _not_sent(
    reference: str,
    form: ReplyForm,
    problem: str,
    status: int = 422,
    *,
    kept: Sequence[Kept] = (),
    held: bool = False,
    new_key: bool = False,
) -> ResponseReturnValue:
    """The page again, with what was written and attached, why it was not sent, and all that arrived since."""
    if kept:
        _hold(reference, kept)
    item = accounts.get_submission(request_session(), current_user(), reference, accounts.REPLY)
    return submission.page(item, status, _writing(form, problem, held=held, new_key=new_key))


def _hold(reference: str, kept: Sequence[Kept]) -> None:
    with writing() as session:
        item = accounts.get_submission(session, current_user(), reference, accounts.REPLY)
        reply_files.hold(session, item, kept)


def _writing(form: ReplyForm, problem: str = "", *, held: bool = False, new_key: bool = False) -> Writing:
    template = current_runtime().profile.template(form.template.data or "")
    return Writing(
        text=form.text.data or "",
        problem=problem,
        key="" if new_key or form.key.errors else form.key.data or "",
        way=form.way.data or "",
        template=form.template.data or "",
        values=_values(template),
        send_at=form.send_at.data or "",
        held=held,
    )


@bp.post("/reply/preview")
@submission.keeps_text
def preview(reference: str) -> ResponseReturnValue:
    """The template as it would be sent."""
    item = accounts.get_submission(request_session(), current_user(), reference, accounts.REPLY)
    return submission.page(item, writing=_writing(ReplyForm()))


@bp.post("/reply/draft")
@submission.keeps_text
def save_draft(reference: str) -> ResponseReturnValue:
    """Keep what was typed; then put a saved reply in, or go another way, if that was pressed."""
    form = ReplyForm()
    item = exactly_once(lambda session: _keep(session, reference, form))
    if "auto" in request.form:
        return render_template("submission/_draft_state.html", item=item, composer=_composer(item))
    way = request.form.get("use") or form.way.data or None
    return submission.back(reference, "reply", way=way, template=request.form.get("pick") or None)


def _keep(session: Session, reference: str, form: ReplyForm) -> Submission:
    item = accounts.get_submission(session, current_user(), reference, accounts.REPLY)
    text = form.text.data or ""
    if number := whole_number(request.form.get("insert")):
        known = canned.values(item, current_user(), current_runtime().profile.name)
        text = "\n\n".join(
            part for part in (text.strip(), canned.fill(canned.get(session, number).text, known)) if part
        )
    if "text" in request.form:
        drafts.save(session, item, text, actor=current_user(), key=form.key.data or "", now=now())
    return item


def _composer(item: Submission) -> Any:
    return compose(request_session(), item, current_user())


@bp.post("/reply/files")
@submission.keeps_text
def attach(reference: str) -> ResponseReturnValue:
    """Keep files for the reply that is being written."""
    form = ReplyForm()
    exactly_once(lambda session: _keep(session, reference, form))
    try:
        kept = reply_files.keep(form.files.data)
    except ReplyRefused as refusal:
        return _not_sent(reference, form, words(refusal))
    try:
        _hold(reference, kept)
    finally:
        reply_files.forget_unused(kept)
    return submission.back(reference, "reply", way=form.way.data or None)


@bp.post("/reply/files/remove")
@submission.keeps_text
def remove_file(reference: str) -> ResponseReturnValue:
    form = ReplyForm()
    exactly_once(lambda session: _keep(session, reference, form))
    reply_files.leave_out(reference, whole_number(request.form.get("file")))
    return submission.back(reference, "reply", way=form.way.data or None)


# A message that is under way


@bp.get(f"{_MESSAGE}/progress")
@staff_only
def progress(reference: str, number: int) -> ResponseReturnValue:
    """How far one message has come, for a page that stays open."""
    session, user = request_session(), current_user()
    message = _message(session, reference, number, accounts.READ)
    return render_template(
        "submission/_progress.html",
        item=message.submission,
        it=message,
        acts=accounts.may(user, accounts.MOVE, message.submission),
        waiting=outbox.pending(session, [message]),
        place=here(),
    )


@bp.app_context_processor
def for_templates() -> dict[str, Any]:
    settings = current_runtime().settings
    return {
        "times_asked": whole_number(request.args.get("asked")),
        "most_asked": WATCHED,
        "explain": provider.explain,
        "pointless": provider.POINTLESS,
        "rehearses": settings.rehearses,
        "no_account": not settings.twilio_account_sid,
        "rehearses_mail": settings.rehearses_mail,
        "no_mail_server": settings.smtp_server is None,
    }


@bp.post(f"{_MESSAGE}/take-back")
@staff_only
def take_back(reference: str, number: int) -> ResponseReturnValue:
    """Stop it; with `keep` it is a draft again."""
    keeps = "keep" in request.form

    def stop(session: Session, message: Message, *, actor: User, now: Any) -> None:
        outbox.take_back(session, message, actor=actor, now=now)
        if keeps:
            drafts.bring_back(session, message, actor=actor, now=now)

    return _act(reference, number, stop, "reply" if keeps else None)


@bp.post(f"{_MESSAGE}/send-again")
@staff_only
def send_again(reference: str, number: int) -> ResponseReturnValue:
    return _act(reference, number, outbox.send_again)


@bp.post(f"{_MESSAGE}/arrived")
@staff_only
def say_arrived(reference: str, number: int) -> ResponseReturnValue:
    return _act(reference, number, outbox.say_arrived)


@bp.post(f"{_MESSAGE}/rewrite")
@staff_only
def rewrite(reference: str, number: int) -> ResponseReturnValue:
    """Take the words of a message that was not sent into the composer, to be changed or sent another way."""

    def bring_back(session: Session, message: Message, *, actor: User, now: Any) -> None:
        outbox.set_aside(session, message, actor=actor, now=now)
        drafts.bring_back(session, message, actor=actor, now=now)

    return _act(reference, number, bring_back, "reply")


def _act(reference: str, number: int, act: Callable[..., None], anchor: str | None = None) -> ResponseReturnValue:
    with suppress(TooLate), writing() as session:  # the page shows how far it has come
        act(session, _message(session, reference, number, accounts.REPLY), actor=current_user(), now=now())
    return submission.back(reference, anchor or f"m-{number}")


def _message(session: Session, reference: str, number: int, verb: str) -> Message:
    item = accounts.get_submission(session, current_user(), reference, verb)
    message = session.get(Message, number)
    if message is None or message.submission_id != item.id:
        raise NotFound(str(number))
    return message
