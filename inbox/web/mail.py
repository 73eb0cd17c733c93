"""E-mails of a submission, for staff: how they were meant to look, the original, splitting off, processing again."""

import re
from collections.abc import Mapping
from contextlib import suppress
from html import escape, unescape
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from inbox import edge
from inbox.errors import NotFound, TooLate
from inbox.models import Attachment, Mail, Message
from inbox.services import accounts, audit, mail_words, quoting, splitting
from inbox.services import mail as mailing
from inbox.web import submission
from inbox.web.access import current_user, staff_only
from inbox.web.attachment import PREVIEW_TYPE, SANDBOX, disposition

bp = Blueprint("mail", __name__, url_prefix="/desk/submissions/<reference>/mails/<int(max=2147483647):number>")
bp.register_error_handler(NotFound, submission.missing)
bp.add_app_template_filter(quoting.pieces, "pieces")
bp.add_app_template_filter(quoting.bare_subject, "bare_subject")
bp.add_app_template_filter(mail_words.letterhead, "letterhead")
bp.add_app_template_filter(mail_words.verdicts, "verdicts")
bp.add_app_template_filter(mail_words.problem, "mail_problem")
bp.add_app_template_filter(mail_words.bounce_reason, "bounce_reason")

FRAME = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
"""What the sandbox of a formatted mail lets through: its own pictures, and links into new tabs. No script, no form."""
_POLICY = (
    "default-src 'none'; img-src {pictures}; style-src {style}; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox {frame}"
)
_CID = re.compile(r'\bsrc="cid:([^"]*)"', re.IGNORECASE)
EML = "message/rfc822"


@bp.app_context_processor
def for_templates() -> dict[str, Any]:
    """What the timeline needs to show a mail."""
    return {"joined_words": mail_words.JOINED, "mail_frame": FRAME}


@bp.get("/formatted")
@staff_only
def formatted(reference: str, number: int) -> ResponseReturnValue:
    """How the sender formatted it, as a page of its own for a frame. Nothing from elsewhere is loaded."""
    message, mail = _find(edge.request_session(), reference, number)
    if not mail.html:
        raise NotFound(str(number))
    pictures = url_for("mail.picture", reference=message.submission.reference, number=number, id=0)[:-1]
    style = url_for("static", filename="mail.css")
    html = show_pictures(mail.html, _ready(message, mail), pictures)
    response = make_response(render_template("submission/formatted_mail.html", html=html, message=message, style=style))
    site = request.host_url.rstrip("/")
    policy = _POLICY.format(pictures=site + pictures, style=site + style, frame=FRAME)
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def show_pictures(html: str, ready: Mapping[str, int], pictures: str) -> str:
    """Let each `cid:` source lead to the picture of that content id; where it is not there, its words are shown."""

    def source(found: re.Match[str]) -> str:
        attachment_id = ready.get(unescape(found[1]))
        return f'src="{escape(pictures)}{attachment_id}"' if attachment_id else ""

    return _CID.sub(source, html)


def _ready(message: Message, mail: Mail) -> dict[str, int]:
    """The pictures of this mail that can be shown, by content id."""
    here = {file.id for file in message.attachments if _is_picture(file)}
    return {cid: number for cid, number in mail.traits.get("cids", {}).items() if number in here}


def _is_picture(file: Attachment) -> bool:
    return file.is_ready and bool(file.preview_key) and file.copy_type.startswith("image/")


@bp.get("/pictures/<int(max=2147483647):id>")
@staff_only
def picture(reference: str, number: int, id: int) -> ResponseReturnValue:
    """A picture inside a formatted mail, drawn from its clean copy."""
    message, _ = _find(edge.request_session(), reference, number, accounts.DOWNLOAD)
    file = next((file for file in message.attachments if file.id == id), None)
    if file is None or not _is_picture(file):
        raise NotFound(str(id))
    content = edge.current_runtime().storage.read(file.preview_key)
    headers = {"Content-Security-Policy": SANDBOX, "Content-Disposition": "inline"}
    return Response(content, content_type=PREVIEW_TYPE, headers=headers)


@bp.get("/original")
@staff_only
def original(reference: str, number: int) -> ResponseReturnValue:
    """The mail as it came, byte for byte; the download is written down before the first byte leaves."""
    message, mail = _find(edge.request_session(), reference, number, accounts.ORIGINAL)
    if not mail.original_key:
        raise NotFound(str(number))
    try:
        body = edge.current_runtime().storage.chunks(mail.original_key)
    except FileNotFoundError:
        raise NotFound(mail.original_key) from None
    with edge.writing() as session:
        message, mail = _find(session, reference, number, accounts.ORIGINAL)
        about = message.submission_id
        audit.record(session, current_user(), "mail:open_original", about, now=edge.now(), message=number)
    headers = {
        "Content-Security-Policy": SANDBOX,
        "Content-Length": str(mail.original_size),
        "Content-Disposition": disposition(f"{message.submission.reference}-{number}.eml"),
    }
    return Response(body, content_type=EML, headers=headers)


@bp.post("/split")
@staff_only
def split(reference: str, number: int) -> ResponseReturnValue:
    """Make a submission of its own of a mail that does not belong here; pressed twice, it leads there as well."""
    user = current_user()
    with edge.writing() as session:
        item = accounts.get_submission(session, user, reference, accounts.SPLIT)
        message = session.get(Message, number)
        if message is None or message.mail is None or not accounts.may(user, accounts.READ, message.submission):
            raise NotFound(str(number))
        own = message.submission
        if own.id == item.id:
            own = splitting.split(session, message, actor=user, now=edge.now())
        reference = own.reference if accounts.may(user, accounts.READ, own) else reference
    return redirect(url_for("submission.show", reference=reference, split=1, _anchor=f"m-{number}"), 303)


@bp.post("/again")
@staff_only
def again(reference: str, number: int) -> ResponseReturnValue:
    """Have a mail that could not be read processed once more."""
    with edge.writing() as session:
        message, _ = _find(session, reference, number, accounts.RETRY)
        with suppress(TooLate):  # somebody was quicker, and it is read
            mailing.ask_again(session, message, actor=current_user(), now=edge.now())
    if "from_list" in request.args:
        return redirect(url_for("attention.show"), 303)
    return submission.back(reference, f"m-{number}")


def _find(session: Session, reference: str, number: int, verb: str = accounts.READ) -> tuple[Message, Mail]:
    item = accounts.get_submission(session, current_user(), reference, verb)
    wanted = select(Message).where(Message.id == number, Message.submission_id == item.id)
    message = session.scalar(wanted.options(joinedload(Message.mail), selectinload(Message.attachments)))
    if message is None or message.mail is None:
        raise NotFound(str(number))
    return message, message.mail
