"""Files that go out with a reply: what each channel takes, and the address from which the provider fetches one.

The limits are Twilio's: "Accepted content types for media" and "Guidance on WhatsApp media messages". A mail carries
files of every type itself; large mail services take 25 MB in all, of which the encoding is a quarter.
"""

import hmac
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.errors import NotFound, ReplyRefused
from inbox.models import Attachment, Channel, Direction, FileState, Message
from inbox.services import media, provider
from inbox.services.jobs import NotNow, Refused
from inbox.services.media import File
from inbox.text import N_

MB = 1024 * 1024
LIMIT = {Channel.WHATSAPP: 16 * MB, Channel.RCS: 16 * MB, Channel.SMS: 5 * MB, Channel.EMAIL: 18 * MB}
LARGEST = max(LIMIT.values())
PICTURE_LIMIT = 5 * MB
MOST_FILES = 10
CAPTION_LENGTH = 1024
ADDRESS_LASTS = timedelta(hours=48)
LOOK_AGAIN = timedelta(seconds=5)

_OFFICE = "application/vnd.openxmlformats-officedocument."
_DOCUMENTS = {
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    f"{_OFFICE}wordprocessingml.document",
    f"{_OFFICE}spreadsheetml.sheet",
    f"{_OFFICE}presentationml.presentation",
    "text/vcard",
}
_WITH_TEXT = {"image/jpeg", "image/png", "video/mp4"}
TAKES = {
    Channel.WHATSAPP: _WITH_TEXT | _DOCUMENTS | {"audio/ogg", "audio/amr", "audio/aac", "audio/mpeg", "video/3gpp"},
    Channel.RCS: _WITH_TEXT | {"image/gif", "application/pdf"},
    Channel.SMS: _WITH_TEXT
    | _DOCUMENTS
    | {"image/gif", "image/heic", "image/heif", "image/tiff", "video/quicktime", "video/3gpp", "video/webm"}
    | {"audio/mp4", "audio/mpeg", "audio/ogg", "audio/amr", "audio/aac", "text/csv", "text/calendar"},
}

WRONG_TYPE = N_("“%(name)s” cannot be sent on %(channel)s. Save it as JPEG, MP4 or PDF and attach that.")
TOO_LARGE = N_("“%(name)s” is larger than the %(limit)d MB that %(channel)s takes. Attach a smaller copy.")
TOO_LARGE_TOGETHER = N_(
    "Together the files are larger than the %(limit)d MB that %(channel)s takes. Send some of them after it."
)
ONE_ONLY = N_("WhatsApp carries one file in a message. Send the first, then the others one by one.")
TOO_MANY = N_("A message carries at most ten files. Send the others after it.")
NO_TEXT = N_("WhatsApp shows no text beside a file like this. Send the text first, then the file by itself.")
LONG_CAPTION = N_("Beside a picture or video the text may have 1,024 characters. Send the text first, then the file.")

Derive = Callable[[str, str], bytes]


def check(files: Sequence[Attachment], channel: Channel, address: str, text: str) -> None:
    """Raise ReplyRefused, in words, where these files cannot go to this address beside this text."""
    if not files:
        return
    if channel is Channel.SMS and address.startswith("+886"):
        raise ReplyRefused(provider.explain("media"))
    for file in files:
        _check_one(file, channel)
    if len(files) > MOST_FILES:
        raise ReplyRefused(TOO_MANY)
    if sum(_size(file) for file in files) > LIMIT[channel]:
        words = TOO_LARGE if len(files) == 1 else TOO_LARGE_TOGETHER
        raise _refused(words, files[-1], channel, LIMIT[channel])
    if channel is Channel.WHATSAPP:
        _check_whatsapp(files, text)


def _size(file: Attachment) -> int:
    """The larger of a file and its copy, as far as they are known: what leaves is the copy."""
    return max(file.size_bytes or 0, file.copy_size or 0)


def _check_one(file: Attachment, channel: Channel) -> None:
    if channel is Channel.EMAIL:
        return
    if file.content_type not in TAKES[channel]:
        raise _refused(WRONG_TYPE, file, channel)
    limit = PICTURE_LIMIT if file.is_image else LIMIT[channel]
    if (file.size_bytes or 0) > limit:
        raise _refused(TOO_LARGE, file, channel, limit)


def _check_whatsapp(files: Sequence[Attachment], text: str) -> None:
    if len(files) > 1:
        raise ReplyRefused(ONE_ONLY)
    if text.strip() and files[0].content_type not in _WITH_TEXT:
        raise ReplyRefused(NO_TEXT)
    if len(text) > CAPTION_LENGTH:
        raise ReplyRefused(LONG_CAPTION)


def _refused(words: str, file: Attachment, channel: Channel, limit: int = 0) -> ReplyRefused:
    return ReplyRefused(words, name=file.filename, channel=channel.label, limit=limit // MB)


def copy_to_send(attachment: Attachment) -> File:
    """The copy that leaves the house: the clean one, and the file itself only where none can be made of its kind.

    Raises NotFound while it is not looked at, and for what must not leave.
    """
    if attachment.is_ready:
        return media.clean_copy_of(attachment)
    if attachment.state is not FileState.STORED:
        raise NotFound("this file does not leave")
    return media.original_of(attachment)


def check_ready(files: Sequence[Attachment]) -> None:
    """Raise `jobs.NotNow` while a file is being made safe, `jobs.Refused` if one must not leave."""
    if any(file.state is FileState.REJECTED or file.is_infected for file in files):
        raise Refused(provider.UNSAFE_FILE)
    if any(file.is_moving or file.state is FileState.HELD for file in files):
        raise NotNow(provider.UNSAFE_FILE, LOOK_AGAIN)


def path(attachment: Attachment, derive: Derive, *, now: datetime) -> str:
    """An address that nobody can guess, from which this file can be fetched for two days."""
    ends = int((now + ADDRESS_LASTS).timestamp())
    name = quote(media.clean_filename(attachment.filename), safe="")
    return f"/outgoing/{attachment.id}.{ends}.{_seal(derive, attachment.id, ends)}/{name}"


def find(session: Session, token: str, derive: Derive, *, now: datetime) -> Attachment:
    """The file that this token of an address is for. Raises NotFound for a token that is not ours or has ended."""
    number, ends, seal = _parts(token)
    if not hmac.compare_digest(seal, _seal(derive, number, ends)) or datetime.fromtimestamp(ends, UTC) <= now:
        raise NotFound("no such address")
    ours = select(Attachment).join(Attachment.message).where(Message.direction == Direction.OUT)
    attachment = session.scalar(ours.where(Attachment.id == number, Attachment.state == FileState.STORED))
    if attachment is None:
        raise NotFound("no such file")
    return attachment


def _parts(token: str) -> tuple[int, int, str]:
    number, _, rest = token.partition(".")
    ends, _, seal = rest.partition(".")
    plain = all(part.isascii() and part.isdecimal() and len(part) < 12 for part in (number, ends))
    if not plain or not seal.isascii():
        raise NotFound("no such address")
    return int(number), int(ends), seal


def _seal(derive: Derive, number: int, ends: int) -> str:
    return derive("outgoing-file", f"{number}.{ends}").hex()
