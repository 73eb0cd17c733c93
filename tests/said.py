"""What was said, as tests ask for it: messages that came in, and those that go out."""

from sqlalchemy import Select, select

from inbox.handlers.arrival import FollowArrival
from inbox.models import Direction, JobKind, Message
from inbox.runtime import Runtime
from inbox.services import jobs
from inbox.worker import Worker


def received() -> Select[tuple[Message]]:
    """The messages from outside."""
    return select(Message).where(Message.direction == Direction.IN)


def answered() -> Select[tuple[Message]]:
    """The messages of the newsroom, its own acknowledgements included."""
    return select(Message).where(Message.direction == Direction.OUT)


def follow_arrivals(runtime: Runtime) -> None:
    """What the worker does as soon as a message is here, and nothing else."""
    at_work, others = Worker(runtime, {JobKind.ARRIVAL: FollowArrival(runtime)}), {*JobKind} - {JobKind.ARRIVAL}

    def take() -> jobs.Lease | None:
        with runtime.database.writing() as session:
            return jobs.take(session, but_no=others, now=runtime.clock())

    while lease := take():
        at_work.do(lease)


def answers(runtime: Runtime) -> list[str]:
    """The texts of the newsroom's messages, the oldest first, once what has arrived was followed by what follows it."""
    follow_arrivals(runtime)
    with runtime.database.reading() as session:
        return [message.text for message in session.scalars(answered().order_by(Message.id))]
