"""Reply tokens: a submission's number with a proof that we wrote it, in reply addresses and in our Message-IDs.

A token stands in a local part, which some servers fold to lower case, so it is base 32 and its case does not matter.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable

Derive = Callable[[str, str], bytes]
"""`Runtime.derive`: bytes that only this installation can compute."""

MAC_BYTES = 10  # 80 bits: nobody finds one by trying
LONGEST = 32
_OURS = re.compile(r"<([a-z2-7]+)\.[a-z2-7]+@[^<>@\s]+>", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"[^@]*\+([a-z2-7]+)@", re.IGNORECASE)


def token(submission_id: int, derive: Derive) -> str:
    """The reply token of a submission: at most 32 lower-case letters and digits, always the same."""
    number = submission_id.to_bytes((submission_id.bit_length() + 7) // 8 or 1, "big")
    return _base32(number + derive("mail-token", str(submission_id))[:MAC_BYTES])


def read(text: str, derive: Derive) -> int | None:
    """The submission that a token of ours names, in any case of letters; None for any other text."""
    if not text.isascii() or len(text) > LONGEST:
        return None
    padded = text.upper() + "=" * (-len(text) % 8)
    try:
        submission_id = int.from_bytes(base64.b32decode(padded)[:-MAC_BYTES], "big")
    except binascii.Error:
        return None
    return submission_id if hmac.compare_digest(token(submission_id, derive), text.lower()) else None


def message_id(submission_id: int, unique: str, domain: str, derive: Derive) -> str:
    """The Message-ID, with its angle brackets, of a mail of ours about a submission.

    `unique` tells the mails of a submission apart; the same one gives the same Message-ID, so that each try to send
    a mail sends the same one.
    """
    return f"<{token(submission_id, derive)}.{_base32(derive('mail-id', unique)[:MAC_BYTES])}@{domain}>"


def submission_of(mail_id: str, derive: Derive) -> int | None:
    """The submission that a Message-ID of ours is about; None for everybody else's. The domain may have changed."""
    found = _OURS.fullmatch(mail_id.strip())
    return read(found[1], derive) if found else None


def in_address(address: str, derive: Derive) -> int | None:
    """The submission whose token stands in an address such as news+TOKEN@example.org, or None."""
    found = _IN_ADDRESS.match(address)
    return read(found[1], derive) if found else None


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
