"""Files of our replies, for the provider that delivers them: public, but at addresses that nobody can guess.

The log names the rule, never the address, as whoever has it could fetch the file.
"""

from flask import Blueprint, Response

from inbox import edge
from inbox.errors import NotFound
from inbox.services import outgoing_files
from inbox.web.attachment import SANDBOX, disposition

bp = Blueprint("outgoing", __name__)


@bp.get("/outgoing/<token>/<filename>")
def file(token: str, filename: str) -> Response:
    """One file, while its address lasts; HEAD is asked for too."""
    runtime = edge.current_runtime()
    attachment = outgoing_files.find(edge.request_session(), token, runtime.derive, now=runtime.clock())
    try:
        copy = outgoing_files.copy_to_send(attachment)
        body = runtime.storage.chunks(copy.key)
    except FileNotFoundError:
        raise NotFound("the file is gone") from None
    headers = {
        "Content-Type": copy.content_type,
        "Content-Length": str(copy.size_bytes),
        "Content-Disposition": disposition(copy.filename),
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
        "Cache-Control": "private, no-store",
    }
    return Response(body, headers=headers)
