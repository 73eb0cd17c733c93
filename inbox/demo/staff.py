"""The made-up colleagues. They have no password, so nobody can sign in as one of them."""

from datetime import datetime

from sqlalchemy.orm import Session

from inbox.models import Role, User
from inbox.services import accounts

PEOPLE = (
    ("yichun", "林怡君", Role.EDITOR),
    ("pohan", "陳柏翰", Role.EDITOR),
    ("sarah", "Sarah Whitmore", Role.EDITOR),
    ("daniel", "Daniel Hsieh", Role.EDITOR),
    ("peishan", "吳佩珊", Role.ADS),
    ("james", "James Tsai", Role.VIEWER),
)
EDITORS = ("yichun", "pohan", "sarah", "daniel")
ADVERTISING = "peishan"


def hire(session: Session, *, now: datetime) -> dict[str, User]:
    """Make the accounts that are not there yet; return everybody by the key above."""
    return {key: _hire(session, f"{key}@newsroom.example", name, role, now) for key, name, role in PEOPLE}


def _hire(session: Session, email: str, name: str, role: Role, now: datetime) -> User:
    return accounts.find(session, email) or accounts.add_staff(session, email, name, role, now=now)
