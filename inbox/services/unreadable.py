"""E-mails that could not be read: each is a placeholder in a submission, and needs attention until that is decided."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager, raiseload

from inbox.models import Mail, Message, User
from inbox.models.submission import WAITING
from inbox.services import accounts

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """Messages with their mail and submission, the newest first; `older` is the cursor of the next page, or None."""

    messages: list[Message]
    older: int | None


NOTHING = Page([], None)


def count(user: User, most: int) -> Select[tuple[int]]:
    """The statement that counts those that this user may know of, up to `most`."""
    return select(func.count()).select_from(_visible(user, Mail.id).limit(most).subquery())


def find_page(session: Session, user: User, *, before: int | None = None) -> Page:
    """Return the newest ones that this user may know of, or those before a cursor."""
    statement = _visible(user, Message).options(
        contains_eager(Message.mail), contains_eager(Message.submission), raiseload("*")
    )
    if before is not None:
        statement = statement.where(Mail.id < before)
    found = session.scalars(statement.order_by(Mail.id.desc()).limit(PAGE_SIZE + 1)).all()
    shown = list(found[:PAGE_SIZE])
    last = shown[-1].mail if len(found) > len(shown) else None
    return Page(shown, last.id if last else None)


def _visible(user: User, *what: Any) -> Select[Any]:
    mine = (Mail.problem != "", WAITING, accounts.visible(user))
    joined = select(*what).select_from(Mail).join(Mail.message).join(Message.submission)
    return joined.where(*mine)
