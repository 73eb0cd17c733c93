"""The newsletter: signing up, confirming, and leaving.

Signing up answers alike whatever is known of an address. What a mail links to only shows a button, because programs
that look through mail follow its links; only the button's POST changes something. These two POSTs carry a token that
only the mail's reader has, so they work without a cookie.
"""

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from inbox.channels.webform import forms, posting, tokens
from inbox.channels.webform.forms import PublicForm
from inbox.channels.webform.posting import View, again_at, checks_itself, over_budget, retry_after
from inbox.channels.webform.tokens import Token
from inbox.edge import csrf, current_runtime, now, public_post_limit, request_session, spend, writing
from inbox.errors import LinkSpent
from inbox.kinds import Field, Widget
from inbox.models import Channel
from inbox.profile import LANGUAGES, Number
from inbox.services import newsletter, subscribers
from inbox.text import N_, one_address

bp = Blueprint("subscribe", __name__)

Page = str | tuple[str, int] | tuple[str, int, dict[str, str]]
UNFIT, GONE = 422, 410
ADDRESS_LENGTH = 254  # RFC 5321, section 4.5.3.1.3, without the brackets


def needs_no_cookie(view: View) -> View:
    """Mark a POST whose address carries a token that nobody else has: that is its protection from forgery."""
    csrf.exempt(view)
    return view


@bp.app_context_processor
def for_every_page() -> dict[str, Any]:
    """What the front page asks before it links here."""
    return {"takes_subscribers": lambda: bool(newsletter.by_mail(current_runtime()) or _number())}


@bp.errorhandler(LinkSpent)
def spent(error: LinkSpent) -> Page:
    """The same page for a link that was used, is too old, or was never ours."""
    return render_template("public/subscribe_gone.html"), GONE


# Signing up


@bp.get("/subscribe")
def show() -> str:
    _check_offered()
    return _page(_form_class()(), tokens.issue(_purpose()))


@bp.post("/subscribe")
@checks_itself
def ask() -> Page | Redirect:
    _check_offered()
    if not newsletter.by_mail(current_runtime()):
        abort(404)
    form_class = _form_class()
    posting.make_room(form_class)
    form = form_class()
    if wait := over_budget("subscribe"):
        return (
            _page(form, tokens.read(form.token, _purpose()) or tokens.issue(_purpose()), again_at(wait)),
            429,
            (retry_after(wait)),
        )
    posted = posting.judge(form, _purpose())
    address = _address(form)
    if posted.is_good and posted.suspicions:
        form.trouble = _("This came as quickly as machines send it. Press the button once more.")
    if not posted.is_good or address is None:
        return _page(form, posted.token), UNFIT
    _ask(address, form)
    return redirect(url_for("subscribe.sent", _anchor="main"), 303)


@bp.get("/subscribe/sent")
def sent() -> str:
    _check_offered()
    return render_template("public/subscribe_sent.html")


def _ask(address: str, form: PublicForm) -> None:
    language = form["language"].data if "language" in form else _newsletter_languages()[0]
    consent = subscribers.make_consent(
        Channel.EMAIL,
        address,
        language=language,
        way=subscribers.FORM,
        text=_consent(),
        text_language=_language(),
        now=now(),
    )
    with writing() as session:
        subscribers.ask(session, consent, now=now())


def _check_offered() -> None:
    """Answer that there is no such page where there is no newsletter, or no way to subscribe to it."""
    if not (newsletter.by_mail(current_runtime()) or _number()):
        abort(404)


def _number() -> Number | None:
    """The number of ours that a keyword may be sent to."""
    profile = current_runtime().profile
    if profile.newsletter is None or not profile.newsletter.keywords:
        return None
    return next((number for number in profile.numbers if "whatsapp" in number.channels), None)


def _newsletter_languages() -> tuple[str, ...]:
    offered = current_runtime().profile.newsletter
    return offered.languages if offered else ("en",)


def _language() -> str:
    return newsletter.language_of_pages(current_runtime().profile)


def _consent() -> str:
    return newsletter.consent_text(current_runtime().profile, Channel.EMAIL, _language())


def _purpose() -> str:
    """What the form's token is for: agreeing to these words. A page with other words is shown anew."""
    return f"subscribe: {_consent()}"


def _form_class() -> type[PublicForm]:
    email = Field("email", N_("E-mail"), Widget.EMAIL, required=True, max_length=ADDRESS_LENGTH, autocomplete="email")
    consent = Field("consent", "", Widget.TICK, required=True)
    languages = tuple((code, LANGUAGES[code]) for code in _newsletter_languages())
    if len(languages) == 1:
        return forms.with_asks((email, consent))
    language = Field(
        "language", N_("Language"), Widget.CHOICE, required=True, options=languages, default=languages[0][0]
    )
    return forms.with_asks((email, language, consent))


def _address(form: PublicForm) -> str | None:
    """The address that was typed, as it is kept; None, with words beside the field, if no mail can go there."""
    typed = form["email"].data
    if not typed:
        return None
    try:
        return one_address(Address(addr_spec=typed).addr_spec)
    except (MessageError, ValueError, IndexError):
        form["email"].add_error(_("Mail cannot go to this address. Look whether each character is right."))
        return None


def _page(form: PublicForm, token: Token, wait_until: datetime | None = None) -> str:
    runtime = current_runtime()
    return render_template(
        "public/subscribe.html",
        form=form,
        token=token.text,
        wait_until=wait_until,
        by_mail=newsletter.by_mail(runtime),
        number=_number(),
        consent=_consent(),
        consent_language=_language(),
    )


# What the links in a letter lead to


@bp.get("/subscribe/confirm/<token>")
def confirm(token: str) -> str:
    _check_offered()
    consent = subscribers.find_open(request_session(), token, now=now())
    return render_template("public/subscribe_confirm.html", token=token, consent=consent)


@bp.post("/subscribe/confirm/<token>")
@needs_no_cookie
def confirm_now(token: str) -> Redirect:
    _check_offered()
    spend(public_post_limit(), "confirm")
    with writing() as session:
        subscribers.confirm(session, token, now=now())
    return redirect(url_for("subscribe.confirmed", _anchor="main"), 303)


@bp.get("/subscribe/confirmed")
def confirmed() -> str:
    _check_offered()
    return render_template("public/subscribe_confirmed.html")


@bp.get("/unsubscribe/<token>")
def leave(token: str) -> str:
    newsletter.find_leaving(request_session(), current_runtime(), token)
    return render_template("public/unsubscribe.html", token=token, done=False, name=_name())


@bp.post("/unsubscribe/<token>")
@needs_no_cookie
def leave_now(token: str) -> str:
    """End a subscription: by the button, or by one click in a mail program (RFC 8058), which follows no redirect.

    Nothing limits how often: after an issue of the newsletter, many come from the few addresses of a mail provider.
    """
    with writing() as session:
        number = newsletter.find_leaving(session, current_runtime(), token)
        subscribers.leave(session, number, now=now())
    return render_template("public/unsubscribe.html", token=token, done=True, name=_name())


def _name() -> str:
    return newsletter.name(current_runtime().profile)
