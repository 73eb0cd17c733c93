"""What staff do with a submission. Each verb changes it, leaves its trace, and flushes.

`seen` is the version of the submission that the page showed: if somebody changed it since, the verb
raises StaleSubmission and changes nothing. Rights are checked before (`accounts.get_submission`).
"""

from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from inbox.errors import AlreadyClaimed, MoveNotAllowed, NotAllowed, StaleSubmission
from inbox.models import ContactPoint, GuideStage, Label, Message, Note, Priority, Status, Submission, User
from inbox.services import accounts, audit, notices, search, search_index, search_text, takeover
from inbox.text import clean

LABEL_LENGTH = 60
NOTE_LENGTH = 20_000


def claim(session: Session, submission: Submission, *, actor: User, now: datetime) -> None:
    """Take a submission that nobody has. Of two claims at once one wins; the other raises AlreadyClaimed."""
    took = session.scalar(
        update(Submission)
        .where(Submission.id == submission.id, Submission.assignee_id.is_(None))
        .values(assignee_id=actor.id, version=Submission.version + 1)
        .returning(Submission.id)
        .execution_options(synchronize_session=False)
    )
    session.refresh(submission)
    if took:
        takeover.end(session, submission.id, GuideStage.TAKEN_OVER)
        audit.record(session, actor, "submission:claim", submission.id, now=now)
    elif submission.assignee_id != actor.id:
        raise AlreadyClaimed(submission.assignee.name if submission.assignee else "")
    session.flush()


def assign(
    session: Session, submission: Submission, assignee: User | None, *, actor: User, seen: int, now: datetime
) -> None:
    """Give a submission to somebody who may work on it, or to nobody. Raises NotAllowed if they may not."""
    _change(session, submission, seen)
    was = submission.assignee_id
    if assignee and not accounts.may(assignee, accounts.CLAIM, submission):
        raise NotAllowed(f"{assignee.name} cannot work on this submission")
    submission.assignee = assignee
    if assignee:
        takeover.end(session, submission.id, GuideStage.TAKEN_OVER)
    audit.record(session, actor, "submission:assign", submission.id, now=now, to=assignee.name if assignee else None)
    session.flush()
    if submission.assignee_id != was:
        notices.assigned(session, submission, actor=actor, now=now)


def move(session: Session, submission: Submission, to: Status, *, actor: User, seen: int, now: datetime) -> None:
    """Move to another status. Raises MoveNotAllowed when it cannot follow the present one.

    What is decided ends the conversation: the sender's next message opens a new submission. What is opened
    again takes it up again, unless the sender has begun another one meanwhile.
    """
    sender = _lock_sender(session, submission) if to.waits else None
    _change(session, submission, seen)
    was = submission.status
    if to not in was.moves:
        raise MoveNotAllowed(f"{was.value} to {to.value}")
    submission.status = to
    submission.decided_at = now if to in (Status.ACCEPTED, Status.DECLINED, Status.CLOSED) else None
    if submission.decided_at:
        submission.thread_key = None
    elif sender and not submission.thread_key and not _has_thread(session, sender):
        submission.thread_key = sender.thread_key
    if was is Status.SPAM:
        submission.spam_reasons = []
    takeover.end(session, submission.id, GuideStage.TAKEN_OVER)
    audit.record(session, actor, f"submission:{to.value}", submission.id, now=now, was=was.value)
    session.flush()
    if was is Status.SPAM:
        notices.opened(session, submission, actor=actor, now=now)


def _lock_sender(session: Session, submission: Submission) -> ContactPoint | None:
    """The address that the submission came from, locked as an arriving message locks it, and before anything else."""
    if not submission.channel.joins_by_sender:
        return None
    of_this = (Message.submission_id == submission.id, Message.channel == submission.channel)
    wanted = select(Message.contact_point_id).where(*of_this, Message.contact_point_id.is_not(None))
    number = session.scalar(wanted.order_by(Message.id).limit(1))
    return session.get(ContactPoint, number, with_for_update=True) if number else None


def _has_thread(session: Session, sender: ContactPoint) -> bool:
    return bool(session.scalar(select(exists().where(Submission.thread_key == sender.thread_key))))


def prioritise(
    session: Session, submission: Submission, priority: Priority, *, actor: User, seen: int, now: datetime
) -> None:
    """Set the priority."""
    _change(session, submission, seen)
    was, submission.priority = submission.priority, priority
    audit.record(session, actor, "submission:prioritise", submission.id, now=now, was=was.value, to=priority.value)
    session.flush()


def label(session: Session, submission: Submission, name: str, *, actor: User, now: datetime) -> None:
    """Put a label on; it is made if it is new. Labels add up, so a stale page does no harm here."""
    name = " ".join(clean(name).split())[:LABEL_LENGTH]
    if not name:
        return
    found = _find_or_make_label(session, name)
    if found in submission.labels:
        return
    submission.labels.append(found)
    submission.version += 1
    audit.record(session, actor, "submission:label", submission.id, now=now, label=found.name)
    session.flush()
    search_index.extend(session, submission.id, search_text.tokens(found.name))


def _find_or_make_label(session: Session, name: str) -> Label:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    key = name.casefold()[:LABEL_LENGTH]
    wanted = select(Label).where(Label.key == key)
    found = session.scalar(wanted)
    if found is None:  # of two people who make the same one at once, the first one's stays
        session.execute(insert(Label).values(name=name, key=key).on_conflict_do_nothing())
        found = session.scalars(wanted).one()
    return found


def unlabel(session: Session, submission: Submission, key: str, *, actor: User, now: datetime) -> None:
    """Take a label off; one that is not there is no error."""
    found = next((label for label in submission.labels if label.key == key), None)
    if found is None:
        return
    submission.labels.remove(found)
    submission.version += 1
    audit.record(session, actor, "submission:unlabel", submission.id, now=now, label=found.name)
    session.flush()
    search.rebuild(session, submission)


def note(
    session: Session, submission: Submission, text: str, *, actor: User, now: datetime, key: str | None = None
) -> Note:
    """Add a note that only staff see; whom it names is told of it.

    The same `key` again (`conversation.once_key`) is the first note. Raises IntegrityError if another transaction
    adds the same at this moment.
    """
    if key and (same := session.scalar(select(Note).where(Note.client_key == key))):
        return same
    text = clean(text)[:NOTE_LENGTH]
    added = Note(submission_id=submission.id, author_id=actor.id, text=text, client_key=key, at=now)
    session.add(added)
    session.flush()
    audit.record(session, actor, "submission:note", submission.id, now=now)
    search_index.extend(session, submission.id, search_text.tokens(added.text))
    notices.mentioned(session, submission, added, actor=actor, now=now)
    return added


def _change(session: Session, submission: Submission, seen: int) -> None:
    """Count a change of version `seen`, atomically; raise StaleSubmission if it is no longer that version."""
    changed = session.scalar(
        update(Submission)
        .where(Submission.id == submission.id, Submission.version == seen)
        .values(version=seen + 1)
        .returning(Submission.id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        raise StaleSubmission(submission.reference)
    session.refresh(submission)
