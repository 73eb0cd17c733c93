"""Files of submissions, for staff: the clean copy to look at and to take along, the original by a right of its own."""

import unicodedata
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ContentRange, Range

from inbox import edge
from inbox.errors import NotFound
from inbox.models import Attachment
from inbox.services import accounts, audit, media
from inbox.services.media import File
from inbox.web.access import current_user, staff_only
from inbox.web.queue import here

bp = Blueprint("attachment", __name__, url_prefix="/desk/files")

UNKNOWN = "application/octet-stream"
PREVIEW_TYPE = "image/webp"
SANDBOX = "sandbox; default-src 'none'"
_KEY = "int(max=2147483647)"  # the largest number that a key can be
_PLAIN = "!#$&+-.^_`|~"  # what RFC 5987 leaves as it is, besides letters and digits
_SAFE = {"Content-Security-Policy": SANDBOX, "X-Content-Type-Options": "nosniff"}


@bp.get(f"/<{_KEY}:id>")
@staff_only
def download(id: int) -> ResponseReturnValue:
    """The clean copy; the download is written down before the first byte leaves."""
    file = media.clean_copy_of(_attachment(id))
    return _handed_out(id, file, accounts.DOWNLOAD, "attachment:download")


@bp.get(f"/<{_KEY}:id>/original")
@staff_only
def original(id: int) -> ResponseReturnValue:
    """The file as it came, byte for byte, with whatever is hidden in it; written down as above."""
    file = media.original_of(_attachment(id, accounts.ORIGINAL))
    return _handed_out(id, file, accounts.ORIGINAL, "attachment:open_original")


@bp.get(f"/<{_KEY}:id>/preview")
@staff_only
def preview(id: int) -> ResponseReturnValue:
    """A small picture of a picture or a film."""
    attachment = _attachment(id)
    if not attachment.is_ready or not attachment.preview_key:
        raise NotFound(str(id))
    picture = edge.current_runtime().storage.read(attachment.preview_key)
    return Response(picture, content_type=PREVIEW_TYPE, headers={**_SAFE, "Content-Disposition": "inline"})


@bp.get(f"/<{_KEY}:id>/play")
@staff_only
def play(id: int) -> ResponseReturnValue:
    """The clean copy of a recording for a player on our pages, whole or one range of it (RFC 9110, 14)."""
    file = media.clean_copy_of(_attachment(id))
    if file.content_type not in media.CONTENT_TYPES or not file.content_type.startswith(("audio/", "video/")):
        raise NotFound(str(id))
    wanted = _wanted_range(file)
    if wanted is None:
        return _part(file, 0, file.size_bytes)
    found = wanted.range_for_length(file.size_bytes)
    if found is None:
        return Response(status=416, headers={**_SAFE, "Content-Range": f"bytes */{file.size_bytes}"})
    part = _part(file, *found)
    part.status_code, part.content_range = 206, ContentRange("bytes", *found, file.size_bytes)
    return part


@bp.post(f"/<{_KEY}:id>/retry")
@staff_only
def retry(id: int) -> ResponseReturnValue:
    """Try again what went wrong; what is already well stays as it is."""
    with edge.writing() as session:
        attachment = accounts.get_attachment(session, current_user(), id, accounts.RETRY)
        message = attachment.message
        if attachment.can_be_retried:
            media.retry(session, attachment, actor=current_user(), now=edge.now())
    reference = message.submission.reference if message else ""
    anchor = f"m-{message.id}" if message else None
    return redirect(url_for("submission.show", reference=reference, _anchor=anchor, **here()), 303)


def _attachment(id: int, verb: str = accounts.DOWNLOAD) -> Attachment:
    return accounts.get_attachment(edge.request_session(), current_user(), id, verb)


def _handed_out(id: int, file: File, verb: str, deed: str) -> Response:
    try:
        body = edge.current_runtime().storage.chunks(file.key)
    except FileNotFoundError:
        raise NotFound(file.key) from None
    with edge.writing() as session:
        attachment = accounts.get_attachment(session, current_user(), id, verb)
        about = attachment.submission.id if attachment.submission else None
        audit.record(session, current_user(), deed, about, now=edge.now(), attachment=id)
    return Response(body, headers=_download_headers(file))


def _wanted_range(file: File) -> Range | None:
    """The range that is asked for; None for all of it, as where several are, or a range of another copy."""
    wanted, same = request.range, request.if_range.date is None and request.if_range.etag in (None, file.sha256)
    return wanted if wanted and wanted.units == "bytes" and len(wanted.ranges) == 1 and same else None


def _part(file: File, start: int, stop: int) -> Response:
    try:
        body = edge.current_runtime().storage.chunks(file.key, start, stop)
    except FileNotFoundError:
        raise NotFound(file.key) from None
    headers = {**_SAFE, "Content-Type": file.content_type, "Content-Disposition": "inline", "Accept-Ranges": "bytes"}
    response = Response(body, headers=headers)
    response.set_etag(file.sha256)
    response.content_length = stop - start
    return response


def _download_headers(file: File) -> dict[str, str]:
    return {
        **_SAFE,
        "Content-Type": file.content_type if file.content_type in media.CONTENT_TYPES else UNKNOWN,
        "Content-Length": str(file.size_bytes),
        "Content-Disposition": disposition(file.filename),
        "Cache-Control": "no-store",
    }


def disposition(filename: str) -> str:
    """The header that makes a browser save a file under its name (RFC 6266), in old browsers its ASCII part."""
    name = media.clean_filename(filename)
    ascii_part = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().replace("%", "_").strip()
    ascii_name = media.clean_filename(f"file{ascii_part}" if ascii_part.startswith(".") else ascii_part)
    header = f'attachment; filename="{ascii_name}"'
    return header if ascii_name == name else f"{header}; filename*=UTF-8''{quote(name, safe=_PLAIN)}"
