"""What follows the arrival of a message, and does not keep whoever brought it waiting."""

from sqlalchemy.orm import Session

from inbox.models import Message
from inbox.runtime import Runtime
from inbox.services import answers, notices
from inbox.services.jobs import Lease


class FollowArrival:
    """Does what follows the message whose id is the job's subject; every step of it can be done again."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def do(self, lease: Lease) -> None:
        with self._runtime.database.writing() as session:
            now = self._runtime.clock()
            if message := session.get(Message, lease.subject_id):
                profile = self._runtime.profile
                answers.welcome(session, message, profile, derive=self._runtime.derive, now=now)
                notices.arrived(session, message, now=now)
        self._runtime.bell.set()

    def give_up(self, session: Session, lease: Lease, code: str) -> None:
        """The message is here all the same; the job itself says what went wrong."""
