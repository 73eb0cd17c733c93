"""The newsroom's folders on mail servers: how far each was read, who reads it now, and what is wrong with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from inbox.errors import InboxError
from inbox.mail_servers import ImapServer
from inbox.models import MailboxPosition
from inbox.profile import Mailbox, Profile
from inbox.rows import insert_values
from inbox.text import N_

LEASE = timedelta(minutes=1)
"""How long a folder is a worker's without a word from it: after that, others go on where it was."""

SIGN_IN = "sign-in"

_WORDS = {
    SIGN_IN: N_(
        "The mail server does not accept the user name or the password. Ask an administrator to correct them; "
        "we try again every few minutes."
    ),
    "host": N_("There is no mail server of this name. Ask an administrator to correct the address."),
    "unreachable": N_("The mail server cannot be reached. We try again."),
    "certificate": N_(
        "The mail server cannot prove that it is the right one: its certificate is too old, made for another name or "
        "by somebody unknown. Ask an administrator."
    ),
    "tls": N_("The mail server does not speak TLS there, or not as it should. Ask an administrator."),
    "clear": N_(
        "The mail server offers no encryption, and the password is not sent without. Ask an administrator to use an "
        "address that begins with imaps://."
    ),
    "folder": N_("The mail server has no such folder, or does not let us read it. Ask an administrator."),
    "read-only": N_(
        "The mail server lets us read this folder only, so mails cannot be marked or moved. Ask an administrator."
    ),
    "after-reading": N_(
        "Mails arrive here, but the mail server does not let us mark them or move them to their folder. Ask an "
        "administrator whether that folder is there."
    ),
    "busy": N_("The mail server turns us away for now. We try again."),
    "lost": N_("The connection to the mail server broke. We try again from where we were."),
    "server": N_("The mail server does not answer as it should. We try again."),
    "mail": N_("A mail could not be taken in. It stays on the mail server, and we try again; the others arrive."),
    "storage": N_("Mails wait on the mail server, as files cannot be kept here now. Ask an administrator."),
    "database": N_("Mails wait on the mail server, as nothing can be written down here now. Ask an administrator."),
}
_OTHER = N_("Something went wrong on our side. If it stays so, ask an administrator.")


class LeaseLost(InboxError):
    """Somebody else reads this folder by now."""


@dataclass(frozen=True)
class Hold:
    """The right to read a folder, until somebody else takes it."""

    position_id: int
    holder: str


@dataclass(frozen=True)
class Source:
    """A folder to read, and whose mail it is. Where `complaint` says why it is not read, `mailbox` is None."""

    server: ImapServer
    mailbox: Mailbox | None
    complaint: str = ""

    @property
    def name(self) -> str:
        """Its name among the channels whose health is kept: the newsroom's address, and a folder besides INBOX."""
        address = self.mailbox.address if self.mailbox else self.server.address
        folder = "" if self.server.folder.upper() == "INBOX" else f"/{self.server.folder}"
        return f"imap:{address}{folder}"[:128]


def sources(servers: Sequence[ImapServer], profile: Profile) -> Iterator[Source]:
    """The folders of the settings, each with its mailbox in the profile, or with the words why it has none.

    Without an address a folder is that of the only mailbox. In a profile without mailboxes it is one by itself.
    """
    seen = set()
    for server in servers:
        mailbox = _mailbox(server, profile)
        if mailbox is None:
            yield Source(server, None, _unlisted(server, profile))
        elif (mailbox.address, server.folder) in seen:
            words = f"names the folder {server.folder} of {mailbox.address} twice; the second one is not read"
            yield Source(server, None, words)
        elif mailbox.move_to.casefold() == server.folder.casefold():
            words = f"mails of {mailbox.address} would be moved to {server.folder}, where they lie already (move_to)"
            yield Source(server, None, f"{words}, so that folder is not read; move them to another one")
        else:
            seen.add((mailbox.address, server.folder))
            yield Source(server, mailbox)


def _mailbox(server: ImapServer, profile: Profile) -> Mailbox | None:
    if len(profile.mailboxes) == 1 and not server.address:
        return profile.mailboxes[0]
    if profile.mailboxes:
        return profile.mailbox(server.address)
    try:
        return Mailbox(address=server.address, label=server.address)
    except ValidationError:
        return None


