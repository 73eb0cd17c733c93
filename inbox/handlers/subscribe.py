"""Writing to who asked for the newsletter."""

from sqlalchemy.orm import Session

from inbox import db
from inbox.runtime import Runtime
from inbox.services import newsletter
from inbox.services.jobs import Lease


class Subscribe:
    """Asks whoever signed up with the consent whose id is the job's subject to confirm it."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def do(self, lease: Lease) -> None:
        runtime = self._runtime

        def follow(session: Session) -> None:
            newsletter.follow(session, runtime, lease.subject_id, now=runtime.clock())

        db.exactly_once(runtime.database.writing, follow)
        runtime.bell.set()

    def give_up(self, session: Session, lease: Lease, code: str) -> None:
        """Whoever asked can ask again; what was never confirmed is forgotten by itself."""
