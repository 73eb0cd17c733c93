"""The public pages. A GET shows; a POST judges what came, stores it, and sends on to the next page."""

from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import segno
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from inbox import kinds
from inbox.channels.webform import fields, forms, parse, posting, tokens
from inbox.channels.webform.forms import AnswerForm, LookUpForm, PublicForm
from inbox.channels.webform.posting import Posting, again_at, checks_itself, over_budget, retry_after
from inbox.channels.webform.tokens import Token
from inbox.edge import current_runtime, now, request_session, writing
from inbox.kinds import Kind
from inbox.models import Direction, Submission
from inbox.services import conversation, corrections, intake, receipts
from inbox.services.intake import Arrival, Incoming

bp = Blueprint("public", __name__)
bp.add_app_template_filter(fields.city)

Page = str | tuple[str, int] | tuple[str, int, dict[str, str]]

UNFIT = 422
VIEW_LIFETIME = timedelta(hours=2)
RECEIPT, OPENED = "receipt", "opened"
"""What the session cookie may hold: a receipt code to show once, and the submission that a code opened."""
DISCREET = frozenset({"public.receipt", "public.status", "public.look_up", "public.answer"})


@bp.app_context_processor
def for_every_page() -> dict[str, Any]:
    """What the base template asks: does this page offer a quick way out, and how much do we take at once?"""
    kind = kinds.BY_SLUG.get((request.view_args or {}).get("slug", ""))
    discreet = request.endpoint in DISCREET or bool(kind and kind.confidential)
    return {"discreet": discreet, "max_upload_mb": current_runtime().settings.max_upload_mb}


# The door


@bp.get("/")
def landing() -> str:
    profile = current_runtime().profile
    offered = sorted((kinds.BY_NAME[name] for name in profile.kinds), key=lambda kind: not kind.confidential)
    return render_template("public/landing.html", offered=offered)


