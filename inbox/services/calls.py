"""Telephone calls. A call is one message, and is told in pieces: callbacks that come in any order, each perhaps twice.

The first callback of a call, whichever it is, opens its message (in the submission that the caller still has
open, or in a new one); each later one adds what it knows. A recording whose call nobody told of yet has an
unknown sender until a callback names the caller.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import Call, Channel, Message, Submission
from inbox.profile import Profile
from inbox.rendering import message as render
from inbox.rows import insert_values
from inbox.services import intake
from inbox.services.contacts import Sender
from inbox.services.intake import Incoming
from inbox.services.media import RemoteFile

COMPLETED = "completed"
# How far a call, its recording and its transcription have come: a word further on is never taken back by one
# before it. What a call ended with is told once; the words for it share a place.
ENDED = frozenset({COMPLETED, "busy", "no-answer", "canceled", "failed"})
_CALL = ("", "queued", "initiated", "ringing", "in-progress", *sorted(ENDED - {COMPLETED}), COMPLETED)
_RECORDING = ("", "in-progress", "absent", "failed", COMPLETED)
_TRANSCRIPTION = ("", "in-progress", "failed", COMPLETED)


@dataclass(frozen=True)
class Told:
    """What one callback says of a call; a default value says nothing.

    caller:    their address; "" if they withhold it, None if the callback does not speak of it
    kind:      the one chosen by key
    raw:       the provider's parameters as they came
    """

    account: str
    call_sid: str
    caller: str | None = None
    number: str = ""
    kind: str = ""
    status: str = ""
    seconds: int | None = None
    recording: str = ""
    recording_sid: str = ""
    recording_url: str = ""
    recording_seconds: int | None = None
    recorded_at: datetime | None = None
    error_code: str = ""
    transcription: str = ""
    transcript: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


def take_in(session: Session, told: Told, profile: Profile, *, now: datetime) -> None:
    """Note what a callback says. Any order and any repetition of a call's callbacks ends in the same one message.

    Raises IntegrityError if another transaction stores the same call, or the first message of the same
    caller, at this moment; the caller rolls back and calls again.
    """
    call = _find_or_make(session, told, now)
    kind_before = _kind(call, profile)
    _learn(call, told)
    incoming = _incoming(call, profile, told.raw)
    if call.message_id is None:
        arrival = intake.receive(session, incoming, region=profile.country, now=now)
        if arrival.repeated:
            return  # something else has this id: it is not ours to change
        call.message_id = arrival.message_id
    else:
        intake.revise(session, session.get_one(Message, call.message_id), incoming, now=now)
    session.flush()
    if incoming.kind != kind_before:
        _settle_kind(session, call, incoming.kind, now)


def _find_or_make(session: Session, told: Told, now: datetime) -> Call:
    """The call's row, locked until the transaction ends."""
    this = (Call.account == told.account, Call.call_sid == told.call_sid)
    call = session.scalar(select(Call).where(*this).with_for_update())
    if call:
        return call
    return session.get_one(Call, insert_values(session, Call, account=told.account, call_sid=told.call_sid, at=now))


def _learn(call: Call, told: Told) -> None:
    """Add what the callback says to what is known."""
    if told.caller is not None:
        call.caller = call.caller or told.caller
    for name in ("number", "kind", "recording_sid", "recording_url", "transcript"):
        setattr(call, name, getattr(call, name) or getattr(told, name))
    if told.seconds is not None:
        call.seconds = told.seconds
    if _is_further(_CALL, call.status, told.status):
        call.status = told.status
    if _is_further(_TRANSCRIPTION, call.transcription, told.transcription):
        call.transcription = told.transcription
    _learn_of_recording(call, told)


def _learn_of_recording(call: Call, told: Told) -> None:
    is_final = told.recording == COMPLETED
    if is_final or call.recording_seconds is None:
        call.recording_seconds = told.recording_seconds
    if is_final:  # should something record the call once more, that is one more file
        call.recording_url = told.recording_url or call.recording_url
        call.recorded_at = told.recorded_at or call.recorded_at
    if _is_further(_RECORDING, call.recording, told.recording):
        call.recording, call.error_code = told.recording, told.error_code


def _is_further(words: tuple[str, ...], known: str, told: str) -> bool:
    return told in words and words.index(told) > words.index(known)


def _kind(call: Call, profile: Profile) -> str:
    """The kind that the call asks for: the one chosen by key, else that of the number which was called."""
    number = profile.number(call.number)
    return call.kind or (number.default_kind if number else "message")


def _settle_kind(session: Session, call: Call, kind: str, now: datetime) -> None:
    """The first key pressed in a submission decides its kind; before any, the call that opened it does."""
    submission_id = session.get_one(Message, call.message_id).submission_id
    calls = select(Call.id).join(Message, Message.id == Call.message_id).where(Message.submission_id == submission_id)
    if session.scalar(calls.order_by(Call.kind == "", Call.message_id).limit(1)) == call.id:
        intake.change_kind(session, session.get_one(Submission, submission_id), kind, now=now)


def _incoming(call: Call, profile: Profile, raw: Mapping[str, Any]) -> Incoming:
    """The message that the call is by now."""
    seconds = call.recording_seconds
    line = render(
        "voice",
        "line",
        voicemail=call.recording == COMPLETED or bool(call.transcript),
        length=f"{seconds // 60}:{seconds % 60:02}" if seconds else "",
        over=_is_over(call),
    )
    return Incoming(
        channel=Channel.VOICE,
        account=call.account,
        external_id=call.recording_sid or call.call_sid,
        text=call.transcript,
        kind=_kind(call, profile),
        subject=line,
        gist=line,
        sender=Sender(Channel.VOICE, call.caller, can_reply=call.caller.startswith("+")) if call.caller else None,
        recipient=call.number,
        remote_files=_files(call, profile),
        extra=_extra(call),
        raw=raw,
    )


def _is_over(call: Call) -> bool:
    return call.status in ENDED or call.recording in ("absent", "failed")


def _files(call: Call, profile: Profile) -> tuple[RemoteFile, ...]:
    """The recording, once the provider says that it can be fetched."""
    if call.recording != COMPLETED or not call.recording_url:
        return ()
    at = (call.recorded_at or call.at).astimezone(ZoneInfo(profile.time_zone))
    name = render("voice", "file", at=f"{at:%Y-%m-%d %H.%M}")
    # Without an extension Twilio gives a WAV, which is several times as large (Twilio docs, "Recordings resource").
    return (RemoteFile(f"{call.recording_url}.mp3", "audio/mpeg", f"{name}.mp3"),)


def _extra(call: Call) -> dict[str, Any]:
    """What has no column of the message; `transcript` says that its text was written by a machine."""
    recording = {"status": call.recording, "seconds": call.recording_seconds, "error_code": call.error_code}
    facts = {
        "call": {"sid": call.call_sid, "status": call.status, "seconds": call.seconds, "over": _is_over(call)},
        "recording": recording if call.recording else None,
        "transcription": call.transcription,
        "transcript": bool(call.transcript),
    }
    return {name: fact for name, fact in facts.items() if fact}
