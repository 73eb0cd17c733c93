"""The queue: one list in many views, all of which live in the address."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from inbox import kinds
from inbox.edge import current_runtime, request_session
from inbox.models import Channel, Label, Status, Submission, User
from inbox.services import accounts, search, search_hits, search_text
from inbox.services import filters as narrowing
from inbox.services.filters import Filters
from inbox.services.search import View
from inbox.text import N_, clean
from inbox.web.access import current_user, is_signed_in, staff_only

bp = Blueprint("queue", __name__, url_prefix="/desk")

FILTER_NAMES = ("status", "kind", "channel", "assignee", "label", "q")
_WORDS_LENGTH = 200
_OWN_NAMES = {
    "open": (N_("Open"), "inbox"),
    "mine": (N_("Mine"), "user"),
    "unassigned": (N_("Unassigned"), "user-question"),
}


@dataclass(frozen=True)
class Entry:
    """A line of the sidebar."""

    key: str
    name: str
    icon: str
    kind: str
    place: dict[str, str]
    address: str
    count: str
    current: bool

    @property
    def is_own(self) -> bool:
        """Whether it is about what waits, whatever its kind."""
        return self.key in _OWN_NAMES


@dataclass(frozen=True)
class Hits:
    """What was looked for, for rows to mark: the terms, and a piece of the text of each submission."""

    terms: search_hits.Terms
    snippets: dict[int, str]

    def mark(self, text: str) -> Markup:
        """The text, escaped, with the hits in it marked."""
        if not self.terms:
            return escape(text)
        parts = search_hits.pieces(text, self.terms)
        return Markup().join(Markup("<mark>{}</mark>").format(part) if hit else part for part, hit in parts)

    def line(self, submission: Submission) -> str:
        """What the row shows below the subject: the preview, or where the words stand if they do not stand in it."""
        shown = f"{submission.subject} {submission.preview}"
        if not self.terms or any(hit for part, hit in search_hits.pieces(shown, self.terms)):
            return submission.preview
        return self.snippets.get(submission.id, submission.preview)


@bp.get("/")
@staff_only
def show() -> ResponseReturnValue:
    """A page of the queue; what the address says and nothing is known by is left out."""
    session, user = request_session(), current_user()
    people, labels = accounts.colleagues(session), search.labels(session, user)
    filters = read_filters(user, people, labels)
    asked = narrowing.read(filters, people, current_runtime().zone)
    terms = search_text.query_terms(asked.to_find)
    page = search.find_page(session, user, asked, request.args.get("older"))
    place = parameters(filters)
    view = next((entry for entry in sidebar() if entry.place == place), None)
    return render_template(
        "queue/list.html",
        heading=_(view.name) if view else _("Search") if filters.words else _("Submissions"),
        count=view.count if view else "",
        filters=filters,
        place=place,
        page=page,
        days=_by_day(page.submissions, bool(terms)),
        may_export=accounts.may(user, accounts.EXPORT),
        searching=bool(terms),
        hits=Hits(terms, search_hits.snippets(session, page.submissions, terms)),
        files=search.count_files(session, page.submissions),
        people=people,
        labels=labels,
        offered=search.offered_to(user, _offered()),
        statuses=tuple(Status),
        channels=tuple(Channel),
        search_words=narrowing.examples(search.offered_to(user, _offered()), people, labels),
        user=user,
    )


def asked_filters(session: Session, user: User) -> Filters:
    """The filters that the address names in menus and in words, for pages that show what a list holds."""
    people = accounts.colleagues(session)
    return narrowing.read(read_filters(user, people, search.labels(session, user)), people, current_runtime().zone)


def read_filters(user: User, people: list[User], labels: list[Label]) -> Filters:
    """The filters that the address names."""
    assignee = _known("assignee", {"me", "none", *(str(person.id) for person in people)})
    return Filters(
        status=_status(request.args.get("status")),
        kind=_known("kind", search.offered_to(user, tuple(kinds.BY_NAME))),
        channel=Channel(channel) if (channel := _known("channel", list(Channel))) else None,
        assignee="me" if assignee == str(user.id) else assignee,
        label=_known("label", {label.key for label in labels}),
        words=clean(request.args.get("q", "")).strip()[:_WORDS_LENGTH],
    )


def _known(name: str, values: Iterable[str]) -> str | None:
    value = request.args.get(name, "").casefold()
    return value if value in values else None


def _status(value: str | None) -> Status | str | None:
    if value == "all":
        return value
    return Status(value) if value in list(Status) else None


def parameters(filters: Filters) -> dict[str, Any]:
    """The address that shows these filters again."""
    values = {
        "status": filters.status,
        "kind": filters.kind,
        "channel": filters.channel,
        "assignee": filters.assignee,
        "label": filters.label,
        "q": filters.words,
    }
    return {name: str(value) for name, value in values.items() if value}


def here() -> dict[str, Any]:
    """The filters in this address as they stand, so that a submission's page leads back to its list."""
    return {name: request.args[name][:_WORDS_LENGTH] for name in FILTER_NAMES if request.args.get(name)}


def _by_day(submissions: list[Submission], searching: bool) -> list[tuple[Any, list[Submission]]]:
    """The rows under the day they belong to; search goes by arrival, the lists by the newest message."""
    zone = current_runtime().zone

    def at(submission: Submission) -> Any:
        return submission.received_at if searching else submission.active_at

    days = groupby(submissions, key=lambda submission: at(submission).astimezone(zone).date())
    groups = [list(rows) for date, rows in days]
    return [(at(rows[0]), rows) for rows in groups]


@bp.app_context_processor
def for_templates() -> dict[str, Any]:
    """What the frame of every desk page needs."""
    return {"sidebar": sidebar, "queue_place": here, "desk_user": current_user}


def sidebar() -> list[Entry]:
    """The views of whoever is signed in, with their counts, asked for once in a request; nothing for anybody else."""
    if not is_signed_in():
        return []
    if "views" not in g:
        g.views = search.views(request_session(), current_user(), _offered())
    chosen = {name: value for name, value in here().items() if name not in ("label", "channel")}
    return [_entry(view, chosen) for view in g.views]


def _offered() -> tuple[str, ...]:
    return tuple(current_runtime().profile.kinds)


def _entry(view: View, chosen: dict[str, str]) -> Entry:
    place = parameters(view.filters)
    name, icon = _name_and_icon(view)
    count = f"{view.count}+" if view.count >= search.MOST_COUNTED else str(view.count)
    address, kind = url_for("queue.show", **place), view.filters.kind or ""
    current = place == chosen and request.blueprint in (bp.name, "submission")
    return Entry(view.key, name, icon, kind, place, address, count, current)


def _name_and_icon(view: View) -> tuple[str, str]:
    if view.key in _OWN_NAMES:
        return _OWN_NAMES[view.key]
    if view.filters.kind:
        kind = kinds.BY_NAME[view.filters.kind]
        return kind.plural, kind.icon
    status = Status(view.key)
    return status.label, status.icon
