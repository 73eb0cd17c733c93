"""Sending mail that is no part of a conversation, never twice by itself: written down before the server is called."""

from sqlalchemy.orm import Session

from inbox.runtime import Runtime
from inbox.services import letters
from inbox.services.jobs import Lease, NotNow, Refused
from inbox.services.letters import Post
from inbox.services.provider import SMTP_UNCLEAR, Unclear


class SendLetter:
    """Sends the letter whose id is the job's subject, once."""

    def __init__(self, runtime: Runtime, post: Post) -> None:
        self._runtime, self._post = runtime, post

    def do(self, lease: Lease) -> None:
        with self._runtime.database.writing() as session:
            letter = letters.begin(session, lease.subject_id)
        if letter is None:
            return
        try:
            self._post.post(letter)
        except (NotNow, Refused):
            with self._runtime.database.writing() as session:
                letters.put_back(session, lease.subject_id)
            raise
        except Unclear:
            raise Refused(SMTP_UNCLEAR) from None
        with self._runtime.database.writing() as session:
            letters.sent(session, lease.subject_id, now=self._runtime.clock())

    def give_up(self, session: Session, lease: Lease, code: str) -> None:
        letters.give_up(session, lease.subject_id, code)
