"""What was said, as tests ask for it: messages that came in, and those that go out."""

from sqlalchemy import Select, select

from inbox.models import Direction, Message
from inbox.runtime import Runtime


def received() -> Select[tuple[Message]]:
    """The messages from outside."""
    return select(Message).where(Message.direction == Direction.IN)


def answered() -> Select[tuple[Message]]:
    """The messages of the newsroom, its own acknowledgements included."""
    return select(Message).where(Message.direction == Direction.OUT)


def answers(runtime: Runtime) -> list[str]:
    """The texts of the newsroom's messages, the oldest first."""
    with runtime.database.reading() as session:
        return [message.text for message in session.scalars(answered().order_by(Message.id))]
