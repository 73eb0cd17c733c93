"""What the holder of a receipt code sees and is asked."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.errors import NotAllowed
from inbox.models import AuditEntry, Channel, Direction, GuideStage, Message, Status, Submission, User
from inbox.services import audit, search_index, search_text, takeover
from inbox.text import N_, clean

QUESTION_LENGTH = 20_000


@dataclass(frozen=True)
class Step:
    """One line of "where it stands": reached at `at`, or still to come (None)."""

    label: str
    at: datetime | None
    current: bool = False


DECISIONS = {
    Status.ACCEPTED: N_("We use it"),
    Status.DECLINED: N_("We do not use it"),
    Status.CLOSED: N_("Dealt with"),
}


def once_key(drawn: str, text: str) -> str:
    """The key of what a page may send once: `drawn` with the page, and the text, as other words are another thing."""
    return hashlib.sha256(f"{drawn}\n{text}".encode()).hexdigest()


def ask(
    session: Session, submission: Submission, text: str, *, actor: User, now: datetime, key: str | None = None
) -> Message:
    """Write to the holder of the receipt code, who reads it on the status page.

    The same `key` again (`once_key`) is the first question. Raises NotAllowed if the submission has no receipt
    code, since then nobody could read it, IntegrityError if another transaction asks the same at this moment.
    """
    if submission.receipt_hash is None:
        raise NotAllowed("this submission has no receipt code")
    if key and (same := session.scalar(select(Message).where(Message.client_key == key))):
        return same
    message = Message(
        submission_id=submission.id,
        author_id=actor.id,
        direction=Direction.OUT,
        channel=Channel.WEB,
        account="web",
        external_id=f"out:{secrets.token_hex(16)}",
        client_key=key,
        text=clean(text)[:QUESTION_LENGTH],
        at=now,
    )
    session.add(message)
    count_outgoing(session, submission, message.text, "submission:ask", actor=actor, now=now)
    return message


def count_outgoing(
    session: Session, submission: Submission, text: str, verb: str, *, actor: User, now: datetime
) -> None:
    """Let a submission know of one more message of ours, whatever way it goes; leave the trace `verb`."""
    submission.message_count += 1
    submission.waits_for_sender = True
    submission.version += 1
    if submission.status is Status.NEW:
        submission.status = Status.OPEN
        audit.record(session, actor, "submission:open", submission.id, now=now, was=Status.NEW.value)
    audit.record(session, actor, verb, submission.id, now=now)
    session.flush()
    takeover.end(session, submission.id, GuideStage.TAKEN_OVER)
    search_index.extend(session, submission.id, search_text.tokens(text))


def steps(submission: Submission) -> list[Step]:
    """Where a submission stands, in the words of the status page; suspected spam looks like any arrival."""
    entries = submission.history
    read_at = _first(entries, "submission:open", "submission:claim", "submission:assign", *_DECIDING)
    lines = [Step(N_("Received"), submission.received_at), Step(N_("Read by an editor"), read_at)]
    if submission.waits_for_sender:
        asked = [m.at for m in submission.messages if m.direction is Direction.OUT]
        lines.append(Step(N_("Waiting for your answer"), asked[-1] if asked else None))
    decision = DECISIONS.get(submission.status)
    lines.append(Step(decision or N_("Decision"), submission.decided_at if decision else None))
    last = max(i for i, line in enumerate(lines) if line.at)
    return [Step(line.label, line.at, i == last) for i, line in enumerate(lines)]


_DECIDING = tuple(f"submission:{status.value}" for status in DECISIONS)


def _first(entries: list[AuditEntry], *verbs: str) -> datetime | None:
    return next((entry.at for entry in entries if entry.verb in verbs), None)
