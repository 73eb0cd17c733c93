"""Ending the WhatsApp guide where nobody answered it."""

from sqlalchemy.orm import Session

from inbox.runtime import Runtime
from inbox.services import guide
from inbox.services.jobs import Lease


class EndGuide:
    """Hands the conversation of the guide whose id is the job's subject over to staff when its time is up."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def do(self, lease: Lease) -> None:
        with self._runtime.database.writing() as session:
            guide.time_up(session, lease.subject_id, now=self._runtime.clock())

    def give_up(self, session: Session, lease: Lease, code: str) -> None:
        """Nothing is left to do: past its time the guide is silent anyway."""
