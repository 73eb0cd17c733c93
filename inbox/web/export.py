"""A list of the desk as a table, to take along."""

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from inbox.edge import current_runtime, now, request_session, writing
from inbox.services import accounts, export
from inbox.storage import CHUNK_BYTES
from inbox.web.access import current_user, staff_only
from inbox.web.queue import asked_filters

bp = Blueprint("export", __name__, url_prefix="/desk/export")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("")
@staff_only
def table() -> ResponseReturnValue:
    """The list that the address describes, as CSV or as a workbook; written down before the first byte leaves."""
    user, runtime = current_user(), current_runtime()
    accounts.check(user, accounts.EXPORT)
    filters = asked_filters(request_session(), user)
    form = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    with writing() as session:
        export.record(session, form, None, now=now(), actor=user)
    name = f"submissions-{now().astimezone(runtime.zone):%Y-%m-%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}

    def lines() -> Iterator[bytes]:
        with runtime.database.reading() as session:
            yield from (line.encode() for line in export.view_csv(session, user, filters))

    if form == "csv":
        return Response(lines(), content_type="text/csv; charset=utf-8", headers=headers)
    file = TemporaryFile()  # noqa: SIM115 - closed when the last piece is read
    with runtime.database.reading() as session:
        export.view_xlsx(session, user, filters, file)
    return Response(_pieces(file), content_type=XLSX, headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(CHUNK_BYTES):
            yield piece
