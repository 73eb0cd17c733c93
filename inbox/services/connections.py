"""Every way in and out as the health page shows it: does it work, when did it last, and what waits."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.config import Settings
from inbox.models import Channel, ChannelHealth, Job, JobKind, JobState, Message, Submission
from inbox.profile import Profile
from inbox.services import mailboxes, provider
from inbox.text import N_

TWILIO, SMTP, SENDGRID = "twilio", "smtp", "sendgrid"
_BY_TWILIO = (Channel.WHATSAPP, Channel.SMS, Channel.RCS, Channel.VOICE)
_NOT_READ = N_("This folder is not read, since it is not clear whose mail it is: “inbox doctor” says why.")
_FROM_TWILIO = {
    "20003": provider.explain("20003"),
    "unreachable": N_("Twilio cannot be reached. It is tried again by itself; nothing is lost meanwhile."),
}


@dataclass(frozen=True)
class Connection:
    """One way in or out.

    name:        as in `ChannelHealth`; `title` is to be translated, `detail` an address of ours
    is_set_up:   whether the settings name it at all
    problem:     what is wrong, in words to be translated, or ""
    newest_at:   when somebody last wrote to us this way
    oldest_due:  since when the oldest thing that should leave this way has been due
    """

    name: str
    title: str
    icon: str
    detail: str = ""
    is_set_up: bool = True
    problem: str = ""
    failing_since: datetime | None = None
    succeeded_at: datetime | None = None
    newest_at: datetime | None = None
    oldest_due: datetime | None = None


def find_all(session: Session, settings: Settings, profile: Profile, *, now: datetime) -> list[Connection]:
    """Return the ways in and out, those that are set up and those that could be, in a fixed order."""
    newest, waiting = _newest(session), _oldest_due(session, now)
    ways = [
        Connection("web", N_("Web forms"), "forms", newest_at=newest.get(Channel.WEB)),
        _twilio(settings, profile, newest, waiting),
        *_mail_in(settings, profile, newest.get(Channel.EMAIL)),
        _mail_out(settings, waiting.get(Channel.EMAIL)),
    ]
    known = {each.name: each for each in session.scalars(select(ChannelHealth))}
    return [_with_health(way, known.get(way.name)) for way in ways]


def down(session: Session) -> list[ChannelHealth]:
    """Those that do not work now, the longest first."""
    failing = select(ChannelHealth).where(ChannelHealth.problem != "").order_by(ChannelHealth.failing_since)
    return list(session.scalars(failing))


def explain(name: str, problem: str) -> str:
    """What is wrong with a way and what to do, to be translated."""
    if name.startswith("imap:"):
        return mailboxes.explain(problem)
    if name == TWILIO and problem in _FROM_TWILIO:
        return _FROM_TWILIO[problem]
    return provider.explain(problem)


def _twilio(
    settings: Settings, profile: Profile, newest: dict[Channel, datetime], waiting: dict[Channel, datetime]
) -> Connection:
    return Connection(
        TWILIO,
        N_("WhatsApp, SMS and telephone"),
        "brand-whatsapp",
        ", ".join(number.spoken for number in profile.numbers),
        is_set_up=bool(settings.webhook_tokens),
        newest_at=max((newest[channel] for channel in _BY_TWILIO if channel in newest), default=None),
        oldest_due=min((waiting[channel] for channel in _BY_TWILIO if channel in waiting), default=None),
    )


def _mail_in(settings: Settings, profile: Profile, newest_at: datetime | None) -> list[Connection]:
    ways = [
        Connection(
            source.name,
            N_("E-mail in"),
            "mail",
            source.mailbox.address if source.mailbox else source.server.address,
            problem="" if source.mailbox else _NOT_READ,
            newest_at=newest_at,
        )
        for source in mailboxes.sources(settings.imap_servers, profile)
    ]
    if settings.sendgrid_secret:
        ways.append(Connection(SENDGRID, N_("E-mail in"), "mail", "SendGrid", newest_at=newest_at))
    return ways or [Connection("imap", N_("E-mail in"), "mail", is_set_up=False)]


def _mail_out(settings: Settings, oldest_due: datetime | None) -> Connection:
    host = settings.smtp_server.host if settings.smtp_server else ""
    return Connection(SMTP, N_("E-mail out"), "send", host, is_set_up=bool(host), oldest_due=oldest_due)


def _with_health(way: Connection, health: ChannelHealth | None) -> Connection:
    """The same with what the last try told."""
    if health is None or not way.is_set_up:
        return way
    return replace(
        way,
        problem=explain(way.name, health.problem) if health.problem else way.problem,
        failing_since=health.failing_since,
        succeeded_at=health.succeeded_at,
    )


def _newest(session: Session) -> dict[Channel, datetime]:
    """When somebody last wrote, for each channel that was ever used: two looks at an index for each."""
    newest = {}
    for channel in Channel:
        ends = [
            select(Submission.active_at)
            .where(Submission.channel == channel, Submission.waits == waits)
            .order_by(Submission.active_at.desc())
            .limit(1)
            .scalar_subquery()
            for waits in (True, False)
        ]
        newest[channel] = max((at for at in session.execute(select(*ends)).one() if at), default=None)
    return {channel: at for channel, at in newest.items() if at}


def _oldest_due(session: Session, now: datetime) -> dict[Channel, datetime]:
    """Since when the oldest message of each channel, or letter, has been due; of what is due now only."""
    due = (Job.state == JobState.WAITING, Job.due_at <= now)
    messages = (
        select(Message.channel, func.min(Job.created_at).label("at"))
        .join(Job, (Job.kind == JobKind.SEND) & (Job.subject_id == Message.id))
        .where(*due)
        .group_by(Message.channel)
    )
    found = {row.channel: row.at for row in session.execute(messages)}
    letters = session.scalar(select(func.min(Job.created_at)).where(*due, Job.kind == JobKind.LETTER))
    mails = [at for at in (found.get(Channel.EMAIL), letters) if at]
    return {**found, Channel.EMAIL: min(mails)} if mails else found
