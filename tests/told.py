"""What staff were told by e-mail, as tests ask for it: the letters themselves are sent elsewhere."""

from sqlalchemy import select

from inbox.handlers.notices import EVERY, TellStaff
from inbox.models import JobKind, Letter, User
from inbox.runtime import Runtime
from inbox.services import jobs
from inbox.worker import Worker

SERVER = "smtp://127.0.0.1:2525"


def tell(runtime: Runtime) -> None:
    """What the worker does about notices when their time has come, and nothing else."""
    at_work, others = Worker(runtime, {JobKind.NOTICES: TellStaff(runtime)}), {*JobKind} - {JobKind.NOTICES}
    with runtime.database.writing() as session:
        jobs.keep_up(session, JobKind.NOTICES, every=EVERY, now=runtime.clock())
    with runtime.database.writing() as session:
        lease = jobs.take(session, but_no=others, now=runtime.clock())
    if lease:
        at_work.do(lease)


def letters_to(runtime: Runtime, who: User) -> list[Letter]:
    """The letters to this person, the oldest first."""
    with runtime.database.reading() as session:
        return list(session.scalars(select(Letter).where(Letter.recipient == who.email).order_by(Letter.id)))


def everybody_told(runtime: Runtime) -> dict[str, list[str]]:
    """The subjects of all letters, by the person's first name in lower case."""
    found: dict[str, list[str]] = {}
    with runtime.database.reading() as session:
        for letter in session.scalars(select(Letter).order_by(Letter.id)):
            found.setdefault(letter.recipient.partition("@")[0], []).append(letter.subject)
    return found
