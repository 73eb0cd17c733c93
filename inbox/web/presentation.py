"""What every template may use: the newsroom, its colours, times and small formatting rules."""

import hashlib
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, Response, url_for
from flask_babel import format_date, format_datetime, format_time
from flask_babel import gettext as _

from inbox import kinds, theme
from inbox.edge import current_runtime, now
from inbox.runtime import Runtime
from inbox.text import is_chinese

bp = Blueprint("presentation", __name__)


def init_app(app: Flask, runtime: Runtime) -> None:
    """Add the globals and filters, and compute the newsroom's colours once."""
    css = theme.stylesheet(theme.palette(runtime.profile.colour or None))
    version = hashlib.sha256(css.encode()).hexdigest()[:12]
    app.extensions["inbox_theme"] = css
    app.jinja_env.globals.update(
        profile=runtime.profile,
        kinds=kinds,
        now=now,
        theme_url=lambda: url_for("presentation.colours", version=version),
    )
    app.jinja_env.filters.update(
        moment=moment, day=day, clock=clock, age=age, size=size, lang=lang, kind=kinds.BY_NAME.__getitem__
    )


@bp.get("/theme-<version>.css")
def colours(version: str) -> Response:
    """The newsroom's colours as one small stylesheet; its address changes with them."""
    from flask import current_app

    response = Response(current_app.extensions["inbox_theme"], mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def moment(at: datetime) -> str:
    """A time in words, in the newsroom's zone: Monday 30 November 2026, 09:00."""
    return str(format_datetime(at, "EEEE d MMMM y, HH:mm"))


def day(at: datetime) -> str:
    return str(format_datetime(at, "EEEE d MMMM"))


def clock(at: datetime) -> str:
    return str(format_time(at, "HH:mm"))


def age(at: datetime) -> str:
    """How long ago, as lists show it: 6 min, 3 h, Mon, 14 Nov, 14 Nov 2025."""
    zone = current_runtime().zone
    here, then = now().astimezone(zone), at.astimezone(zone)
    seconds = (here - then).total_seconds()
    if seconds < 60:
        return str(_("now"))
    if seconds < 3600:
        return str(_("%(n)d min", n=seconds // 60))
    if here.date() == then.date() or seconds < 12 * 3600:
        return str(_("%(n)d h", n=seconds // 3600))
    if seconds < 6 * 86_400:
        return str(format_datetime(at, "EEE"))
    return str(format_date(then.date(), "d MMM" if here.year == then.year else "d MMM y"))


def size(count: int | None) -> str:
    """A file's size for people."""
    if count is None:
        return ""
    for unit, limit in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if count >= limit:
            return f"{count / limit:.1f} {unit}"
    return f"{count} B"


def lang(text: Any) -> str:
    """The `lang` attribute's value for somebody's text, or "" when the page's own will do."""
    return "zh-Hant" if is_chinese(str(text or "")) else ""
