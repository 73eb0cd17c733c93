"""Where a mail belongs: whether it is here already, at which address, and which submission it is part of.

What it answers and our own token decide, never its subject or its sender alone.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from inbox.models import Attachment, Direction, Letter, Mail, Message, Submission
from inbox.profile import Profile
from inbox.services import mail_tokens
from inbox.services.mail_tokens import Derive
from inbox.text import clean

if TYPE_CHECKING:
    from inbox.services.mail import ReadMail

LONGEST_ID = 200
MOST_NAMED = 50
"""How many of the mails that a mail refers to are looked for, the newest first."""


@dataclass(frozen=True)
class Place:
    """Where a mail belongs.

    mail_id:      the Message-ID by which it is known here
    external_id:  the same, or one of its own where another mail came under that Message-ID (`is_reused`)
    is_ours:      we sent it ourselves
    repeat_id:    the message that it is already
    copy_of_id:   the message that it is at another address of ours
    submission_id, joined_by: what it answers, and how that is known; None and "" if it begins something
    """

    mail_id: str
    external_id: str
    is_reused: bool = False
    is_ours: bool = False
    repeat_id: int | None = None
    copy_of_id: int | None = None
    submission_id: int | None = None
    joined_by: str = ""


def find(session: Session, read: "ReadMail", address: str, sha256: str, profile: Profile, derive: Derive) -> Place:
    """Say where a mail belongs that came to `address`; `sha256` is of its bytes, by which a placeholder is known."""
    mail_id = mail_id_of(read)
    others = _known(session, read, sha256)
    if _is_ours(session, read, mail_id, others, profile, derive):
        return Place(mail_id, mail_id, is_ours=True)
    same = [row for row in others if row.is_same(read, sha256)]
    is_reused = len(same) < len(others)
    external_id = f"{mail_id}#{read.digest[:12]}" if is_reused else mail_id
    if same:
        here = next((row.message_id for row in same if row.account == address), None)
        first = same[0].copy_of_id or same[0].message_id
        return Place(mail_id, external_id, is_reused, repeat_id=here, copy_of_id=first)
    submission_id, joined_by = _answered(session, read, mail_id, derive)
    return Place(mail_id, external_id, is_reused, submission_id=submission_id, joined_by=joined_by)


def known_as(mail_id: str) -> str:
    """A Message-ID as it is kept: as it came, unless it is longer than any mail program makes them; "" for none."""
    text = clean(mail_id)
    return text if len(text) <= LONGEST_ID else f"<{hashlib.sha256(text.encode()).hexdigest()}@long.invalid>"


def mail_id_of(read: "ReadMail") -> str:
    """The Message-ID by which a mail is known here; one that has none gets one from its content, always the same."""
    return known_as(read.mail_id) or _made_of(read.digest)


def _made_of(digest: str) -> str:
    return f"<{digest}@made.invalid>"


def is_here(session: Session, read: "ReadMail", address: str, sha256: str) -> bool:
    """Whether this mail has come to `address` before, be it as a placeholder with these bytes."""
    return any(row.account == address and row.is_same(read, sha256) for row in _known(session, read, sha256))


def placeholder(session: Session, message_id: int) -> Mail | None:
    """The mail that is this message, if it could not be read."""
    return session.scalar(select(Mail).where(Mail.message_id == message_id, Mail.problem != ""))


def twin_of(session: Session, read: "ReadMail", mail: Mail) -> int | None:
    """The first arrival, in another message than this mail's, of what a placeholder turned out to be."""
    others = (row for row in _known(session, read, read.digest) if row.message_id != mail.message_id)
    return next((row.copy_of_id or row.message_id for row in others if row.is_same(read, read.digest)), None)


def keys_of(session: Session, which: ColumnElement[bool]) -> set[str]:
    """The names in storage that mails use; `which` is a condition on `Mail`."""
    files = select(Attachment.storage_key).join(Mail, Mail.message_id == Attachment.message_id)
    return {*session.scalars(select(Mail.original_key).where(which)), *session.scalars(files.where(which))}


@dataclass(frozen=True)
class _Known:
    """A message that has the Message-ID in question."""

    message_id: int
    copy_of_id: int | None
    digest: str
    account: str
    direction: Direction

    def is_same(self, read: "ReadMail", sha256: str) -> bool:
        """Whether it is this mail; a placeholder is told by the bytes of its original."""
        return self.direction is Direction.IN and self.digest in (read.digest, sha256)


def _known(session: Session, read: "ReadMail", sha256: str) -> list[_Known]:
    """The messages with this mail's Message-ID, the oldest first."""
    ids = {known_as(read.mail_id)} if read.mail_id else {_made_of(read.digest), _made_of(sha256)}
    wanted = select(Mail.message_id, Mail.copy_of_id, Mail.digest, Message.account, Message.direction)
    rows = session.execute(wanted.join(Mail.message).where(Mail.mail_id.in_(ids)).order_by(Mail.id))
    return [_Known(*row) for row in rows]


def _is_ours(
    session: Session, read: "ReadMail", mail_id: str, others: list[_Known], profile: Profile, derive: Derive
) -> bool:
    """Whether we sent it, and it came back to us as a blind copy does. Whoever else takes our Message-ID is heard."""
    if profile.mailbox(read.sender) is None:
        return False
    if mail_tokens.submission_of(mail_id, derive) is not None:
        return True
    is_letter = select(exists().where(Letter.mail_id == mail_id))
    return any(row.direction is Direction.OUT for row in others) or bool(session.scalar(is_letter))


def _answered(session: Session, read: "ReadMail", mail_id: str, derive: Derive) -> tuple[int | None, str]:
    """The submission that a mail answers: where the newest mail that it names is now, else the one of a token."""
    named = [name for name in _named(read) if name != mail_id]
    places = _submissions_of(session, named)
    for name in named:
        if name in places:
            return places[name], "reply" if mail_tokens.submission_of(name, derive) is None else "token"
    tokens = [mail_tokens.in_address(address, derive) for address in (*read.delivered_to, *read.recipients)]
    tokens += [mail_tokens.submission_of(name, derive) for name in named]
    for number in tokens:
        if number is not None and session.get(Submission, number) is not None:
            return number, "token"
    return None, ""


def _named(read: "ReadMail") -> list[str]:
    about = read.bounce.original_id if read.bounce else ""
    names = (read.in_reply_to, about, *reversed(read.references))
    return [name for name in dict.fromkeys(known_as(name) for name in names) if name][:MOST_NAMED]


def _submissions_of(session: Session, mail_ids: list[str]) -> dict[str, int]:
    """In which submission each of these Message-IDs is.

    Of several mails under one the newest counts, but ours before those of anybody who takes our Message-ID.
    """
    wanted = select(Mail.mail_id, Message.submission_id).join(Mail.message).where(Mail.mail_id.in_(mail_ids))
    rows = session.execute(wanted.order_by(Message.direction == Direction.OUT, Mail.id))
    return {name: number for name, number in rows}  # noqa: C416