def _unlisted(server: ImapServer, profile: Profile) -> str:
    example = profile.mailboxes[0].address if profile.mailboxes else "news@example.org"
    if not profile.mailbox(server.address) and "@" in server.address and profile.mailboxes:
        words = f"{server.address} is none of the profile's mailboxes, so its mail is not fetched; list it there, or"
    else:
        words = f"it is not said whose mail lies on {server.host}, so it is not fetched;"
    return f"{words} write ?address={example} at the end of that server's address"


def take(session: Session, address: str, folder: str, *, holder: str, now: datetime) -> Hold | None:
    """Take the right to read a folder; None while somebody else has it. Whoever has it already keeps it.

    Raises IntegrityError if another worker takes a new folder at this moment.
    """
    mine = (MailboxPosition.address == address, MailboxPosition.folder == folder)
    position = session.scalar(select(MailboxPosition.id).where(*mine))
    if position is None:
        position = insert_values(session, MailboxPosition, address=address, folder=folder)
    free = or_(
        MailboxPosition.leased_until.is_(None),
        MailboxPosition.leased_until < now,
        MailboxPosition.holder == holder,
    )
    taken = _change(session, (MailboxPosition.id == position, free), holder=holder, leased_until=now + LEASE)
    return Hold(position, holder) if taken else None


def renew(session: Session, hold: Hold, *, now: datetime) -> bool:
    """Say that the folder is still being read. Return False, and change nothing, if somebody else has it by now."""
    return _change(session, _held(hold), leased_until=now + LEASE)


def release(session: Session, hold: Hold) -> None:
    """Let somebody else read the folder."""
    _change(session, _held(hold), holder="", leased_until=None)


def begin(session: Session, hold: Hold, uid_validity: int, uid_next: int | None) -> int:
    """Return the UID up to which the folder's mails are here.

    That is 0 if its UIDs are not those that we know (RFC 3501, section 2.3.1.1): the folder is then read from the
    beginning. A next UID that we have passed already says the same. Raises LeaseLost.
    """
    position = session.scalar(select(MailboxPosition).where(*_held(hold)).with_for_update())
    if position is None:
        raise LeaseLost
    known = position.uid_validity == uid_validity and (uid_next is None or uid_next > position.last_uid)
    if not known:
        position.uid_validity, position.last_uid = uid_validity, 0
        session.flush()
    return position.last_uid


def advance(session: Session, hold: Hold, last_uid: int, *, now: datetime) -> None:
    """All mails up to this UID are here once this transaction is. Raises LeaseLost if somebody else has the folder."""
    if not _change(session, _held(hold), last_uid=last_uid, leased_until=now + LEASE):
        raise LeaseLost


def _held(hold: Hold) -> tuple[ColumnElement[bool], ...]:
    return MailboxPosition.id == hold.position_id, MailboxPosition.holder == hold.holder


def _change(session: Session, which: tuple[ColumnElement[bool], ...], **values: object) -> bool:
    statement = update(MailboxPosition).where(*which).values(values).returning(MailboxPosition.id)
    return session.scalar(statement.execution_options(synchronize_session=False)) is not None


class Progress:
    """How far the mails of a list of UIDs, which ascend, are here, in whatever order they come.

    `here` holds those that came before their turn; it is the caller's, for the next list.
    """

    def __init__(self, listed: Sequence[int], here: set[int]) -> None:
        self._listed, self._here, self._first = listed, here, 0

    def reached(self, uid: int) -> int:
        """The UID up to which everything is here once this mail is; 0 if nothing is."""
        place = self._passed(uid)
        if place == len(self._listed):
            return self._listed[-1]
        return self._listed[place] - 1 if place else 0

    def add(self, uid: int) -> None:
        """This mail is here, or is no more."""
        self._first = self._passed(uid)
        self._here.add(uid)

    def _passed(self, uid: int) -> int:
        place = self._first
        while place < len(self._listed) and (self._listed[place] == uid or self._listed[place] in self._here):
            place += 1
        return place


def explain(code: str) -> str:
    """What is wrong with a mailbox and what to do, in words to be translated."""
    return _WORDS.get(code, _OTHER)
