"""A telephone call as Twilio tells it, callback by callback."""

from typing import Any

from conftest import ACCOUNT
from flask.testing import FlaskClient
from signing import Fields, post
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.test import TestResponse

from inbox.models import Contact, Message, Submission
from inbox.runtime import Runtime

PATH = "/hooks/twilio/voice"
PATHS = {"voice": PATH, "recording": f"{PATH}/recording", "transcription": f"{PATH}/transcription"}
CALLER, NUMBER = "+886900000021", "+886963563485"


class Call:
    """One call; each method is a callback: the address it goes to and its parameters."""

    def __init__(self, number: int = 1, caller: str | None = CALLER, to: str = NUMBER) -> None:
        self.sid, self.recording_sid = f"CA{number:032x}", f"RE{number:032x}"
        self.url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/{self.recording_sid}"
        self.named: Fields = {"Direction": "inbound", "To": to}
        if caller is not None:
            self.named["From"] = caller

    def ring(self) -> tuple[str, Fields]:
        return PATH, self._fields(CallStatus="ringing", **self.named)

    def choose(self, digits: str = "") -> tuple[str, Fields]:
        return f"{PATH}/choice", self._fields(CallStatus="in-progress", Digits=digits, **self.named)

    def action(self, digits: str = "#") -> tuple[str, Fields]:
        recorded = {"RecordingSid": self.recording_sid, "RecordingUrl": self.url, "RecordingDuration": "42"}
        return PATH, self._fields(CallStatus="in-progress", Digits=digits, **recorded, **self.named)

    def recording(self, status: str = "completed", seconds: str = "42") -> tuple[str, Fields]:
        recorded = {"RecordingSid": self.recording_sid, "RecordingStatus": status, "RecordingDuration": seconds}
        if status == "completed":
            recorded["RecordingUrl"] = self.url
        started = {"RecordingStartTime": "Fri, 20 Nov 2026 06:31:07 +0000", "ErrorCode": "0"}
        return PATHS["recording"], self._fields(**recorded, **started)

    def transcription(self, text: str = "Please call me about the rents.") -> tuple[str, Fields]:
        spoken = {"TranscriptionText": text} if text else {}
        status = "completed" if text else "failed"
        fields = {"RecordingSid": self.recording_sid, "RecordingUrl": self.url, "TranscriptionStatus": status}
        return PATHS["transcription"], self._fields(CallStatus="completed", **fields, **spoken, **self.named)

    def ended(self, status: str = "completed") -> tuple[str, Fields]:
        return PATH, self._fields(CallStatus=status, CallDuration="58", **self.named)

    def _fields(self, **fields: Any) -> Fields:
        return {"AccountSid": ACCOUNT, "CallSid": self.sid, **fields}


def tell(client: FlaskClient, *callbacks: tuple[str, Fields]) -> TestResponse:
    """Post the callbacks one after the other; return the last answer."""
    for path, fields in callbacks:
        answer = post(client, fields, path=path)
        assert answer.status_code == 200, (path, fields)
    return answer


def stored(runtime: Runtime) -> list[Submission]:
    """All submissions, the oldest first, with their messages, files and contact."""
    wanted = select(Submission).order_by(Submission.id)
    contact = joinedload(Submission.contact).selectinload(Contact.points)
    files = selectinload(Submission.messages).options(
        selectinload(Message.attachments), joinedload(Message.contact_point)
    )
    with runtime.database.reading() as session:
        return list(session.scalars(wanted.options(contact, files, selectinload(Submission.history))))
