"""A valid form becomes a message, exactly once.

The first message of a form carries the hash of its one-time token. The same content again (a double
click, a line that broke) is answered with that message. Other content under the same token (sent,
went back, changed, sent again) becomes a further message of the same submission, with all that changed.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.channels.webform import parse, uploads
from inbox.channels.webform.tokens import Token
from inbox.channels.webform.uploads import Kept, Upload
from inbox.edge import current_runtime, exactly_once, now, request_session
from inbox.models import Attachment, Message, Submission
from inbox.services import intake
from inbox.services.intake import Arrival, Incoming

Take = Callable[[Session, Incoming, Submission | None], Arrival]
"""Stores one message of a form, the first time without a submission, later with the one that its token made."""
CONTENT = "content"
"""Where a message keeps the keyed hash of what its form held."""


def deliver(incoming: Incoming, files: list[Upload], token: Token, take: Take) -> Arrival:
    """Store what a form brought, once."""
    incoming = replace(incoming, raw={CONTENT: _content(incoming, files)})
    if files and (same := _find_same(request_session(), incoming)):
        return same  # before their bytes are stored once more
    kept = uploads.keep(files)
    try:
        arrival = _once(lambda session: _store(session, incoming, kept, token, take))
    except Exception:
        uploads.forget(kept)
        raise
    if kept:
        used = {file.storage_key for file in arrival.message.attachments}
        uploads.forget(file for file in kept if file.stored.key not in used)
    return arrival


def is_here(incoming: Incoming, files: list[Upload]) -> bool:
    """Whether the same content has already been sent under the same token."""
    incoming = replace(incoming, raw={CONTENT: _content(incoming, files)})
    return _find_same(request_session(), incoming) is not None


def was_used(token: Token) -> bool:
    """Whether something has already been sent under this token."""
    sent = select(Message.id).where(Message.account == parse.ACCOUNT, Message.external_id == token.key)
    return request_session().scalar(sent) is not None


def _store(session: Session, incoming: Incoming, kept: list[Kept], token: Token, take: Take) -> Arrival:
    # Asked once: between two looks another transaction may store the same form, which would look like a change.
    first = intake.find_repeat(session, incoming)
    if same := _same(session, incoming, first):
        return same
    here = _files_of(first.submission) if first else []
    files = uploads.attach(session, kept, token.key, here, now())
    incoming = replace(incoming, uploads=tuple(files))
    arrival = take(session, _changed(incoming), first.submission) if first else take(session, incoming, None)
    if arrival.repeated:
        raise _Overtaken
    return arrival


class _Overtaken(Exception):
    """Another transaction stored this form between our look and our writing; what we wrote must not stay."""


def _once(store: Callable[[Session], Arrival]) -> Arrival:
    try:
        return exactly_once(store)
    except _Overtaken:
        return exactly_once(store)


def _find_same(session: Session, incoming: Incoming) -> Arrival | None:
    return _same(session, incoming, intake.find_repeat(session, incoming))


def _same(session: Session, incoming: Incoming, first: Arrival | None) -> Arrival | None:
    """Return the earlier arrival of the same content, which is the token's first one or a change to it.

    The first content after a change to it is a change back, and no repeat.
    """
    if first is None:
        return None
    if first.message.raw.get(CONTENT) == incoming.raw[CONTENT] and not _was_changed(first, incoming):
        return first
    return intake.find_repeat(session, _changed(incoming))


def _was_changed(first: Arrival, incoming: Incoming) -> bool:
    changes = f"{incoming.external_id}:"
    return any(message.external_id.startswith(changes) for message in first.submission.messages)


def _changed(incoming: Incoming) -> Incoming:
    return replace(incoming, external_id=f"{incoming.external_id}:{incoming.raw[CONTENT]}")


def _content(incoming: Incoming, files: list[Upload]) -> str:
    """A hash of all that the sender gave, which nobody without our key can use to test a guess."""
    said = [incoming.kind, incoming.subject, incoming.text, asdict(incoming.facts), dict(incoming.details)]
    sent = sorted((file.filename, file.sha256()) for file in files)
    return current_runtime().derive("content", json.dumps([said, sent], sort_keys=True)).hex()


def _files_of(submission: Submission) -> list[Attachment]:
    return [file for message in submission.messages for file in message.attachments]
