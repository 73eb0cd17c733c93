"""A form that its sender sends once more with changes: nothing of the later form, nor of the first, is lost.

The rule: what a submission shows as its facts is what its sender said last, so that an embargo or an address
that was put right counts. The further message keeps what changed, with the value before and the value after.
"""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from inbox.models import Submission
from inbox.rows import id_of, rows_together
from inbox.services import audit, contacts, intake, search, search_index
from inbox.services.contacts import Facts
from inbox.services.intake import Arrival, Incoming
from inbox.text import clean

CHANGED = "changed"
"""Where a message keeps the changes: {field: {"from": value before, "to": value now}}, None for none."""

Changes = dict[str, dict[str, Any]]


def receive(session: Session, submission: Submission, incoming: Incoming, *, region: str, now: datetime) -> Arrival:
    """Store a form that came again as a further message, and let the submission's facts follow it.

    As `intake.receive_more`: exactly once, and a decided submission is opened again. Staff who have the page
    open are told before they decide on what it said before.
    """
    session.refresh(submission, with_for_update=True)  # of two changes at once the later one sees the earlier
    changed = differences(submission, incoming, region)
    extra = {**incoming.extra, CHANGED: changed} if changed else incoming.extra
    arrival = intake.receive_more(session, submission, replace(incoming, extra=extra), now=now)
    if changed and not arrival.repeated:
        _follow(session, submission, incoming, region, now)
        audit.record(session, audit.SENDER, "submission:correct", submission.id, now=now, fields=[*changed])
        session.flush()
    return arrival


def differences(submission: Submission, incoming: Incoming, region: str) -> Changes:
    """What a form says otherwise than the submission does, its text and files aside."""
    before = {"subject": submission.subject, **asdict(_facts_of(submission)), **submission.details}
    after = {"subject": _subject(submission, incoming), **asdict(_facts(incoming, region)), **incoming.details}
    names = dict.fromkeys((*after, *before))
    return {
        name: {"from": before.get(name), "to": after.get(name)} for name in names if before.get(name) != after.get(name)
    }


def _subject(submission: Submission, incoming: Incoming) -> str:
    """A form without a headline is called by its first words, and keeps that name."""
    return clean(incoming.subject)[:500] or submission.subject


def _facts_of(submission: Submission) -> Facts:
    contact = submission.contact
    return Facts(contact.name, contact.email, contact.phone, contact.organisation) if contact else Facts()


def _facts(incoming: Incoming, region: str) -> Facts:
    return replace(incoming.facts, phone=contacts.normalise_phone(incoming.facts.phone, region))


def _follow(session: Session, submission: Submission, incoming: Incoming, region: str, now: datetime) -> None:
    """Let subject, details and contact be those of the form. A contact made by a form is this submission's alone."""
    facts = _facts(incoming, region)
    submission.subject = _subject(submission, incoming)
    submission.details = dict(incoming.details)
    submission.sender = clean(facts.name)[:500]
    submission.version += 1
    if submission.contact:
        for name, value in asdict(facts).items():
            setattr(submission.contact, name, value)
    elif facts:
        with rows_together(session) as rows:
            person = contacts.add_from_form(rows, facts, region=region, now=now)
        submission.contact_id = id_of(person.contact)
    names = [facts.name, facts.organisation, facts.email]
    head = search.head_tokens("", submission.subject, submission.sender, submission.details, names, [facts.phone])
    search_index.extend(session, submission.id, head)
