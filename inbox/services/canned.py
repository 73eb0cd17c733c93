"""Texts that are kept for replies, and the placeholders in them."""

import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.errors import NotFound, TextRefused
from inbox.models import CannedReply, Submission, User
from inbox.services import audit
from inbox.services.ways import TEXT_LENGTH
from inbox.text import N_, clean

NAME_LENGTH = 100
PLACEHOLDERS = {
    "name": N_("the name of the person you answer"),
    "reference": N_("the reference of the submission"),
    "newsroom": N_("the newsroom's name"),
    "editor": N_("your name"),
}
_PLACEHOLDER = re.compile(r"\{([^{}\s]{1,40})\}")

NO_NAME = N_("Give it a name, so that others find it.")
NO_TEXT = N_("Write what it says.")
TAKEN = N_("There is a saved reply with this name already. Take another name, or change that one.")
TOO_LONG = N_("This is longer than 1,600 characters, the most that one message can hold. Shorten it.")
UNKNOWN = N_("There is no placeholder %(placeholder)s. Use {name}, {reference}, {newsroom} or {editor}.")
GAP = N_("There is still a gap: %(placeholder)s. Nothing is known to put there; write it yourself or take it out.")


def listed(session: Session) -> list[CannedReply]:
    """All of them, by name."""
    return list(session.scalars(select(CannedReply).order_by(func.lower(CannedReply.name), CannedReply.id)))


def get(session: Session, number: int) -> CannedReply:
    """Return the one with this id. Raises NotFound."""
    found = session.get(CannedReply, number)
    if found is None:
        raise NotFound(str(number))
    return found


def save(
    session: Session, reply: CannedReply | None, name: str, text: str, *, actor: User, now: datetime
) -> CannedReply:
    """Add one (`reply` None) or change it. Raises TextRefused, with words, for what cannot be kept like this."""
    name, text = " ".join(clean(name).split())[:NAME_LENGTH], clean(text).replace("\r\n", "\n").strip()
    _check(session, reply, name, text)
    verb = "canned_reply:change" if reply else "canned_reply:add"
    if reply is None:
        reply = CannedReply()
        session.add(reply)
    reply.name, reply.text, reply.changed_at = name, text, now
    session.flush()
    audit.record(session, actor, verb, None, now=now, canned_reply=reply.id)
    return reply


def remove(session: Session, reply: CannedReply, *, actor: User, now: datetime) -> None:
    """Delete one; what was written with it stays as it is."""
    audit.record(session, actor, "canned_reply:remove", None, now=now, canned_reply=reply.id)
    session.delete(reply)
    session.flush()


def _check(session: Session, reply: CannedReply | None, name: str, text: str) -> None:
    if not name:
        raise TextRefused(NO_NAME, "name")
    if not text:
        raise TextRefused(NO_TEXT)
    if len(text) > TEXT_LENGTH:
        raise TextRefused(TOO_LONG)
    if unknown := [found for found in _PLACEHOLDER.findall(text) if found not in PLACEHOLDERS]:
        raise TextRefused(UNKNOWN, placeholder=f"{{{unknown[0]}}}")
    same = session.scalar(select(CannedReply.id).where(CannedReply.name == name))
    if same is not None and (reply is None or same != reply.id):
        raise TextRefused(TAKEN, "name")


def values(submission: Submission, editor: User, newsroom: str) -> dict[str, str]:
    """What is known for each placeholder; "" where nothing is."""
    contact = submission.contact
    name = contact.name if contact else ""
    return {"name": name, "reference": submission.reference, "newsroom": newsroom, "editor": editor.name}


def fill(text: str, known: Mapping[str, str]) -> str:
    """Put in what is known. A placeholder without a value stays, as a gap that everybody sees."""
    return _PLACEHOLDER.sub(lambda place: known.get(place[1]) or place[0], text)


def gap(text: str) -> str:
    """The first placeholder of ours that still stands in a text, or ""."""
    return next((found[0] for found in _PLACEHOLDER.finditer(text) if found[1] in PLACEHOLDERS), "")
