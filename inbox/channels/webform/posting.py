"""One POST of a public form, judged: its token, its answers and its files, and how many came before it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext as _
from werkzeug.exceptions import TooManyRequests

from inbox.channels.webform import delivery, tokens, uploads
from inbox.channels.webform.delivery import Take
from inbox.channels.webform.forms import PublicForm
from inbox.channels.webform.tokens import Token
from inbox.channels.webform.uploads import Upload
from inbox.edge import csrf, current_runtime, now, public_post_limit, spend, this_request
from inbox.multipart import MOST_FILES, Damage
from inbox.services import spam
from inbox.services.intake import Arrival, Incoming
from inbox.text import N_

View = TypeVar("View", bound=Callable[..., Any])

FORM_BYTES = 4 * 1024 * 1024
"""What a form without files may weigh; far more than the longest text that we take."""


_DAMAGE = {
    Damage.UNREADABLE: N_(
        "What your browser sent did not arrive whole, so this page may show only a part of it. "
        "What is missing may still be there when you go back with your browser. Then send it once more."
    ),
    Damage.TOO_MANY_FILES: N_(
        "These are too many files at once: we kept the first %(most)d. "
        "Send them now; you can add the others with your receipt code."
    ),
}


@dataclass
class Posting:
    """A form that came in, with the token it may be sent (or shown again) under and the files it may take."""

    form: PublicForm
    token: Token
    files: list[Upload]

    @property
    def is_good(self) -> bool:
        return not self.form.trouble and not self.form.problems()

    @property
    def suspicions(self) -> tuple[str, ...]:
        """Why a machine may have sent it; it is taken in all the same."""
        quick = self.token.age.total_seconds() < current_runtime().settings.min_fill_seconds
        reasons = (quick and spam.TOO_FAST, self.form.trapped and spam.TRAP_FILLED)
        return tuple(reason for reason in reasons if reason)

    def is_repeated(self, incoming: Incoming) -> bool:
        """Whether this very sending is here already, as after a double click."""
        return delivery.is_here(replace(incoming, external_id=self.token.key), self.files)

    def hold(self) -> None:
        """Keep the files that arrived for the next try."""
        uploads.hold(self.files, self.token.key)
        _show_held(self.form, self.token)

    def deliver(self, incoming: Incoming, take: Take) -> Arrival:
        incoming = replace(incoming, external_id=self.token.key, suspicions=self.suspicions)
        return delivery.deliver(incoming, self.files, self.token, take)


def checks_itself(view: View) -> View:
    """Mark a view whose form checks the CSRF token: that comes before anything is stored, but after the answers
    were read, so that a page which was open too long is shown again with all that was typed."""
    csrf.exempt(view)
    return view


def over_budget(purpose: str) -> TooManyRequests | None:
    """Count one post of this address; return what to answer if it has posted too much."""
    try:
        spend(public_post_limit(), purpose)
    except TooManyRequests as wait:
        return wait
    return None


def again_at(wait: TooManyRequests) -> datetime:
    """When there is room again."""
    return now() + timedelta(seconds=float(str(wait.retry_after)))


def retry_after(wait: TooManyRequests) -> dict[str, str]:
    return {"Retry-After": str(wait.retry_after)}


def make_room(form: type[PublicForm]) -> None:
    """Allow the request what this form may weigh; must run before anything reads the request's body."""
    upload = current_runtime().settings.max_upload_bytes if form.takes_files() else 0
    request.max_content_length = FORM_BYTES + upload
    this_request().takes_files = form.takes_files()


def judge(form: PublicForm, purpose: str) -> Posting:
    """Look at a form that came in: afterwards the form knows what is wrong with it, if anything."""
    token = _token_of(form, purpose)
    is_valid(form)
    files = _files_of(form, token)
    return Posting(form, token, files)


def is_valid(form: PublicForm) -> bool:
    """Judge the answers, and how they came; what is wrong stands in the form."""
    valid = form.validate()
    if form.csrf_token.errors:
        form.trouble = _too_old()
    if damage := this_request().damage:
        form.trouble, form.lost = _(_DAMAGE[damage], most=MOST_FILES), damage is Damage.UNREADABLE
    return bool(valid and not form.trouble)


def _too_old() -> str:
    return str(
        _("This page was open too long, or your browser did not keep its cookie. Look through it and send it again.")
    )


def _token_of(form: PublicForm, purpose: str) -> Token:
    """The form's token, or a new one in place of one that expired or was not made for this form."""
    token = tokens.read(form.token, purpose)
    if token and not token.expired:
        return token
    form.trouble = _too_old()
    fresh = tokens.issue(purpose)
    if token:
        uploads.pass_on(token.key, fresh.key)
    return fresh


def _files_of(form: PublicForm, token: Token) -> list[Upload]:
    field = form.files
    if field is None:
        return []
    uploads.leave_out(token.key, set(request.form.getlist("leave_out")))
    _show_held(form, token)
    files = uploads.sort_out(field)
    if uploads.too_much(field, files):
        return []
    nothing = not (files or field.held or field.errors)
    if nothing and field.ask.required and not delivery.was_used(token):
        field.add_error(field.missing())
    return files


def _show_held(form: PublicForm, token: Token) -> None:
    if form.files:
        form.files.held = uploads.held(token.key)
