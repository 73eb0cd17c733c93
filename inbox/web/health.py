"""For operators: is the process alive, and can it work?"""

from flask import Blueprint
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from inbox import migrations
from inbox.edge import current_runtime, now, request_session
from inbox.services import jobs

bp = Blueprint("health", __name__)

OLDER = "database: run `inbox upgrade`\n"


@bp.get("/healthz")
def alive() -> str:
    """The process answers; no outside service is asked."""
    return "ok\n"


@bp.get("/readyz")
def ready() -> tuple[str, int]:
    """The database answers and its tables are those of this version.

    A worker that stands still is told, but is no reason to send webhooks and readers elsewhere.
    """
    try:
        request_session().execute(text("SELECT 1"))
        engine = current_runtime().database.engine
        if not migrations.is_current(engine):
            return ("database: newer than this version\n" if migrations.is_newer(engine) else OLDER), 503
        since = jobs.standstill(request_session(), now=now())
    except SQLAlchemyError:
        return "database: does not answer\n", 503
    return (f"ok\nworker: not running, work has been due since {since:%Y-%m-%d %H:%M} UTC\n" if since else "ok\n"), 200
