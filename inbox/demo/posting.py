"""E-mails of the made-up content: written as mail programs write them, and taken in as real ones are."""

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.channels.email.parse import parse
from inbox.channels.email.take_in import keep_files
from inbox.demo import files
from inbox.demo.cases import Answered, Mail, Post
from inbox.models import Channel, DeliveryState, Direction, Job, JobKind, JobState, Message, Submission, User
from inbox.models import Mail as MailRow
from inbox.runtime import Runtime
from inbox.services import conversation, mail, mail_tokens
from inbox.services.intake import Arrival

Deed = Callable[[Session], None]
MAILBOXES = ("news@newsroom.example", "tips@newsroom.example")
BOUNCE = """\
From: Mail Delivery System <mailer-daemon@mx.newsroom.example>
To: {ours}
Subject: Undelivered mail returned to sender
Date: {date}
Message-ID: <bounce.{about}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="report"

--report
Content-Type: text/plain

I could not deliver your message to {to}: there is no such mailbox. I have given up.
--report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.newsroom.example

Final-Recipient: rfc822; {to}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown
--report
Content-Type: text/rfc822-headers

Message-ID: <{about}
--report--
"""


@dataclass
class Correspondence:
    """The mails of one case, as they come and go. `last_id` is the Message-ID of the newest one."""

    runtime: Runtime
    case: Mail
    lot: random.Random
    who: User
    submission_id: int = 0
    last_id: str = ""

    def tell(self, at: datetime, opened: Callable[[Arrival], None]) -> Iterator[tuple[datetime, Deed]]:
        """Every mail with its time; `opened` is called when the first one has arrived."""
        yield at, partial(self._begin, opened=opened, at=at)
        for each in self.case.then:
            at += timedelta(hours=each.hours * self.lot.uniform(0.6, 1.4))
            if isinstance(each, Answered):
                yield at, partial(self._answer, each, at=at)
            else:
                yield at, partial(self._go_on, each, at=at)

    def _begin(self, session: Session, opened: Callable[[Arrival], None], at: datetime) -> None:
        raw = self._write(self.case, at)
        arrival = self._receive(session, raw, self._boxes[0], at)
        if self.case.copied:
            self._receive(session, raw, self._boxes[1], at + timedelta(seconds=20))
        self.submission_id = arrival.submission_id
        opened(arrival)

    def _go_on(self, post: Post, session: Session, at: datetime) -> None:
        """They write again; `by_token` to the address that our answers name, as programs without threads do."""
        subject = post.subject or f"Re: {self.case.subject}"
        letter = replace(self.case, text=post.text, subject=subject, headers=post.headers, files=(), html="", to=())
        if post.by_token:
            local, _, domain = self._boxes[0].partition("@")
            reply_to = f"{local}+{mail_tokens.token(self.submission_id, self.runtime.derive)}@{domain}"
            letter, self.last_id = replace(letter, headers=(*letter.headers, ("Delivered-To", reply_to))), ""
        self._receive(session, self._write(letter, at), self._boxes[0], at)

    def _answer(self, answered: Answered, session: Session, at: datetime) -> None:
        """The newsroom answers by mail."""
        answers, self.last_id = self.last_id, self._id(MAILBOXES[0])
        item = session.get_one(Submission, self.submission_id)
        theirs = session.scalars(select(Message).where(Message.submission_id == item.id).order_by(Message.id)).first()
        message = Message(
            submission_id=item.id,
            contact_point_id=theirs.contact_point_id if theirs else None,
            author_id=self.who.id,
            direction=Direction.OUT,
            channel=Channel.EMAIL,
            account=mail.SMTP,
            external_id=self.last_id,
            client_key=self.last_id,
            recipient=self.case.address,
            text=answered.text,
            extra={"from": self._boxes[0]},
            delivery_state=DeliveryState.SENT,
            at=at,
        )
        session.add(message)
        session.flush()
        session.add(MailRow(message_id=message.id, mail_id=self.last_id, in_reply_to=answers))
        done = {"state": JobState.DONE, "due_at": at, "created_at": at, "finished_at": at}
        session.add(Job(kind=JobKind.SEND, subject_id=message.id, tries=1, **done))
        conversation.count_outgoing(session, item, message.text, "submission:reply", actor=self.who, now=at)
        if answered.bounces:
            self._bounce(session, at + timedelta(minutes=2))

    def _bounce(self, session: Session, at: datetime) -> None:
        told = {"ours": self._boxes[0], "to": self.case.address, "date": format_datetime(at), "about": self.last_id[1:]}
        self._receive(session, BOUNCE.format(**told).encode(), self._boxes[0], at)

    def _receive(self, session: Session, raw: bytes, box: str, at: datetime) -> Arrival:
        read = replace(parse(raw), kind=self.case.kind)
        if self.case.damaged:
            read = replace(read, text="", html="", files=())
        arrival = mail.receive(
            session,
            read,
            address=box,
            original=self.runtime.storage.keep(io.BytesIO(raw)),
            files=keep_files(read.files, self.runtime.storage.keep),
            problem="unreadable" if self.case.damaged else "",
            profile=self.runtime.profile,
            derive=self.runtime.derive,
            now=at,
        )
        if arrival is None:
            raise RuntimeError("the newsroom wrote to itself")
        return arrival

    def _write(self, letter: Mail, at: datetime) -> bytes:
        """The bytes of a mail, which answers the one before it."""
        mime = EmailMessage()
        mime["From"], mime["To"] = formataddr((letter.name, letter.address)), ", ".join((self._boxes[0], *letter.to))
        mime["Subject"], mime["Date"] = letter.subject, format_datetime(at)
        if self.last_id:
            mime["In-Reply-To"] = mime["References"] = self.last_id
        mime["Message-ID"] = self.last_id = self._id(letter.address)
        for name, value in letter.headers:
            mime[name] = value
        mime.set_content(letter.text)
        if letter.html:
            self._format(mime, letter)
        for name, content_type in letter.files:
            content = files.fetched(content_type, self.lot) or b""
            mime.add_attachment(content, *content_type.split("/"), filename=name)
        return mime.as_bytes()

    def _format(self, mime: EmailMessage, letter: Mail) -> None:
        mime.add_alternative(letter.html, subtype="html")
        html = list(mime.iter_parts())[-1]
        for name in letter.pictures:
            picture = files.picture(name, self.lot)
            html.add_related(picture, "image", "jpeg", cid=f"<{name}>", filename=name, disposition="inline")

    def _id(self, address: str) -> str:
        return f"<{self.lot.randbytes(12).hex()}@{address.partition('@')[2]}>"

    @property
    def _boxes(self) -> tuple[str, ...]:
        """Two mailboxes of ours, made up where the profile has fewer."""
        return (*(mailbox.address for mailbox in self.runtime.profile.mailboxes), *MAILBOXES)[:2]
