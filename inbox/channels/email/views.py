"""The webhook that SendGrid's Inbound Parse calls for every mail: unsigned, so its address holds a secret."""

from collections.abc import Callable
from functools import wraps
from hmac import compare_digest
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, ParamSpec, TypeVar, cast

from flask import Blueprint, Response, abort, request
from sqlalchemy.orm import Session

from inbox import edge
from inbox.channels import refused
from inbox.channels.email import sendgrid
from inbox.channels.email.take_in import read_head, take_in
from inbox.multipart import Damage
from inbox.profile import Profile
from inbox.runtime import Runtime
from inbox.services import health

bp = Blueprint("email", __name__, url_prefix="/hooks/sendgrid")
edge.csrf.exempt(bp)

SENDGRID = "sendgrid"
"""The channel's name in the health of channels; also the account of mails where the newsroom has no mailbox."""
IN_MEMORY_BYTES = 8 * 1024 * 1024
FIELDS_BYTES = 2 * 1024 * 1024
"""What the fields beside a mail may weigh."""

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def with_secret(view: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Let only requests through whose address holds our secret; others get 403, or 429 beyond their budget."""

    @wraps(view)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        given = request.args.get("secret", "")
        if reason := _objection(edge.current_runtime(), given):
            refused.turn_away(reason, signed=bool(given))
        return view(*args, **kwargs)

    return guarded


def _objection(runtime: Runtime, given: str) -> str | None:
    """Why this request is not SendGrid's, or None if it is."""
    secret = runtime.settings.sendgrid_secret
    if secret is None:
        return "INBOX_SENDGRID_SECRET is not set"
    if not given:
        return "no secret in the address"
    is_right = compare_digest(given.encode("utf-8", "replace"), secret.get_secret_value().encode())
    return None if is_right else "wrong secret in the address"


@bp.post("/inbound")
@with_secret
def receive_mail() -> Response:
    """Take a mail in for each of our mailboxes that it went to, then answer; a repeat is answered alike.

    What did not arrive whole is not stored, and SendGrid brings it again; it drops what it gets any other refusal for.
    """
    runtime = edge.current_runtime()
    parts = _parts(runtime.settings.max_mail_bytes + FIELDS_BYTES)
    with SpooledTemporaryFile(IN_MEMORY_BYTES) as file:
        sendgrid.write_mail(parts, file)
        raw = cast(BinaryIO, file)
        for address in _reached(runtime.profile, sendgrid.recipients(parts)) or [_written_to(runtime.profile, raw)]:
            take_in(runtime, raw, address, also=_works)
    return Response(status=200)


def _parts(limit: int) -> sendgrid.Parts:
    given = edge.this_request()
    given.takes_bytes, given.max_content_length, given.max_form_memory_size = True, limit, limit
    if given.mimetype != "multipart/form-data":
        abort(400)
    parts: sendgrid.Parts = given.files
    if given.damage is Damage.UNREADABLE:
        abort(503)
    if not sendgrid.is_mail(parts):
        abort(400)
    return parts


def _reached(profile: Profile, addresses: list[str]) -> list[str]:
    """Those of our mailboxes that are among these addresses, each once."""
    found = (profile.mailbox_of([address]) for address in addresses)
    return list(dict.fromkeys(mailbox.address for mailbox in found if mailbox))


def _written_to(profile: Profile, raw: BinaryIO) -> str:
    """The mailbox that the mail's header names, else our first one."""
    head = read_head(raw)
    mailbox = profile.mailbox_of((*head.delivered_to, *head.recipients))
    return mailbox.address if mailbox else profile.mailboxes[0].address if profile.mailboxes else SENDGRID


def _works(session: Session) -> None:
    health.succeeded(session, SENDGRID, now=edge.now())
