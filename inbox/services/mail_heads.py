"""The head of a mail of ours about a submission: its subject, and by what it and its answer find their conversation."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import Channel, DeliveryState, Direction, Mail, Message, Submission
from inbox.profile import Profile
from inbox.services import mail_tokens
from inbox.services.mail_tokens import Derive
from inbox.services.provider import MailHead

MOST_REFERENCES = 20
LONGEST_SUBJECT = 500
"""Servers take no line of more than 998 characters (RFC 5322, section 2.1.1)."""
LOOKED_AT = 20
"""How far back to look for a mail that a person wrote, past reports and vacation notices."""
MADE = ".invalid>"
"""How Message-IDs end that we made for mails that have none, or a boundless one: nobody else knows them."""
_UNSENT = (DeliveryState.FAILED, DeliveryState.CANCELLED)
_ANSWER = re.compile(r"^(?:(?:re|aw|sv|antw|回覆|回复|答覆|答复)(?:\[\d+\])?\s*[:：]\s*)+", re.IGNORECASE)


def make(
    session: Session,
    submission: Submission,
    ours: str,
    *,
    key: str,
    profile: Profile,
    derive: Derive,
    headers: Mapping[str, str] | None = None,
) -> MailHead:
    """Return the head of a mail from our address `ours`: it answers the newest mail of the submission, if there is one.

    `key` tells the mails of a submission apart; the same one gives the same Message-ID.
    """
    token, domain = mail_tokens.token(submission.id, derive), ours.rpartition("@")[2]
    newest = _newest(session, submission)
    references = _references(newest) if newest else ()
    return MailHead(
        subject=subject(session, submission),
        mail_id=mail_tokens.message_id(submission.id, key, domain, derive),
        in_reply_to=references[-1] if references else "",
        references=references,
        reply_to=_reply_to(profile, ours, token),
        headers=headers or {},
    )


def subject(session: Session, submission: Submission) -> str:
    """What a mail of ours to the sender is headed with: the newest subject, with one "Re:" if it answers a mail."""
    newest = _newest(session, submission)
    if newest is None:
        return submission.subject
    last = str(newest.extra.get("subject", "")) or submission.subject
    return f"Re: {_ANSWER.sub('', last.strip())}".strip()[:LONGEST_SUBJECT]


def kept(head: MailHead) -> dict[str, Any]:
    """What of a head the message keeps in `extra`; its ids are in its `Mail`."""
    parts = {"subject": head.subject, "references": list(head.references), "reply_to": head.reply_to}
    return {name: part for name, part in {**parts, "headers": dict(head.headers)}.items() if part}


def of(message: Message) -> MailHead | None:
    """The head of a mail of ours as it was made; None for a message that is none."""
    if message.mail is None:
        return None
    extra = message.extra
    return MailHead(
        subject=str(extra.get("subject", "")),
        mail_id=message.mail.mail_id,
        in_reply_to=message.mail.in_reply_to,
        references=tuple(extra.get("references", ())),
        reply_to=str(extra.get("reply_to", "")),
        headers=extra.get("headers", {}),
    )


def _newest(session: Session, submission: Submission) -> Message | None:
    """The newest mail that a person sent us, which they surely have; else the newest of ours."""
    of_this = (Message.submission_id == submission.id, Message.channel == Channel.EMAIL)
    mails = select(Message).join(Message.mail).where(*of_this).order_by(Message.at.desc(), Message.id.desc())
    theirs = mails.where(Message.direction == Direction.IN, Mail.copy_of_id.is_(None)).limit(LOOKED_AT)
    written = (message for message in session.scalars(theirs) if not {"automatic", "bounce"} & message.extra.keys())
    ours = mails.where(Message.direction == Direction.OUT, Message.delivery_state.not_in(_UNSENT)).limit(1)
    return next(written, None) or session.scalar(ours)


def _references(newest: Message) -> tuple[str, ...]:
    """What an answer refers to (RFC 5322, section 3.6.4): what the mail refers to, and last the mail itself."""
    assert newest.mail
    before = [str(name) for name in newest.extra.get("references", ())] or [newest.mail.in_reply_to]
    named = [name for name in dict.fromkeys((*before, newest.mail.mail_id)) if name and not name.endswith(MADE)]
    return tuple(named if len(named) <= MOST_REFERENCES else [named[0], *named[1 - MOST_REFERENCES :]])


def _reply_to(profile: Profile, ours: str, token: str) -> str:
    """Where the answer goes, with the token in the address where the mailbox takes such addresses; else "": to us."""
    mailbox = profile.mailbox(ours)
    name, _, domain = ours.partition("@")
    return f"{name}+{token}@{domain}" if mailbox and mailbox.reply_tokens else ""
