"""Files that people send: known by their content, kept as they came, shown only as copies drawn anew."""

import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.errors import NoPreview, UploadRefused
from inbox.models import Attachment, FileState
from inbox.rows import insert_values
from inbox.services import previews, sniff
from inbox.storage import Storage, Stored
from inbox.text import N_, clean

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."

# What can be sent: the family, the extensions, and the content types that a file with one of them may turn out
# to hold. Cameras and messengers often misname one picture or video format as another, so a family stands
# together; a document must be exactly what its name says. Pages, drawings made of code (HTML, SVG, XML),
# scripts, programs and archives are never on this list.
_TABLE = (
    (
        "picture",
        "jpg jpeg jpe jfif png webp gif heic heif avif tif tiff",
        "image/jpeg image/png image/webp image/gif image/heic image/heif image/avif image/tiff",
    ),
    ("video", "mp4 m4v mov 3gp 3g2", "video/mp4 video/x-m4v video/quicktime video/3gpp"),
    ("video", "webm mkv", "video/webm video/x-matroska"),
    ("video", "avi", "video/x-msvideo"),
    ("sound", "m4a", "audio/mp4 video/mp4 video/3gpp"),
    ("sound", "mp3 aac", "audio/mpeg audio/aac"),
    ("sound", "ogg oga opus", "audio/ogg"),
    ("sound", "wav", "audio/wav"),
    ("sound", "amr", "audio/amr"),
    ("sound", "flac", "audio/flac"),
    ("document", "pdf", "application/pdf"),
    ("document", "docx", f"{_OFFICE}wordprocessingml.document"),
    ("document", "xlsx", f"{_OFFICE}spreadsheetml.sheet"),
    ("document", "pptx", f"{_OFFICE}presentationml.presentation"),
    ("document", "doc", "application/msword application/rtf"),
    ("document", "xls", "application/vnd.ms-excel"),
    ("document", "ppt", "application/vnd.ms-powerpoint"),
    ("document", "odt", f"{_OPEN}text"),
    ("document", "ods", f"{_OPEN}spreadsheet"),
    ("document", "rtf", "application/rtf"),
    ("text", "txt", "text/plain text/vcard text/calendar"),
    ("text", "csv", "text/plain"),
    ("text", "vcf", "text/vcard"),
    ("text", "ics", "text/calendar"),
)
FAMILY = {extension: family for family, extensions, _ in _TABLE for extension in extensions.split()}
ACCEPTED = {extension: frozenset(types.split()) for _, extensions, types in _TABLE for extension in extensions.split()}

# Where the content cannot tell two kinds apart, the name may: a table in commas is text, and some telephones
# record sound into a file that calls itself a video.
_NAMED = {
    ("csv", "text/plain"): "text/csv",
    ("txt", "text/vcard"): "text/plain",
    ("txt", "text/calendar"): "text/plain",
    ("m4a", "video/mp4"): "audio/mp4",
    ("m4a", "video/3gpp"): "audio/mp4",
}
CONTENT_TYPES = frozenset().union(*ACCEPTED.values(), _NAMED.values())
"""Every content type that `inspect` can return."""

UNKNOWN = N_("“%(name)s” is a kind of file we cannot open. Save it as PDF and choose it again.")
EMPTY = N_("“%(name)s” is empty. Choose the original file again.")
MACROS = N_("“%(name)s” carries a program (a macro). Save it as PDF and choose it again.")
TOO_LARGE = N_("“%(name)s” is larger than any picture we can open. Save it smaller and choose it again.")
OTHERWISE = {
    "picture": N_(
        "“%(name)s” says it is a picture, but its content is something else."
        " Choose the original picture, or save it as JPEG and choose it again."
    ),
    "video": N_(
        "“%(name)s” says it is a video, but its content is something else."
        " Choose the original video, or save it as MP4 and choose it again."
    ),
    "sound": N_(
        "“%(name)s” says it is a sound recording, but its content is something else."
        " Choose the original recording, or save it as MP3 and choose it again."
    ),
    "document": N_(
        "“%(name)s” says it is a document, but its content is something else, or it has a password."
        " Save it as PDF and choose it again."
    ),
    "text": N_(
        "“%(name)s” says it is text, but its content is something else."
        " Save it as plain text in UTF-8, or as PDF, and choose it again."
    ),
}

NAME_BYTES = 200  # file systems take 255 and editors like to put something in front
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]')
_EXTENSION = re.compile(r"\.([A-Za-z0-9_-]{0,20}[A-Za-z][A-Za-z0-9_-]{0,20})$")
PREVIEW_SOURCE_BYTES = 50 * 1024 * 1024


def inspect(file: BinaryIO, filename: str) -> str:
    """Return a file's content type, found from its content and in keeping with its name.

    Raises UploadRefused for what is not on the list, is not what its name says, or is empty. The file
    is left at its beginning.
    """
    name = clean_filename(filename)
    extension = _extension(name)
    if extension is not None and extension not in ACCEPTED:
        raise UploadRefused(UNKNOWN, name=name)
    if file.seek(0, io.SEEK_END) == 0:
        raise UploadRefused(EMPTY, name=name)
    kind = sniff.content_type(file)
    if kind == sniff.MACROS:
        raise UploadRefused(MACROS, name=name)
    if kind is None or kind not in (ACCEPTED[extension] if extension else CONTENT_TYPES):
        raise _otherwise(name, extension)
    if kind.startswith("image/"):
        _inspect_picture(file, kind, name, extension)
    return _NAMED.get((extension or "", kind), kind)


