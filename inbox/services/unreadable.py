"""E-mails that could not be read: each is a placeholder in a submission, and needs attention until that is decided.

Once somebody has asked for another try, the job that does it tells how that went (`services.failures`).
"""

from dataclasses import dataclass

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, contains_eager, raiseload

from inbox.models import Job, JobKind, Mail, Message, Submission, User
from inbox.models.mail import UNREADABLE
from inbox.models.submission import WAITING
from inbox.services import accounts

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """Messages with their mail and submission, the newest first; `older` is the cursor of the next page, or None."""

    messages: list[Message]
    older: int | None


NOTHING = Page([], None)


def count(user: User, most: int) -> Select[int]:
    """The statement that counts those that this user may know of, up to `most`."""
    return select(func.count()).select_from(_ids(user).limit(most).subquery())


def find_page(session: Session, user: User, *, before: int | None = None) -> Page:
    """Return the newest ones that this user may know of, or those before a cursor."""
    ids = _ids(user).order_by(Mail.id.desc()).limit(PAGE_SIZE + 1)
    if before is not None:
        ids = ids.where(Mail.id < before)
    loaded = contains_eager(Message.mail), contains_eager(Message.submission), raiseload("*")
    joined = select(Message).join(Message.mail).join(Message.submission).options(*loaded)
    found = session.scalars(joined.where(Mail.id.in_(ids)).order_by(Mail.id.desc())).all()
    shown = list(found[:PAGE_SIZE])
    last = shown[-1].mail if len(found) > len(shown) else None
    return Page(shown, last.id if last else None)


def _ids(user: User) -> Select[int]:
    """The mails in question. The rest is asked of each of these few, so that every plan begins with their index."""
    is_tried = exists().where(Job.kind == JobKind.MAIL, Job.subject_id == Mail.message_id)
    of_mail = (Message.id == Mail.message_id, Submission.id == Message.submission_id)
    waits = exists().where(*of_mail, WAITING, accounts.visible(user)).correlate(Mail)
    return select(Mail.id).where(UNREADABLE, ~is_tried, waits)
