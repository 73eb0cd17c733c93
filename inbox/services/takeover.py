"""The end of the WhatsApp guide: from then on it is silent, for good."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from inbox.models import DeliveryState, Guide, GuideStage, Message, Submission

AT_WORK = tuple(stage for stage in GuideStage if stage.at_work)
KEY = "guide:"
"""What the client keys of the guide's messages begin with."""


def stepped_in(submission: Submission) -> bool:
    """Whether staff have done something with a submission: then the guide does not begin."""
    return submission.version > 1


def end(session: Session, submission_id: int, stage: GuideStage) -> bool:
    """End the guide of a submission as `stage`; False if it was over already.

    Every act of staff that takes a submission in hand calls this. What the guide has not sent yet is not sent,
    except when its time is up: a late acknowledgement is better than none.
    """
    mine = (Guide.submission_id == submission_id, Guide.stage.in_(AT_WORK))
    ended = session.scalar(update(Guide).where(*mine).values(stage=stage).returning(Guide.id))
    if stage is not GuideStage.TIMED_OUT:
        _unsay(session, submission_id)
    return ended is not None


def _unsay(session: Session, submission_id: int) -> None:
    waiting = (Message.submission_id == submission_id, Message.delivery_state == DeliveryState.QUEUED)
    of_guide = Message.client_key.startswith(KEY)
    session.execute(update(Message).where(*waiting, of_guide).values(delivery_state=DeliveryState.CANCELLED))
