"""E-mails as they stand in the database once they were taken in."""

from io import BytesIO
from itertools import count
from typing import Any

from desk_work import send
from PIL import Image

from inbox.models import Attachment, Channel, FileState, Mail, Message, Submission
from inbox.runtime import Runtime
from inbox.services import intake
from inbox.services.contacts import Sender
from inbox.services.intake import Incoming

_numbers = count(1)
LIN = Sender(Channel.EMAIL, "lin@reader.example", "Lin Ya-ting")
OURS = "news@newsroom.example"


def arrive(
    runtime: Runtime,
    text: str = "The bridge is closed.",
    *,
    subject: str = "The bridge",
    into: Submission | None = None,
    original: bytes = b"Subject: The bridge\r\n\r\nThe bridge is closed.\r\n",
    kind: str = "message",
    recipient: str = OURS,
    extra: dict[str, Any] | None = None,
    sender: Sender = LIN,
    **mail: Any,
) -> Message:
    """A mail from Lin; with `into` it joins that submission. `mail` are columns of the row of that name."""
    mail_id = f"<{next(_numbers)}@reader.example>"
    given: dict[str, Any] = {"channel": Channel.EMAIL, "sender": sender, "recipient": recipient, "extra": {"subject": subject, **(extra or {})}}
    if into is None:
        submission = send(runtime, text, subject=subject, kind=kind, **given)
    with runtime.database.writing() as session:
        if into is None:
            message = session.merge(submission).messages[0]
        else:
            incoming = Incoming(account="email", external_id=mail_id, text=text, **given)
            message = intake.receive_more(session, session.merge(into), incoming, now=runtime.clock()).message
        stored = runtime.storage.keep(BytesIO(original))
        row = {"mail_id": mail_id, "original_key": stored.key, "original_size": stored.size_bytes, **mail}
        session.add(Mail(message_id=message.id, **row))
        session.flush()
        session.refresh(message)
        _ = message.submission, message.mail
        return message


def picture(runtime: Runtime, message: Message) -> Attachment:
    """A picture of that mail, with its clean copy."""
    content = BytesIO()
    Image.new("RGB", (40, 30), (20, 90, 160)).save(content, "WEBP")
    with runtime.database.writing() as session:
        stored = runtime.storage.keep(BytesIO(content.getvalue()))
        made = {"copy_key": stored.key, "preview_key": stored.key, "copy_size": stored.size_bytes}
        file = Attachment(
            message_id=message.id,
            state=FileState.STORED,
            filename="chart.png",
            content_type="image/png",
            copy_type="image/png",
            storage_key=stored.key,
            created_at=runtime.clock(),
            **made,
        )
        session.add(file)
    return file
