"""Twilio's parameters of a voice callback, as what it says of the call. Pure: no request, no database.

Every parameter but the call's id is optional, and no value is what it should be for sure.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from inbox.kinds import Kind
from inbox.services.calls import Told

Parameters = Mapping[str, str]

ID_LENGTH, WORD_LENGTH, ADDRESS_LENGTH, URL_LENGTH = 64, 32, 320, 2000
LONGEST = 24 * 3600
_E164 = re.compile(r"\+[1-9][0-9]{4,14}")
_CALL_SID = re.compile(r"CA[0-9A-Za-z]{1,62}")
_RECORDING_SID = re.compile(r"RE[0-9A-Za-z]{1,62}")
# What Twilio puts in place of a number that is withheld: a word, or the digits that spell one on a keypad
# (Twilio help center, "Why am I getting calls from these strange numbers?").
_WITHHELD_WORDS = frozenset({"", "anonymous", "blocked", "private", "restricted", "unavailable", "unknown", "withheld"})
_WITHHELD_NUMBERS = frozenset({"266696687", "2562533", "7378742833", "8656696", "86282452253"})


def told(given: Parameters, kind: str = "") -> Told | None:
    """Return what a callback says of a call, with the kind that was chosen by key; None if it is about none of ours."""
    call_sid = given.get("CallSid", "").strip()
    if not _CALL_SID.fullmatch(call_sid) or given.get("Direction", "").startswith("outbound"):
        return None
    recording_sid = given.get("RecordingSid", "").strip()
    return Told(
        account=given.get("AccountSid", "").strip()[:ID_LENGTH],
        call_sid=call_sid,
        caller=_caller(given),
        number=(given.get("To") or given.get("Called") or "").strip()[:ADDRESS_LENGTH],
        kind=kind,
        status=_word(given, "CallStatus"),
        seconds=_seconds(given.get("CallDuration", "")),
        recording=_word(given, "RecordingStatus"),
        recording_sid=recording_sid if _RECORDING_SID.fullmatch(recording_sid) else "",
        recording_url=_address(given.get("RecordingUrl", "")),
        recording_seconds=_seconds(given.get("RecordingDuration", "")),
        recorded_at=_moment(given.get("RecordingStartTime", "")),
        error_code=given.get("ErrorCode", "").strip().removeprefix("0")[:WORD_LENGTH],
        transcription=_word(given, "TranscriptionStatus"),
        transcript=given.get("TranscriptionText", "").strip(),
        raw=dict(given),
    )


def chosen(digits: str, menu: tuple[Kind, ...]) -> str:
    """The kind whose key was pressed, or "" where none was; the first of the menu has the 1."""
    digits = digits.strip()
    keys = {str(key): kind.name for key, kind in enumerate(menu, 1)}
    return keys.get(digits, "")


def _caller(given: Parameters) -> str | None:
    if "From" not in given and "Caller" not in given:
        return None
    address = (given.get("From") or given.get("Caller") or "").strip()
    name = address.removeprefix("sip:").partition("@")[0].lower()
    if name in _WITHHELD_WORDS or name.removeprefix("+") in _WITHHELD_NUMBERS:
        return ""
    # Only a number begins with "+", and only a number can be called back.
    return address if _E164.fullmatch(address) else address.lstrip("+")[:ADDRESS_LENGTH]


def _word(given: Parameters, name: str) -> str:
    return given.get(name, "").strip().lower()[:WORD_LENGTH]


def _seconds(text: str) -> int | None:
    """A length; None where it is unknown, which Twilio writes as -1."""
    text = text.strip()
    return int(text) if re.fullmatch("[0-9]{1,5}", text) and int(text) <= LONGEST else None


def _address(text: str) -> str:
    text = text.strip()
    return text if text.startswith(("https://", "http://")) and len(text) <= URL_LENGTH else ""


def _moment(text: str) -> datetime | None:
    """A time as mail writes it ("Fri, 20 Nov 2026 06:31:07 +0000"), if it can be one of ours."""
    try:
        moment = parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if 2000 < moment.year < 2100 else None
