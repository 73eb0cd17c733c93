"""Taking in what was sent to us and never reached us, from where the last look ended to a moment ago."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from inbox.db import exactly_once
from inbox.logs import log
from inbox.runtime import Runtime
from inbox.services import recovery
from inbox.services.jobs import Lease, NotNow
from inbox.services.recovery import Archive, Listed

MOST_AT_ONCE = 1000
"""Beyond it a span of time is halved, so that days of a busy account need little memory and are kept as they come."""
SHORTEST_SPAN = timedelta(minutes=1)
ENOUGH = timedelta(minutes=2)
"""After this a look ends; the next one goes on from there."""


class Reconcile:
    """Asks `archive`; without one there is nothing to do."""

    def __init__(self, runtime: Runtime, archive: Archive | None) -> None:
        self._runtime, self._archive = runtime, archive

    def do(self, lease: Lease) -> None:
        if self._archive is None:
            return
        began = self._runtime.clock()
        end = began - recovery.SETTLED
        with self._runtime.database.reading() as session:
            reached = recovery.complete_until(session, self._archive.account, now=end)
        while True:
            reached, listed = self._span(self._archive, reached, max(end, reached))
            self._take_in(listed)
            with self._runtime.database.writing() as session:
                recovery.advance(session, self._archive.account, reached)
            if reached >= end or self._runtime.clock() - began > ENOUGH:
                return

    def give_up(self, session: Session, lease: Lease, code: str) -> None:
        """Nothing depends on it: the next look begins where the last good one ended."""

    def _span(self, archive: Archive, start: datetime, end: datetime) -> tuple[datetime, list[Listed]]:
        """As much of the time from `start` on as is not too much at once, and what was sent to us in it."""
        while end - start > SHORTEST_SPAN:
            listed = archive.listed(start - recovery.OVERLAP, end, MOST_AT_ONCE)
            if listed is not None:
                return end, listed
            end = start + (end - start) / 2
        return end, archive.listed(start - recovery.OVERLAP, end, None) or []

    def _take_in(self, listed: list[Listed]) -> None:
        """Store what is missing, the oldest first. One that cannot be stored holds up no other, but the look fails."""
        with self._runtime.database.reading() as session:
            missing = recovery.missing(session, listed)
        trouble: Exception | None = None
        for each in missing:
            try:
                self._store(each)
            except NotNow:  # Twilio is away: the others would fail alike
                raise
            except Exception as error:
                trouble = error
        if missing:
            log.warning("messages recovered", number=len(missing), complete=trouble is None)
        if trouble:
            raise trouble

    def _store(self, listed: Listed) -> None:
        incoming, profile, now = listed.read(), self._runtime.profile, self._runtime.clock()
        exactly_once(
            self._runtime.database.writing,
            lambda session: recovery.take_in(session, incoming, listed.sent_at, profile=profile, now=now),
        )
