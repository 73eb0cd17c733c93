"""Telling staff by e-mail what they have not been told yet."""

from datetime import timedelta

from sqlalchemy.orm import Session

from inbox.runtime import Runtime
from inbox.services import notice_letters, notices
from inbox.services.jobs import Lease

EVERY = timedelta(minutes=1)


class TellStaff:
    """Does its round; without a server for mail nobody is told of anything."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def do(self, lease: Lease) -> None:
        runtime, now = self._runtime, self._runtime.clock()
        with runtime.database.writing() as session:
            notices.channels(session, now=now)
        if runtime.settings.smtp_server is None and not runtime.settings.rehearses_mail:
            return
        with runtime.database.reading() as session:
            people = notice_letters.waiting(session)
        for user_id in people:
            with runtime.database.writing() as session:
                address = runtime.settings.public_url
                notice_letters.write(session, user_id, profile=runtime.profile, public_url=address, now=now)
        if people:
            runtime.bell.set()

    def give_up(self, session: Session, lease: Lease, code: str) -> None:
        """The next round does it."""
