"""Putting away what nobody needs any more: files of forms that were never sent, sign-ups that nobody
confirmed, and traces of work long done."""

from datetime import timedelta

from sqlalchemy.orm import Session

from inbox.runtime import Runtime
from inbox.services import jobs, letters, media, notices, outbox, subscribers
from inbox.services.jobs import Lease

EVERY = timedelta(hours=1)
UNFINISHED_FORMS_KEPT = timedelta(days=1)
REPORTS_KEPT = timedelta(days=2)
"""How long a report waits for a message of ours that it may be about."""
DONE_KEPT = timedelta(days=30)


class Tidy:
    """Does its round; what is too much for one is left for the next."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def do(self, lease: Lease) -> None:
        now = self._runtime.clock()
        with self._runtime.database.writing() as session:
            keys = media.sweep(session, before=now - UNFINISHED_FORMS_KEPT)
            outbox.forget_reports(session, before=now - REPORTS_KEPT)
            jobs.forget_done(session, before=now - DONE_KEPT)
            notices.forget(session, now=now)
            subscribers.forget_unconfirmed(session, now=now)
            letters.forget_settled(session, letters.NOTICE, before=now - DONE_KEPT)
        self._runtime.storage.delete(keys)

    def give_up(self, session: Session, lease: Lease, code: str) -> None:
        """The next round does it."""
