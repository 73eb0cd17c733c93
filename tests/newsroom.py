"""One conversation as a story: what the reader writes, what Alice answers, and a worker that runs when it is told to."""

from typing import Any

from conftest import ACCOUNT
from flask import Flask
from said import answered, follow_arrivals
from signing import post, sign, text_message
from sqlalchemy import select

from inbox import worker
from inbox.models import Direction, Job, JobKind, Message, Submission, User
from inbox.runtime import Runtime
from inbox.services import replies
from inbox.services.replies import Wanted

STATUS = "/hooks/twilio/status"


class Newsroom:
    def __init__(self, app: Flask, runtime: Runtime, alice: User, clock) -> None:
        self.runtime, self.alice, self.clock = runtime, alice, clock
        self.client = app.test_client()
        self.worker = worker.make(runtime)
        self._said = 0

    def hears(self, text: str = "The bridge is closed", **fields: str) -> None:
        self._said += 1
        assert post(self.client, text_message(text, f"SM{self._said:032x}", **fields)).status_code == 200
        follow_arrivals(self.runtime)

    def seen(self) -> int:
        with self.runtime.database.reading() as session:
            newest = select(Message.id).where(Message.direction == Direction.IN).order_by(Message.id.desc())
            return session.scalars(newest).first() or 0

    def submission(self) -> Submission:
        """The newest one."""
        with self.runtime.database.reading() as session:
            return session.scalars(select(Submission).order_by(Submission.id.desc())).first()

    def replies(self, text: str = "Thank you", key: str = "key-1", seen: int | None = None, **how: Any) -> int:
        with self.runtime.database.writing() as session:
            submission = session.get_one(Submission, self.submission().id)
            message = replies.reply(
                session,
                submission,
                Wanted(text, **how),
                actor=self.alice,
                key=key,
                seen=self.seen() if seen is None else seen,
                profile=self.runtime.profile,
                derive=self.runtime.derive,
                now=self.clock(),
            )
            return message.id

    def does(self, act, number: int) -> None:
        """Something that a person does about a message."""
        with self.runtime.database.writing() as session:
            act(session, session.get_one(Message, number), actor=self.alice, now=self.clock())

    def waits(self, **duration: float) -> None:
        self.clock.advance(**duration)
        self.worker.run_due()

    def reply(self) -> Message:
        """The one answer of a person."""
        with self.runtime.database.reading() as session:
            return session.scalars(answered().where(Message.author_id.is_not(None))).one()

    def job(self, number: int) -> Job:
        with self.runtime.database.reading() as session:
            return session.scalars(select(Job).where(Job.kind == JobKind.SEND, Job.subject_id == number)).one()

    def is_told(self, sid: str, status: str, **more: str) -> int:
        """Twilio reports about a message."""
        fields = {"MessageSid": sid, "MessageStatus": status, "AccountSid": ACCOUNT, **more}
        signature = sign(fields, "http://127.0.0.1:8000" + STATUS)
        return self.client.post(STATUS, data=fields, headers={"X-Twilio-Signature": signature}).status_code
