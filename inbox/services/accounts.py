"""Who may see and do what. Every page and every query of submissions asks here."""

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from inbox.errors import NotAllowed, NotFound
from inbox.models import Role, Submission, User

READ = "submission:read"
CLAIM = "submission:claim"
ASSIGN = "submission:assign"
MOVE = "submission:move"
PRIORITISE = "submission:prioritise"
LABEL = "submission:label"
NOTE = "submission:note"
ASK = "submission:ask"
DOWNLOAD = "attachment:read"

_READING = frozenset({READ, DOWNLOAD})
_WORKING = _READING | {CLAIM, ASSIGN, MOVE, PRIORITISE, LABEL, NOTE, ASK}

VERBS: dict[Role, frozenset[str]] = {
    Role.VIEWER: _READING,
    Role.EDITOR: _WORKING,
    Role.ADS: _WORKING,
    Role.ADMIN: _WORKING,
}
ADS_KINDS = ("advertising",)
"""All that advertising staff see: the tip form promises that they cannot open tips."""


def may(user: User, verb: str, submission: Submission | None = None) -> bool:
    """Whether this user may do `verb`, with this submission if one is given."""
    if not user.active or verb not in VERBS[user.role]:
        return False
    return submission is None or user.role is not Role.ADS or submission.kind in ADS_KINDS


def visible(user: User) -> ColumnElement[bool]:
    """The condition that every query of submissions for this user carries."""
    return Submission.kind.in_(ADS_KINDS) if user.role is Role.ADS else true()


def get_submission(session: Session, user: User, reference: str, verb: str = READ) -> Submission:
    """Return a submission that this user may see, to do `verb`.

    Raises NotFound alike when there is none and when the user may not know of it, NotAllowed when the
    user sees it but may not do `verb`.
    """
    submission = session.scalar(select(Submission).where(Submission.reference == reference.upper(), visible(user)))
    if submission is None or not may(user, READ, submission):
        raise NotFound(reference)
    if not may(user, verb, submission):
        raise NotAllowed(verb)
    return submission


def colleagues(session: Session) -> list[User]:
    """The people a submission can be given to."""
    active = select(User).where(User.active, User.role != Role.VIEWER).order_by(User.name)
    return list(session.scalars(active))


def has_staff(session: Session) -> bool:
    """Whether anybody can sign in at all; until then the set-up link works."""
    return bool(session.scalar(select(func.count()).select_from(User)))
