"""The WhatsApp guide: it asks a first sender what it is about, then the few questions that matter for that kind.

It begins in a job of its own after the first message (`answers.welcome`); each further one makes a step in the
transaction that stores it. A step is made under a lock on the guide's row, so that a person of staff who steps in at
that moment comes before or after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from inbox import kinds
from inbox.kinds import Question
from inbox.models import Channel, ContactPoint, Guide, GuideStage, JobKind, Message, Submission, User
from inbox.profile import Profile
from inbox.rendering import message as render
from inbox.rows import fetch_first, insert_values, rows_together
from inbox.services import audit, guide_steps, jobs, notices, outbox, takeover, ways
from inbox.services.guide_steps import Said, Say, State, Step
from inbox.services.intake import Arrival, Incoming
from inbox.services.outbox import Recipient
from inbox.text import clean, language_of

STILL_WRITING = timedelta(seconds=20)
"""People send one thought in several messages: what comes so soon after the menu is no wrong answer to it."""
OWN_WORDS = "own_words"
"""The place in `Submission.details` of answers that fill no field, by the names of their questions."""
LETTERS_OF_A_SENTENCE = 12
"""So many letters tell which language somebody writes; a number or the name of a company does not."""


def begin(
    session: Session, submission: Submission, message: Message, to: Recipient, profile: Profile, *, now: datetime
) -> bool:
    """Answer the message of a sender who knows nothing yet with the reference and the first question.

    False, and nothing is done, if the guide does not work for such a message, or staff were quicker.
    """
    if not profile.guide.enabled or to.channel is not Channel.WHATSAPP or takeover.stepped_in(submission):
        return False
    first = guide_steps.start(_said(message.text, message.extra), submission.kind, profile.kinds)
    if not first.state.stage.at_work:
        return False
    language, standing = language_of(message.text), _standing(first, now, profile, now=now)
    own = {"submission_id": submission.id, "contact_point_id": to.point_id, "language": language}
    guide_id = insert_values(session, Guide, **own, **standing)
    _trace(session, submission, first.state, now=now)
    jobs.promise(session, JobKind.GUIDE, guide_id, due_at=standing["ends_at"], now=now)
    greeting = render("acknowledgement", "sms", language, newsroom=profile.name, reference=submission.reference)
    _say(session, to, submission.reference, message.id, first, language, profile, greeting=greeting, now=now)
    return True


def hear(session: Session, incoming: Incoming, arrival: Arrival, profile: Profile, *, now: datetime) -> None:
    """Make the step that a further message makes, if the guide is at work on its submission; a repeat makes none."""
    if arrival.opened or arrival.repeated:
        return
    if incoming.keyword == "stop":
        _end(session, arrival.submission_id, GuideStage.STOPPED, now=now)
        return
    guide = _hold(session, arrival.submission_id)
    if guide is None or not guide.state.stage.at_work:
        return
    if now >= guide.ends_at or not profile.guide.enabled:
        _end(session, arrival.submission_id, GuideStage.TIMED_OUT, now=now)
        return
    words = incoming.text.strip() or (incoming.gist if "location" in incoming.extra else "")
    material, early = bool(incoming.remote_files), now - guide.asked_at < STILL_WRITING
    said = replace(_said(words, incoming.extra), material=material, early=early)
    _go_on(session, guide, said, incoming, arrival, profile, now=now)


@dataclass(frozen=True)
class _Held:
    """Where the guide stands with a submission; nobody else moves it until the transaction ends."""

    id: int
    point_id: int
    language: str
    asked_at: datetime
    ends_at: datetime
    state: State


_HELD = (
    select(
        *(Guide.id, Guide.contact_point_id, Guide.language, Guide.asked_at, Guide.ends_at),
        *(Guide.stage, Submission.kind, Guide.place, Guide.repeated),
    )
    .join(Submission, Submission.id == Guide.submission_id)
    .where(Guide.submission_id == bindparam("submission"))
    .with_for_update(of=Guide)
)


def _hold(session: Session, submission_id: int) -> _Held | None:
    found = fetch_first(session, _HELD, submission=submission_id)
    if found is None:
        return None
    guide_id, point_id, language, asked_at, ends_at, *state = found
    return _Held(guide_id, point_id, language, asked_at, ends_at, State(*state))


def _go_on(
    session: Session, guide: _Held, said: Said, incoming: Incoming, arrival: Arrival, profile: Profile, *, now: datetime
) -> None:
    """Make a step: its time begins anew; what was answered is kept, and what comes next is said."""
    made, language = guide_steps.step(guide.state, said, profile.kinds), _language(said, guide.language)
    standing = _standing(made, guide.asked_at, profile, now=now)
    with rows_together(session) as rows:
        rows.update(Guide, guide.id, language=language, **standing)
        jobs.postpone(rows, JobKind.GUIDE, guide.id, due_at=standing["ends_at"])
    if made.say is None:
        return
    submission, point = arrival.submission, session.get_one(ContactPoint, guide.point_id)
    if made.answered:
        _keep(submission, made.answered, said.words, profile, now=now)
    _trace(session, submission, made.state, now=now)
    to = Recipient(submission.id, point.id, point.channel, point.address, ways.answering(profile, incoming))
    _say(session, to, arrival.reference, arrival.message_id, made, language, profile, now=now)


def time_up(session: Session, guide_id: int, *, now: datetime) -> None:
    """Leave the conversation to staff if nobody answered in time; nothing is said."""
    guide = session.get_one(Guide, guide_id, with_for_update=True)
    if guide.stage.at_work and now >= guide.ends_at:
        _end(session, guide.submission_id, GuideStage.TIMED_OUT, now=now)


def find_at_work(session: Session, submission: Submission, *, now: datetime) -> State | None:
    """Where the guide stands with a submission, or None if it is not at work."""
    mine = (Guide.submission_id == submission.id, Guide.stage.in_(takeover.AT_WORK), Guide.ends_at > now)
    guide = session.scalar(select(Guide).where(*mine))
    return State(guide.stage, submission.kind, guide.place, guide.repeated) if guide else None


def take_over(session: Session, submission: Submission, *, actor: User, now: datetime) -> None:
    """Let a person of staff go on from here; the guide is silent. Nothing happens if it was so already."""
    if takeover.end(session, submission.id, GuideStage.TAKEN_OVER):
        audit.record(session, actor, "submission:take_over", submission.id, now=now)
    session.flush()


def _end(session: Session, submission_id: int, stage: GuideStage, *, now: datetime) -> None:
    if takeover.end(session, submission_id, stage):
        audit.record(session, audit.SYSTEM, "submission:guide", submission_id, now=now, step=stage.value)
    session.flush()


def _said(words: str, extra: Mapping[str, Any]) -> Said:
    choice = extra.get("choice") or {}
    return Said(clean(words).strip(), choice.get("payload") or choice.get("id") or "")


def _standing(made: Step, asked_at: datetime, profile: Profile, *, now: datetime) -> dict[str, Any]:
    """What the guide's row says of its place after a step."""
    to, ends_at = made.state, now + timedelta(minutes=profile.guide.minutes)
    asked_at = now if made.say else asked_at
    return {"stage": to.stage, "place": to.place, "repeated": to.repeated, "asked_at": asked_at, "ends_at": ends_at}