def clean_filename(name: str) -> str:
    """Return a name that is safe to show, to save under and to put into a header; it may still be anybody's.

    Folders, control and invisible characters (those that turn the direction of writing among them) and
    characters that file systems refuse are taken out, and a long name is cut in front of its extension.
    """
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    visible = "".join(c for c in last if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    spaced = " ".join(unicodedata.normalize("NFC", visible).split())
    return _shorten(_NOT_IN_NAMES.sub("_", spaced).strip(". ")) or "file"


@dataclass(frozen=True)
class RemoteFile:
    """A file that is still at the provider."""

    url: str
    content_type: str
    filename: str = ""


def announce(session: Session, message_id: int, file: RemoteFile, *, now: datetime) -> None:
    """Add a file to a message that has yet to be fetched."""
    insert_values(
        session,
        Attachment,
        message_id=message_id,
        state=FileState.PENDING,
        source_url=file.url,
        content_type=file.content_type[:255],
        filename=clean(file.filename)[:500],
        created_at=now,
    )


def hold(
    session: Session, stored: Stored, *, filename: str, content_type: str, form_token: str, now: datetime
) -> Attachment:
    """Remember a stored file of a form that is still being corrected; `form_token` is the hash of its token."""
    attachment = Attachment(
        state=FileState.STORED,
        form_token=form_token,
        filename=clean_filename(filename),
        content_type=content_type,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        storage_key=stored.key,
        created_at=now,
    )
    session.add(attachment)
    session.flush()
    return attachment


def held(session: Session, form_token: str) -> list[Attachment]:
    """The files that wait with a form, in the order in which they came."""
    mine = (Attachment.form_token == form_token, Attachment.message_id.is_(None))
    return list(session.scalars(select(Attachment).where(*mine).order_by(Attachment.id)))


def drop(session: Session, attachments: Sequence[Attachment]) -> list[str]:
    """Delete the rows and return the names in storage, to be deleted there once this is committed."""
    for attachment in attachments:
        session.delete(attachment)
    session.flush()
    return [attachment.storage_key for attachment in attachments if attachment.storage_key]


def sweep(session: Session, *, before: datetime, limit: int = 500) -> list[str]:
    """Drop files that came before `before` with forms nobody finished, the oldest first; as `drop` returns."""
    abandoned = (
        select(Attachment)
        .where(Attachment.form_token.is_not(None), Attachment.message_id.is_(None), Attachment.created_at < before)
        .order_by(Attachment.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # a form that is being finished at this moment keeps its files
    )
    return drop(session, session.scalars(abandoned).all())


def preview(storage: Storage, attachment: Attachment) -> bytes:
    """Return a small copy of a picture as WebP, made once and kept. Raises NoPreview where there is none."""
    key = _preview_key(attachment)
    try:
        return storage.read(key)
    except FileNotFoundError:
        picture = previews.render(_original(storage, attachment), attachment.content_type)
    storage.put(key, picture)
    return picture


def _original(storage: Storage, attachment: Attachment) -> BinaryIO:
    if attachment.content_type not in previews.FORMATS or (attachment.size_bytes or 0) > PREVIEW_SOURCE_BYTES:
        raise NoPreview(attachment.content_type)
    try:
        return io.BytesIO(storage.read(attachment.storage_key))
    except FileNotFoundError:
        raise NoPreview("the original is gone") from None


def _preview_key(attachment: Attachment) -> str:
    if attachment.state is not FileState.STORED or not attachment.is_image:
        raise NoPreview(attachment.content_type)
    return f"previews/{attachment.storage_key.removeprefix('originals/')}.webp"


def _inspect_picture(file: BinaryIO, kind: str, name: str, extension: str | None) -> None:
    """Let no page through that only begins like a picture, and no picture that only serves to burst memory."""
    if sniff.holds_markup(file.read(sniff.HEAD_BYTES)):
        raise _otherwise(name, extension)
    file.seek(0)
    if kind not in previews.FORMATS:
        return
    try:
        pixels = previews.pixels(file, kind)
    except NoPreview:
        raise _otherwise(name, extension) from None
    if pixels > previews.REFUSED_PIXELS:
        raise UploadRefused(TOO_LARGE, name=name)


def _otherwise(name: str, extension: str | None) -> UploadRefused:
    return UploadRefused(OTHERWISE[FAMILY[extension]] if extension else UNKNOWN, name=name)


def _extension(name: str) -> str | None:
    """The extension in lower case, or None; a date or number behind the last dot is none."""
    found = _EXTENSION.search(name)
    return found[1].lower() if found else None


def _shorten(name: str) -> str:
    if len(name.encode()) <= NAME_BYTES:
        return name
    found = _EXTENSION.search(name)
    suffix = found[0] if found else ""
    stem = name.removesuffix(suffix).encode()[: NAME_BYTES - len(suffix)]
    return stem.decode("utf-8", "ignore").rstrip(". ") + suffix
