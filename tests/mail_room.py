"""A conversation by mail as a story: what a reader writes, what Alice answers, and what a real mail server gets."""

import hashlib
from io import BytesIO
from itertools import count
from typing import Any

from smtp_peer import SmtpPeer
from sqlalchemy import select

from inbox import worker
from inbox.models import Attachment, FileState, Job, JobKind, Message, Submission, User
from inbox.runtime import Runtime
from inbox.services import answers, drafts, jobs, mail, replies, ways
from inbox.services.mail import ReadMail
from inbox.services.replies import Wanted

NEWS, PRESS, LING = "news@dcoglobalnews.example", "press@dcoglobalnews.example", "ling@example.org"
PROFILE = f"""
name = "DCO Global News"
[[mailboxes]]
address = "{NEWS}"
label = "News desk"
[[mailboxes]]
address = "{PRESS}"
label = "Press"
default_kind = "press_release"
reply_tokens = true
"""
_numbers = count(1)


class MailRoom:
    def __init__(self, runtime: Runtime, alice: User, clock, peer: SmtpPeer) -> None:
        self.runtime, self.alice, self.clock, self.peer = runtime, alice, clock, peer
        self.worker = worker.make(runtime)

    def gets(self, text: str = "The bridge is closed.", *, to: str = NEWS, subject: str = "The bridge", **more) -> int:
        """A mail arrives, and nobody is told of it by itself; return the id of its message."""
        values = {"mail_id": f"<{next(_numbers)}@example.org>", "sender": LING, "sender_name": "Ling", **more}
        digest = hashlib.sha256(f"{values['mail_id']}{text}".encode()).hexdigest()
        read = ReadMail(digest=digest, subject=subject, text=text, recipients=(to,), **values)
        original = self.runtime.storage.keep(BytesIO(text.encode()))
        profile, derive, now = self.runtime.profile, self.runtime.derive, self.clock()
        with self.runtime.database.writing() as session:
            given = {"profile": profile, "derive": derive, "now": now}
            arrival = mail.receive(session, read, address=to, original=original, **given)
            session.delete(jobs.find(session, JobKind.ARRIVAL, arrival.message_id))
            return arrival.message_id

    def acknowledges(self, number: int) -> None:
        with self.runtime.database.writing() as session:
            message = session.get_one(Message, number)
            profile, derive = self.runtime.profile, self.runtime.derive
            answers.welcome(session, message, profile, derive=derive, now=self.clock())
        self.worker.run_due()

    def ways(self) -> list[ways.Way]:
        with self.runtime.database.reading() as session:
            return ways.find_ways(session, self._newest(session), self.runtime.profile, now=self.clock())

    def replies(self, text: str = "Thank you", key: str = "key-1", **how: Any) -> int:
        with self.runtime.database.writing() as session:
            item = self._newest(session)
            known = {"actor": self.alice, "key": key, "seen": ways.newest(session, item), "now": self.clock()}
            known |= {"profile": self.runtime.profile, "derive": self.runtime.derive}
            return replies.reply(session, item, Wanted(text, **how), **known).id

    def attaches(self, filename: str, content_type: str, content: bytes, copy: bytes | None = None) -> None:
        """A file is held with Alice's draft, and its clean copy is made."""
        stored = self.runtime.storage.keep(BytesIO(content))
        clean = self.runtime.storage.keep(BytesIO(content if copy is None else copy))
        with self.runtime.database.writing() as session:
            file = Attachment(
                form_token=drafts.files_key(self._newest(session), self.alice),
                state=FileState.STORED,
                filename=filename,
                content_type=content_type,
                size_bytes=stored.size_bytes,
                sha256=stored.sha256,
                storage_key=stored.key,
                copy_key=clean.key,
                copy_type=content_type,
                copy_size=clean.size_bytes,
                created_at=self.clock(),
            )
            session.add(file)

    def waits(self, **duration: float) -> None:
        self.clock.advance(**duration)
        self.worker.run_due()

    def does(self, act, number: int) -> None:
        with self.runtime.database.writing() as session:
            act(session, session.get_one(Message, number), actor=self.alice, now=self.clock())

    def message(self, number: int) -> Message:
        with self.runtime.database.reading() as session:
            found = session.get_one(Message, number)
            _ = found.mail
            return found

    def job(self, number: int) -> Job:
        with self.runtime.database.reading() as session:
            return session.scalars(select(Job).where(Job.kind == JobKind.SEND, Job.subject_id == number)).one()

    def submission(self) -> Submission:
        with self.runtime.database.reading() as session:
            return self._newest(session)

    def _newest(self, session) -> Submission:
        return session.scalars(select(Submission).order_by(Submission.id.desc())).first()
