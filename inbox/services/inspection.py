"""What kind of file this is, and whether such files are taken. The content decides; the name may only narrow it."""

import io
import re
import unicodedata
from typing import BinaryIO

from inbox.errors import NoPreview, UploadRefused
from inbox.services import pictures, sniff
from inbox.text import N_

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
# What a copy of this type is called, the usual extension first.
_EXTENSIONS = {
    "image/jpeg": "jpg jpeg jpe jfif",
    "image/tiff": "tif tiff",
    "image/heif": "heif heic",
    "video/mp4": "mp4 m4v",
    "video/quicktime": "mov",
    "video/3gpp": "3gp 3g2",
    "video/x-m4v": "m4v mp4",
    "video/x-matroska": "mkv",
    "video/x-msvideo": "avi",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg oga opus",
    "text/plain": "txt",
    "text/vcard": "vcf",
    "text/calendar": "ics",
    "application/msword": "doc",
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


def identify(file: BinaryIO, filename: str, claimed: str) -> str:
    """Return the content type of a file whose name and `claimed` type a provider made up: the content decides.

    Raises UploadRefused as `inspect` does, for what is not on the list whatever its name is. The file is left
    at its beginning.
    """
    try:
        kind = inspect(file, filename)
    except UploadRefused:
        kind = inspect(file, "")
    # A recording may call itself a video; who recorded it knows that nothing is to be seen.
    return "audio/mp4" if claimed.startswith("audio/") and kind in ("video/mp4", "video/3gpp") else kind


def told(kind: str, claimed: str) -> str:
    """What a file is called that is of this `kind`: a mail within a mail is text, and is known to be a mail."""
    return claimed if (kind, claimed) == ("text/plain", "message/rfc822") else kind


def named_for(filename: str, content_type: str) -> str:
    """Return a clean file name whose extension says `content_type`."""
    name = clean_filename(filename)
    fitting = _extensions(content_type)
    if not fitting or _extension(name) in fitting:
        return name
    found = _EXTENSION.search(name)
    stem = name.removesuffix(found[0]) if found and _extension(name) in ACCEPTED else name
    return clean_filename(f"{stem}.{fitting[0]}")


def clean_filename(name: str) -> str:
    """Return a name that is safe to show, to save under and to put into a header; it may still be anybody's.

    Folders, control and invisible characters (those that turn the direction of writing among them) and
    characters that file systems refuse are taken out, and a long name is cut in front of its extension.
    """
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    visible = "".join(c for c in last if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    spaced = " ".join(unicodedata.normalize("NFC", visible).split())
    return _shorten(_NOT_IN_NAMES.sub("_", spaced).strip(". ")) or "file"


def _inspect_picture(file: BinaryIO, kind: str, name: str, extension: str | None) -> None:
    """Let no page through that only begins like a picture, and no picture that only serves to burst memory."""
    if sniff.holds_markup(file.read(sniff.HEAD_BYTES)):
        raise _otherwise(name, extension)
    file.seek(0)
    if kind not in pictures.FORMATS:
        return
    try:
        pixels = pictures.pixels(file, kind)
    except NoPreview:
        raise _otherwise(name, extension) from None
    if pixels > pictures.REFUSED_PIXELS:
        raise UploadRefused(TOO_LARGE, name=name)


def _otherwise(name: str, extension: str | None) -> UploadRefused:
    return UploadRefused(OTHERWISE[FAMILY[extension]] if extension else UNKNOWN, name=name)


def _extensions(content_type: str) -> list[str]:
    if content_type in _EXTENSIONS:
        return _EXTENSIONS[content_type].split()
    return [extension for extension, types in ACCEPTED.items() if content_type in types and len(types) == 1] or [
        extension for extension in ACCEPTED if content_type.endswith(f"/{extension}")
    ]


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
