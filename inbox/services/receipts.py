"""References, which may be said aloud, and receipt codes, which open a submission for its sender."""

import hashlib
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import Submission

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and capitals without I, L, O and U: 32 characters, five bits each (Crockford's base 32)."""
CODE_LENGTH = 16  # 80 bits
_READ_AS = str.maketrans("OIL", "011", "- \t\u2010\u2011\u2012\u2013\u2014")


def new_reference(prefix: str) -> str:
    """Return a reference such as PR-7K3M9Q: one of a thousand million, which the database holds to be unique."""
    return f"{prefix}-{_letters(secrets.randbits(30), 6)}"


def make_code(entropy: bytes) -> str:
    """Return the receipt code for at least ten random bytes: sixteen characters in fours."""
    letters = _letters(int.from_bytes(entropy[:10], "big"), CODE_LENGTH)
    return "-".join(letters[i : i + 4] for i in range(0, CODE_LENGTH, 4))


def _letters(number: int, count: int) -> str:
    return "".join([ALPHABET[number >> 5 * i & 31] for i in range(count)])


def hash_code(code: str) -> str:
    """Return what is stored of a code. Case, hyphens and spaces do not matter; O reads as 0, I and L as 1."""
    return hashlib.sha256(code.strip().upper().translate(_READ_AS).encode()).hexdigest()


def find_by_code(session: Session, code: str) -> Submission | None:
    """Return the submission that this code opens, or None."""
    return session.scalar(select(Submission).where(Submission.receipt_hash == hash_code(code)))
