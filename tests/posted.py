"""Mails as plain values that arrive at a mailbox, and outgoing ones that they answer."""

import hashlib
import io
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Select, select

from inbox.db import exactly_once
from inbox.models import Channel, DeliveryState, Direction, Job, JobKind, Mail, Message, Submission
from inbox.profile import Mailbox
from inbox.runtime import Runtime
from inbox.services import mail, mail_tokens
from inbox.services.intake import Arrival
from inbox.services.mail import KeptFile, ReadMail

NEWS, TIPS = "news@newsroom.example", "tips@newsroom.example"
MAILBOXES = (
    Mailbox(address=NEWS, label="News", default_kind="press_release"),
    Mailbox(address=TIPS, label="Tips", default_kind="story_tip"),
)
_numbers = count(1)


def with_mailboxes(runtime: Runtime) -> Runtime:
    """The inbox of a newsroom with two mailboxes."""
    object.__setattr__(runtime, "profile", runtime.profile.model_copy(update={"mailboxes": MAILBOXES}))
    return runtime


def letter(text: str = "The bridge is closed.", **values: Any) -> ReadMail:
    """A mail from Lin, read; without a digest it is unlike any other."""
    number = next(_numbers)
    given: dict[str, Any] = {
        "mail_id": f"<{number}@reader.example>",
        "digest": hashlib.sha256(f"{number} {text!a}".encode()).hexdigest(),
        "sender": "lin@reader.example",
        "sender_name": "Lin Ya-ting",
        "subject": "The bridge",
        "recipients": (NEWS,),
    }
    return ReadMail(text=text, **{**given, **values})


def arrive(
    runtime: Runtime, read: ReadMail, address: str = NEWS, files: tuple[KeptFile, ...] = (), problem: str = ""
) -> Arrival | None:
    """Store it as the channels do; its original is made up."""
    raw = f"{address}\n{read.mail_id}\n{read.digest}".encode()
    original = runtime.storage.keep(io.BytesIO(raw))

    def store(session):
        return mail.receive(
            session,
            read,
            address=address,
            original=original,
            files=files,
            problem=problem,
            profile=runtime.profile,
            derive=runtime.derive,
            now=runtime.clock(),
        )

    return exactly_once(runtime.database.writing, store)


def keep(runtime: Runtime, content: bytes, filename: str, content_type: str, content_id: str = "") -> KeptFile:
    return KeptFile(runtime.storage.keep(io.BytesIO(content)), filename, content_type, content_id)


def answer(runtime: Runtime, arrival: Arrival, at: datetime | None = None) -> str:
    """A mail of ours about a submission, that the server has taken; return its Message-ID."""
    unique = f"out:{next(_numbers)}"
    mail_id = mail_tokens.message_id(arrival.submission_id, unique, "newsroom.example", runtime.derive)
    with runtime.database.writing() as session:
        first = session.scalars(of(arrival.submission_id)).first()
        message = Message(
            submission_id=arrival.submission_id,
            contact_point_id=first.contact_point_id,
            direction=Direction.OUT,
            channel=Channel.EMAIL,
            account=mail.SMTP,
            external_id=mail_id,
            client_key=unique,
            recipient="lin@reader.example",
            text="When could we call?",
            extra={"from": NEWS},
            delivery_state=DeliveryState.SENT,
            at=at or runtime.clock(),
        )
        session.add(message)
        session.flush()
        reply_to = session.scalars(select(Mail.mail_id).where(Mail.message_id == first.id)).one()
        session.add(Mail(message_id=message.id, mail_id=mail_id, in_reply_to=reply_to))
        job = {"due_at": runtime.clock(), "created_at": runtime.clock(), "finished_at": runtime.clock()}
        session.add(Job(kind=JobKind.SEND, subject_id=message.id, state="done", **job))
    return mail_id


def of(submission_id: int) -> Select[tuple[Message]]:
    """The messages of a submission, the oldest first."""
    return select(Message).where(Message.submission_id == submission_id).order_by(Message.id)


def submissions(runtime: Runtime) -> list[Submission]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Submission).order_by(Submission.id)))


def mails(runtime: Runtime) -> list[Mail]:
    """What came in; what is told to its sender by itself is none of them."""
    came = select(Mail).join(Message, Mail.message_id == Message.id).where(Message.direction == Direction.IN)
    with runtime.database.reading() as session:
        return list(session.scalars(came.order_by(Mail.id)))
