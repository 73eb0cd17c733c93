"""For operators: is the process alive, and can it work?"""

from datetime import datetime

from flask import Blueprint
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from inbox import migrations
from inbox.edge import current_runtime, now, request_session
from inbox.services import connections, jobs

bp = Blueprint("health", __name__)

OLDER = "database: run `inbox upgrade`\n"


@bp.get("/healthz")
def alive() -> str:
    """The process answers; no outside service is asked."""
    return "ok\n"


@bp.get("/readyz")
def ready() -> tuple[str, int]:
    """The database answers and its tables are those of this version.

    A worker that stands still and a channel that fails are told, but are no reason to send readers elsewhere.
    """
    try:
        request_session().execute(text("SELECT 1"))
        engine = current_runtime().database.engine
        if not migrations.is_current(engine):
            return ("database: newer than this version\n" if migrations.is_newer(engine) else OLDER), 503
        since = jobs.standstill(request_session(), now=now())
        down = connections.down(request_session())
    except SQLAlchemyError:
        return "database: does not answer\n", 503
    lines = [f"worker: not running, work has been due since {_minute(since)}"] if since else []
    lines += [f"{each.name.partition(':')[0]}: fails since {_minute(each.failing_since)}" for each in down]
    return "\n".join(["ok", *lines, ""]), 200


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "a while"