@bp.get("/qr/<digits>.svg")
def qr_code(digits: str) -> Response:
    """A picture that opens WhatsApp with one of the newsroom's numbers."""
    number = current_runtime().profile.number(f"+{digits}")
    if number is None or "whatsapp" not in number.channels:
        abort(404)
    picture = BytesIO()
    segno.make(f"https://wa.me/{digits}").save(picture, kind="svg", border=2, light="#fff")
    response = Response(picture.getvalue(), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@bp.get("/privacy")
def privacy() -> str:
    return render_template("public/privacy.html")


# Sending something


@bp.get("/send/<slug>")
def show_form(slug: str) -> str:
    kind = _offered(slug)
    return _form_page(kind, forms.of_kind(kind)(), tokens.issue(slug))


@bp.post("/send/<slug>")
@checks_itself
def send(slug: str) -> Page | Redirect:
    kind = _offered(slug)
    form_class = forms.of_kind(kind)
    posting.make_room(form_class)
    form = form_class()
    if wait := over_budget("send"):
        token = tokens.read(form.token, slug) or tokens.issue(slug)
        return _form_page(kind, form, token, wait_until=again_at(wait)), 429, retry_after(wait)
    posted = posting.judge(form, slug)
    forms.check(form, kind, now())
    if not posted.is_good:
        posted.hold()
        return _form_page(kind, form, posted.token), UNFIT
    _accept(kind, posted)
    session[RECEIPT] = _code(posted.token)
    return redirect(url_for("public.receipt", _anchor="main"), 303)


def _offered(slug: str) -> Kind:
    kind = kinds.BY_SLUG.get(slug)
    if kind is None or kind.name not in current_runtime().profile.kinds:
        abort(404)
    return kind


def _form_page(kind: Kind, form: PublicForm, token: Token, wait_until: datetime | None = None) -> str:
    return render_template("public/form.html", kind=kind, form=form, token=token.text, wait_until=wait_until)


def _code(token: Token) -> str:
    """The receipt code of a form: the same whenever the same form comes again, and kept nowhere."""
    return receipts.make_code(current_runtime().derive("receipt", token.text))


def _accept(kind: Kind, posted: Posting) -> None:
    values = posted.form.values()
    receipt_hash = receipts.hash_code(_code(posted.token))
    incoming = parse.incoming(kind, values, posted.token.key, receipt_hash=receipt_hash)

    def take(session: Session, incoming: Incoming, first: Submission | None) -> Arrival:
        arrival = _correct(session, first, incoming) if first else _receive(session, incoming)
        if more := kind.also(values):
            _receive_beside(session, parse.second(*more, incoming, opened_from=arrival.reference), posted.token)
        return arrival

    posted.deliver(incoming, take)


def _receive(session: Session, incoming: Incoming) -> Arrival:
    return intake.receive(session, incoming, region=current_runtime().profile.country, now=now())


def _correct(session: Session, submission: Submission, incoming: Incoming) -> Arrival:
    return corrections.receive(session, submission, incoming, region=current_runtime().profile.country, now=now())


def _receive_beside(session: Session, incoming: Incoming, token: Token) -> None:
    """Open the second submission of a form, once; later it follows what changes in the form."""
    first = replace(incoming, external_id=f"{token.key}:{incoming.kind}")
    opened = intake.find_repeat(session, first)
    if opened is None:
        _receive(session, first)
    elif corrections.differences(opened.submission, incoming, current_runtime().profile.country):
        _correct(session, opened.submission, incoming)


@bp.get("/receipt")
def receipt() -> str:
    """Show the receipt code once; after that nobody can show it again."""
    code = session.pop(RECEIPT, "")
    submission = receipts.find_by_code(request_session(), code) if code else None
    if submission is None:
        return render_template("public/receipt_gone.html")
    return render_template("public/receipt.html", kind=kinds.BY_NAME[submission.kind], submission=submission, code=code)


# Coming back with the code


@bp.get("/status")
def status() -> str:
    submission = _opened()
    if submission is None:
        return render_template("public/look_up.html", form=LookUpForm())
    return _conversation_page(submission, AnswerForm(), tokens.issue(_answering(submission)))


@bp.post("/status")
@checks_itself
def look_up() -> Page | Redirect:
    posting.make_room(LookUpForm)
    form = LookUpForm()
    if wait := over_budget("look-up"):
        raise wait
    if not posting.is_valid(form):
        return render_template("public/look_up.html", form=form), UNFIT
    submission = receipts.find_by_code(request_session(), form["code"].data)
    if submission is None:
        form["code"].add_error(
            _("No submission opens with this code. Look whether each character is as you wrote it down.")
        )
        return render_template("public/look_up.html", form=form), UNFIT
    until = (now() + VIEW_LIFETIME).timestamp()
    session[OPENED] = {"id": submission.id, "until": until, "closed": submission.views_closed}
    return redirect(url_for("public.status", _anchor="main"), 303)


@bp.post("/status/answer")
@checks_itself
def answer() -> Page | Redirect:
    posting.make_room(AnswerForm)
    form = AnswerForm()
    submission = _opened()
    if submission is None:
        return render_template("public/unsent.html", text=form["body"].typed[""]), UNFIT
    purpose = _answering(submission)
    if wait := over_budget("answer"):
        token = tokens.read(form.token, purpose) or tokens.issue(purpose)
        return _conversation_page(submission, form, token, wait_until=again_at(wait)), 429, retry_after(wait)
    posted = posting.judge(form, purpose)
    incoming = parse.answer(form["body"].data or "", posted.token.key)
    if posted.files or form["attachments"].held or (not incoming.text and posted.is_repeated(incoming)):
        form["body"].may_be_empty()
    if not posted.is_good:
        posted.hold()
        return _conversation_page(submission, form, posted.token), UNFIT
    posted.deliver(incoming, lambda session, more, _first: _receive_more(session, submission.id, more))
    flash(_("Your message has arrived. Thank you."))
    return redirect(url_for("public.status", _anchor="main"), 303)


@bp.post("/status/close")
def close() -> Redirect:
    """End the view in every browser that the code opened it in: a copy of the cookie must not outlast it."""
    if submission := _opened():
        number = submission.id
        with writing() as db:
            db.get_one(Submission, number).views_closed += 1
    for key in (RECEIPT, OPENED):
        session.pop(key, None)
    return redirect(url_for("public.landing"), 303)


def _opened() -> Submission | None:
    """The submission that a receipt code opened in this browser, for a while."""
    opened = session.get(OPENED)
    if not opened or opened["until"] < now().timestamp():
        return None
    submission = request_session().get(Submission, opened["id"])
    return submission if submission and submission.views_closed == opened.get("closed") else None


def _answering(submission: Submission) -> str:
    return f"answer to {submission.reference}"


def _receive_more(session: Session, submission_id: int, incoming: Incoming) -> Arrival:
    return intake.receive_more(session, session.get_one(Submission, submission_id), incoming, now=now())


def _conversation_page(
    submission: Submission, form: PublicForm, token: Token, wait_until: datetime | None = None
) -> str:
    asked = [message for message in submission.messages if message.direction is Direction.OUT]
    return render_template(
        "public/conversation.html",
        submission=submission,
        kind=kinds.BY_NAME[submission.kind],
        question=asked[-1] if asked and submission.waits_for_sender else None,
        steps=conversation.steps(submission),
        form=form,
        token=token.text,
        wait_until=wait_until,
    )
