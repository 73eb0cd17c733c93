"""What the failure of each kind of work is called at the desk, and how it is tried again. A new kind is one entry."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, select
from sqlalchemy.orm import Session, joinedload, raiseload

from inbox.models import Attachment, Channel, DeliveryState, Job, JobKind, JobState, Letter, LetterState, Message, User
from inbox.services import accounts, audit, jobs, letters, media, outbox, problems, provider
from inbox.text import N_

Again = Callable[[Session, Job, User, int | None, datetime], None]


@dataclass(frozen=True)
class Words:
    """A failure as sentences, to be translated; `values` are filled into `text`.

    `doubt`: it may have been done, so it is only asked about. `button` says what trying again means where that is
    not what it is for most work; None where there is no such thing.
    """

    title: str
    text: str
    doubt: bool = False
    button: str | None = ""
    values: dict[str, str] = field(default_factory=dict)


def again(session: Session, job: Job, actor: User, submission_id: int | None, now: datetime) -> None:
    """Try the work once more as it stands: right where doing a part of it twice harms nobody."""
    audit.record(session, actor, accounts.RETRY, submission_id, now=now, kind=job.kind.value)
    jobs.again(session, session.get_one(Job, job.id, with_for_update=True, populate_existing=True), now=now)


@dataclass(frozen=True)
class Sort:
    """What the desk says and does about one kind of work.

    subject:    the model whose id is the job's subject, loaded with what `words` needs
    submission: the id of the submission it is about, selected for `Job.subject_id`; None where it is about none
    anchor:     the place on the submission's page, made from the subject
    regular:    it is done again and again, so that the number of its tries says nothing
    again:      tries it once more, with an audit entry; raises TooLate where somebody else was quicker
    one_by_one: which of it only a person who has read what it says may try again
    """

    heading: str
    icon: str
    words: Callable[[Job, Any], Words]
    subject: Select[Any] | None = None
    submission: ScalarSelect[int] | None = None
    anchor: Callable[[Any], str] = lambda subject: ""
    regular: bool = False
    again: Again = again
    one_by_one: ColumnElement[bool] | None = None


def _about_message(job: Job, message: Message) -> Words:
    by_person = message.author_id is not None
    if message.delivery in (DeliveryState.UNKNOWN, DeliveryState.SENDING):
        title = N_("This answer may have been sent") if by_person else N_("This notice may have been sent")
        if message.channel is Channel.EMAIL:
            return Words(title, _DOUBT_BY_MAIL, doubt=True, button=None)
        return Words(title, _DOUBT if job.state is JobState.WAITING else _DOUBT_LEFT, doubt=True)
    if job.state is JobState.WAITING:
        title = N_("An answer still waits to be sent") if by_person else N_("A notice still waits to be sent")
    elif message.account != outbox.DESK:
        title = N_("An answer did not arrive") if by_person else N_("A notice did not arrive")
    else:
        title = N_("An answer was not sent") if by_person else N_("A notice was not sent")
    return Words(title, provider.explain(job.error))


_DOUBT = N_(
    "The connection broke while it was handed over. We are asking Twilio whether it arrived; until we know, it is "
    "not sent again."
)
_DOUBT_LEFT = N_(
    "The connection broke while it was handed over, and Twilio could not be asked for a day. It is not sent again: "
    "ask once more, or look for it in Twilio's console."
)


_DOUBT_BY_MAIL = N_(
    "The connection broke while our mail server took it, and a mail server cannot be asked. It is not sent again by "
    "itself: open it to say that it arrived, or to send it a second time."
)


def _send_again(session: Session, job: Job, actor: User, submission_id: int | None, now: datetime) -> None:
    """What is known not to have been sent goes out anew; what may have been is only looked up (see `handlers.send`)."""
    message = session.get_one(Message, job.subject_id, with_for_update=True, populate_existing=True)
    if message.delivery is DeliveryState.FAILED:
        outbox.send_again(session, message, actor=actor, now=now)
    else:
        again(session, job, actor, submission_id, now)


def _about_arrival(job: Job, message: Message) -> Words:
    return Words(N_("What follows a new message could not be done"), _ARRIVAL_TEXT)


_ARRIVAL_TEXT = N_(
    "The message itself is here. Its sender may not know that yet: answer it by hand if it matters. "
    "It is tried again by itself for a day, and then left."
)


def _about_letter(job: Job, letter: Letter) -> Words:
    """What became of a notice to staff, or of a confirmation to somebody who asks for the newsletter."""
    who = letter.key.startswith(letters.NOTICE)
    if letter.state is LetterState.UNKNOWN:
        title = N_("A notice to staff may have been sent") if who else N_("A letter may have been sent")
        return Words(title, _LETTER_DOUBT, doubt=True, button=N_("Send it a second time"))
    if job.state is JobState.WAITING:
        title = N_("A notice to staff still waits to be sent") if who else N_("A letter still waits to be sent")
        return Words(title, provider.explain(job.error))
    if who:
        return Words(N_("A notice to staff could not be sent"), _NOTICE_TEXT, values={"address": letter.recipient})
    return Words(N_("A letter could not be sent"), provider.explain(job.error))


_NOTICE_TEXT = N_("It was for %(address)s. Look whether this address is right and takes our mail.")
_LETTER_DOUBT = N_(
    "The connection broke while our mail server took it, and a mail server cannot be asked. It is not sent again by "
    "itself, so that nobody gets it twice."
)


def _send_letter_again(session: Session, job: Job, actor: User, submission_id: int | None, now: datetime) -> None:
    letter = session.get_one(Letter, job.subject_id, with_for_update=True, populate_existing=True)
    if letter.state is LetterState.WAITING:
        again(session, job, actor, submission_id, now)
        return
    letters.send_again(session, letter, job, now=now)
    audit.record(session, actor, accounts.RETRY, submission_id, now=now, kind=job.kind.value)


def _about_file(job: Job, attachment: Attachment) -> Words:
    text, values = problems.explain(attachment)
    return Words(_FILE_TITLES[job.kind], text if attachment.problem else _OTHER_TEXT, values=values)


_FILE_TITLES = {
    JobKind.FETCH: N_("A file could not be fetched"),
    JobKind.CLEAN: N_("No safe copy of a file could be made"),
    JobKind.FORGET: N_("The provider's copy of a file could not be deleted"),
}


def _try_file_again(session: Session, job: Job, actor: User, submission_id: int | None, now: datetime) -> None:
    """Through the file's own verb where there is something to be mended, so that its page says so too."""
    attachment = session.get_one(Attachment, job.subject_id, with_for_update=True, populate_existing=True)
    if job.kind is not JobKind.FORGET and attachment.can_be_retried:
        media.retry(session, attachment, actor=actor, now=now)
    else:
        again(session, job, actor, submission_id, now)


