"""What every template may use: the newsroom, its colours, times and small formatting rules."""

import hashlib
import zlib
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Flask, Response, g, url_for
from flask_babel import format_currency, format_date, format_datetime, format_time, get_translations
from flask_babel import gettext as _

from inbox import kinds, theme
from inbox.edge import current_runtime, now
from inbox.errors import NotFound
from inbox.models import Attachment
from inbox.models.submission import read_moment
from inbox.profile import LOGO_TYPES
from inbox.runtime import Runtime
from inbox.services import problems
from inbox.text import is_chinese, language_of

bp = Blueprint("presentation", __name__)


def init_app(app: Flask, runtime: Runtime) -> None:
    """Add the globals and filters, and compute the newsroom's colours once."""
    css = theme.stylesheet(theme.palette(runtime.profile.colour or None))
    version = hashlib.sha256(css.encode()).hexdigest()[:12]
    app.extensions["inbox_theme"] = css
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _words().gettext(text), lambda one, more, n: _words().ngettext(one, more, n), newstyle=True
    )
    app.jinja_env.globals.update(
        profile=runtime.profile,
        kinds=kinds,
        now=now,
        theme_url=lambda: url_for("presentation.colours", version=version),
    )
    app.jinja_env.filters.update(
        moment=moment, day=day, clock=clock, age=age, size=size, lang=lang, kind=kinds.BY_NAME.__getitem__
    )
    app.jinja_env.filters.update(
        day_name=day_name,
        age_or_clock=age_or_clock,
        translated=translated,
        short_moment=short_moment,
        time_left=time_left,
        local_field=local_field,
        money=money,
        play_time=play_time,
        problem=problem,
        fact_moment=read_moment,
        fact_date=fact_date,
        web_address=web_address,
        initials=initials,
        house_mark=house_mark,
        hue=hue,
    )


def _words() -> Any:
    """The translations for this request, looked up once; a page asks them for a hundred strings."""
    if "words" not in g:
        g.words = get_translations()
    return g.words


@bp.get("/logo")
def logo() -> Response:
    """The newsroom's logo, in a sandbox: an SVG may hold a script, and opened alone it must not run."""
    path = current_runtime().profile.logo
    if path is None:
        raise NotFound("no logo")
    response = Response(path.read_bytes(), mimetype=LOGO_TYPES[path.suffix.lower()])
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    return response


@bp.get("/favicon.ico")
def favicon() -> Response:
    """Nothing, to be asked for once a day: browsers ask without being told to."""
    return Response(status=204, headers={"Cache-Control": "public, max-age=86400"})


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


def play_time(seconds: float | None) -> str:
    """How long a recording plays, as players write it; nothing if it is not known."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def problem(file: Attachment) -> str:
    """Why a file is not here or has no clean copy, in words."""
    words, values = problems.explain(file)
    return str(_(words, **values))


def lang(text: Any) -> str:
    """The `lang` attribute's value for somebody's text, or "" when the page's own will do."""
    return language_of(str(text or ""))


def translated(text: str) -> str:
    """The translation of a text that was stored; unlike `_()` in a template, its markup is escaped."""
    return str(_(text))


def day_name(at: datetime) -> str:
    """The day in the newsroom's zone: Today, Yesterday, Sunday 22 November, with the year if it is another one."""
    zone = current_runtime().zone
    today, then = now().astimezone(zone).date(), at.astimezone(zone).date()
    if then == today:
        return str(_("Today"))
    if then == today - timedelta(days=1):
        return str(_("Yesterday"))
    return str(format_date(then, "EEEE d MMMM" if then.year == today.year else "EEEE d MMMM y"))


def age_or_clock(at: datetime) -> str:
    """The time of day if it was today, else the day: 14:09, 21 Nov, 21 Nov 2025."""
    zone = current_runtime().zone
    here, then = now().astimezone(zone), at.astimezone(zone)
    if here.date() == then.date():
        return clock(at)
    return str(format_date(then.date(), "d MMM" if here.year == then.year else "d MMM y"))


def short_moment(at: datetime) -> str:
    """A time to come, as short as it can be without doubt: Wed 25 Nov, 06:00."""
    here = now().astimezone(current_runtime().zone)
    same_year = here.year == at.astimezone(current_runtime().zone).year
    return str(format_datetime(at, "EEE d MMM, HH:mm" if same_year else "EEE d MMM y, HH:mm"))


def time_left(until: datetime) -> str:
    """How long until then: 32 min, 15 h 43 m, and beyond two days the date; "" when it has passed."""
    minutes = int((until - now()).total_seconds() // 60)
    if until <= now():
        return ""
    if minutes < 60:
        return str(_("%(n)d min", n=max(minutes, 1)))
    if minutes < 48 * 60:
        return str(_("%(hours)d h %(minutes)02d m", hours=minutes // 60, minutes=minutes % 60))
    return str(format_datetime(until, "d MMM"))


def local_field(at: datetime) -> str:
    """A time as a datetime-local field has it, in the newsroom's zone."""
    return at.astimezone(current_runtime().zone).strftime("%Y-%m-%dT%H:%M")


def money(value: Any) -> str:
    """A budget kept as {"low", "high", "currency"}: NT$60,000 to NT$90,000, either end may be open."""
    if not isinstance(value, dict):
        return ""
    low, high = (_amount(value.get(end), value.get("currency")) for end in ("low", "high"))
    if low and high:
        return str(_("%(low)s to %(high)s", low=low, high=high))
    if low:
        return str(_("%(amount)s or more", amount=low))
    return str(_("up to %(amount)s", amount=high)) if high else ""


def _amount(number: Any, currency: Any) -> str:
    if not isinstance(number, int | float):
        return ""
    return str(format_currency(number, str(currency), format="¤#,##0", currency_digits=False))


def fact_date(value: Any) -> str:
    """A date kept as ISO text, in words; anything else as it stands."""
    try:
        return str(format_date(date.fromisoformat(str(value)), "EEEE d MMMM y"))
    except ValueError:
        return str(value)


def web_address(value: Any) -> str:
    """The text if it is an address that a page may link to, else ""."""
    text = str(value or "").strip()
    return text if text.lower().startswith(("http://", "https://")) else ""


def initials(name: str) -> str:
    """One or two letters for the round mark beside a name: HM, 林, or # for a number."""
    words = [word for word in name.split() if word[0].isalpha()]
    if not words:
        return "#"
    if is_chinese(words[0]) or len(words) == 1:
        return words[0][0].upper()
    return (words[0][0] + words[-1][0]).upper()


def house_mark(name: str) -> str:
    """The newsroom's name in at most three letters: its first word if that is short, else its initials."""
    words = name.removeprefix("The ").split()
    if words and len(words[0]) <= 3:
        return words[0]
    return "".join(word[0] for word in words[:3]).upper()


HUES = ("violet", "blue", "teal", "green", "amber", "red", "grey")


def hue(key: str) -> str:
    """A label's colour: always the same one for the same label."""
    return HUES[zlib.crc32(key.encode()) % len(HUES)]
