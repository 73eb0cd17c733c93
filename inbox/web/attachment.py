"""Files of submissions, for staff: the original only as a download, on the screen only a copy drawn anew."""

import unicodedata
from urllib.parse import quote

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from inbox import edge
from inbox.errors import NotFound
from inbox.models import Attachment
from inbox.services import accounts, audit, media, previews
from inbox.web.access import current_user, staff_only

bp = Blueprint("attachment", __name__, url_prefix="/desk/files")

UNKNOWN = "application/octet-stream"
SANDBOX = "sandbox; default-src 'none'"
_KEY = "int(max=2147483647)"  # the largest number that a key can be
_PLAIN = "!#$&+-.^_`|~"  # what RFC 5987 leaves as it is, besides letters and digits


@bp.get(f"/<{_KEY}:id>")
@staff_only
def download(id: int) -> ResponseReturnValue:
    """The original, byte for byte; the download is written down before the first byte leaves."""
    attachment = accounts.get_attachment(edge.request_session(), current_user(), id)
    try:
        body = edge.current_runtime().storage.chunks(attachment.storage_key)
    except FileNotFoundError:
        raise NotFound(attachment.storage_key) from None
    _write_down(id)
    return Response(body, headers=_download_headers(attachment))


@bp.get(f"/<{_KEY}:id>/preview")
@staff_only
def preview(id: int) -> ResponseReturnValue:
    """A small copy of a picture."""
    attachment = accounts.get_attachment(edge.request_session(), current_user(), id)
    picture = media.preview(edge.current_runtime().storage, attachment)
    response = Response(picture, content_type=previews.CONTENT_TYPE)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Content-Disposition"] = "inline"
    return response


def _write_down(id: int) -> None:
    with edge.writing() as session:
        attachment = accounts.get_attachment(session, current_user(), id)
        about = attachment.submission.id if attachment.submission else None
        audit.record(session, current_user(), "attachment:download", about, now=edge.now(), attachment=id)


def _download_headers(attachment: Attachment) -> dict[str, str]:
    known = attachment.content_type in media.CONTENT_TYPES
    return {
        "Content-Type": attachment.content_type if known else UNKNOWN,
        "Content-Length": str(attachment.size_bytes),
        "Content-Disposition": disposition(attachment.filename),
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def disposition(filename: str) -> str:
    """The header that makes a browser save a file under its name (RFC 6266), in old browsers its ASCII part."""
    name = media.clean_filename(filename)
    ascii_part = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().replace("%", "_").strip()
    ascii_name = media.clean_filename(f"file{ascii_part}" if ascii_part.startswith(".") else ascii_part)
    header = f'attachment; filename="{ascii_name}"'
    return header if ascii_name == name else f"{header}; filename*=UTF-8''{quote(name, safe=_PLAIN)}"