def _about_recovery(job: Job, _: None) -> Words:
    return Words(N_("Lost messages could not be looked for"), _LOST_BY.get(job.error, _LOST))


_LOST = N_(
    "Twilio could not be asked which messages never reached us. What readers wrote is safe there; it is taken in as "
    "soon as Twilio answers."
)
_LOST_BY = {"20003": N_("Twilio did not accept our sign-in. Ask an administrator to check the account's settings.")}


def _about_mail(job: Job, _: Message) -> Words:
    return Words(N_("An e-mail still cannot be read"), _MAIL_BY.get(job.error, _MAIL))


_MAIL = N_("Its original is kept: it can be downloaded, and opened in a mail program.")
_MAIL_BY = {
    "too-large": N_(
        "It is larger than what is taken apart here. An administrator can raise the limit; until then its original "
        "can be downloaded, and opened in a mail program."
    ),
    "lost": N_("Its original is not where we keep files any more. Ask an administrator."),
}


def _about_notices(job: Job, _: None) -> Words:
    return Words(N_("Staff could not be told what is new"), _LATER_TEXT)


_LATER_TEXT = N_("It is tried again every few minutes, and what was not told is told then.")


def _about_other(job: Job, _: Any) -> Words:
    return Words(N_("Something could not be done"), _OTHER_TEXT)


_OTHER_TEXT = N_("It is tried again by itself for a day, and then left.")
_FILE = Sort(
    heading=N_("Files"),
    icon="file-alert",
    words=_about_file,
    subject=select(Attachment).options(joinedload(Attachment.message), raiseload("*")),
    submission=select(Message.submission_id)
    .join(Attachment)
    .where(Attachment.id == Job.subject_id)
    .correlate(Job)
    .scalar_subquery(),
    anchor=lambda attachment: f"m-{attachment.message_id}",
    again=_try_file_again,
)


OTHER = Sort(heading=N_("Other work"), icon="alert-triangle", words=_about_other)
_MESSAGE = Sort(
    heading=N_("New messages"),
    icon="inbox",
    words=_about_arrival,
    subject=select(Message).options(joinedload(Message.author), raiseload("*")),
    submission=select(Message.submission_id).where(Message.id == Job.subject_id).correlate(Job).scalar_subquery(),
    anchor=lambda message: f"m-{message.id}",
)
SORTS: dict[JobKind, Sort] = {
    JobKind.ARRIVAL: _MESSAGE,
    JobKind.SEND: replace(_MESSAGE, heading=N_("Answers"), icon="send", words=_about_message, again=_send_again),
    JobKind.MAIL: replace(_MESSAGE, heading=N_("E-mail"), icon="mail", words=_about_mail),
    **dict.fromkeys((JobKind.FETCH, JobKind.CLEAN, JobKind.FORGET), _FILE),
    JobKind.LETTER: Sort(
        heading=N_("Letters"),
        icon="mail",
        words=_about_letter,
        subject=select(Letter),
        again=_send_letter_again,
        one_by_one=Job.subject_id.in_(select(Letter.id).where(Letter.state == LetterState.UNKNOWN)),
    ),
    JobKind.NOTICES: Sort(heading=N_("Notices to staff"), icon="bell-ringing", words=_about_notices, regular=True),
    **dict.fromkeys((JobKind.GUIDE, JobKind.TIDY, JobKind.SUBSCRIBE), OTHER),
    JobKind.RECONCILE: Sort(heading=N_("Lost messages"), icon="history", words=_about_recovery, regular=True),
}
"""One entry for each kind of work."""


def sort_of(kind: JobKind) -> Sort:
    """What there is to say about this kind of work."""
    return SORTS.get(kind, OTHER)