def _trace(session: Session, submission: Submission, to: State, *, now: datetime) -> None:
    """Let the submission and its history know of a step."""
    if submission.kind != to.kind:
        facts = {"step": "kind", "was": submission.kind, "to": to.kind}
        audit.record(session, audit.SENDER, "submission:guide", submission.id, now=now, **facts)
        submission.kind = to.kind  # the reference stays: it was told already
        notices.opened(session, submission, now=now)
    if not to.stage.at_work:
        audit.record(session, audit.SENDER, "submission:guide", submission.id, now=now, step=to.stage.value)
    session.flush()


def _keep(submission: Submission, question: Question, words: str, profile: Profile, *, now: datetime) -> None:
    """Put an answer among the submission's facts: where it belongs if that is sure, else as it was said."""
    facts = question.read(words, now, ZoneInfo(profile.time_zone))
    if question.field:
        lengths = {field.name: field.max_length for field in kinds.BY_NAME[submission.kind].fields}
        facts = {question.field: words[: lengths[question.field]]}
    own: dict[str, Any] = submission.details.get(OWN_WORDS, {})
    submission.details = {**submission.details, **(facts or {OWN_WORDS: {**own, question.name: words}})}


def _language(said: Said, earlier: str) -> str:
    """The language to answer in: that of their own words, where there are enough of them to tell."""
    if said.tapped or said.material:
        return earlier
    letters = sum(map(str.isalpha, said.words))
    return language_of(said.words) or ("" if letters >= LETTERS_OF_A_SENTENCE else earlier)


def _say(
    session: Session,
    to: Recipient,
    reference: str,
    message_id: int,
    made: Step,
    language: str,
    profile: Profile,
    *,
    greeting: str = "",
    now: datetime,
) -> None:
    """Promise what a step says; its key is that of the message it answers, so that it is said once."""
    text = f"{greeting}\n\n{_words(language, made, reference, profile, now)}".strip()
    buttons = _buttons(language, made, reference, profile)
    outbox.enqueue(session, to, text, key=f"{takeover.KEY}{message_id}", due_at=now, now=now, **buttons)


def _words(language: str, made: Step, reference: str, profile: Profile, now: datetime) -> str:
    if made.say is Say.THANKS:
        return render("guide", "thanks", language, newsroom=profile.name, reference=reference)
    if made.say is Say.AGAIN:
        return render("guide", "again", language, last=len(profile.kinds))
    return _menu(language, profile.kinds) if made.say is Say.MENU else _question(language, made.state, profile, now)


@cache
def _menu(language: str, offered: tuple[str, ...]) -> str:
    choices = [render(f"guide/{kind}", "choice", language) for kind in offered]
    return render("guide", "menu", language, choices=choices)


def _question(language: str, state: State, profile: Profile, now: datetime) -> str:
    name = state.question.name if state.question else ""
    example = (now + timedelta(days=7)).astimezone(ZoneInfo(profile.time_zone)).strftime("%Y-%m-%d 09:00")
    zone = profile.time_zone.rsplit("/", 1)[-1].replace("_", " ")
    question = render(f"guide/{state.kind}", name, language, zone=zone, example=example)
    return render("guide", "question", language, question=question)


def _buttons(language: str, made: Step, reference: str, profile: Profile) -> dict[str, Any]:
    """The Content template that shows the menu as buttons or a list, where there is one in this language."""
    sid = profile.guide.content_sid_zh if language else profile.guide.content_sid
    if made.say is not Say.MENU or not sid:
        return {}
    return {"content_sid": sid, "content_variables": {"1": profile.name, "2": reference}}
