"""What the desk says about an e-mail: why it is here, what the receiving server thinks of it, what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import getaddresses
from typing import Any

from inbox.models import Mail, Message
from inbox.text import N_

JOINED = {
    "token": N_("Belongs here because it answers our mail."),
    "reply": N_("Belongs here because it answers an earlier mail."),
}


@dataclass(frozen=True)
class Letterhead:
    """From which address a mail says it comes, to which it went, where an answer should go if that is another, and
    its subject."""

    address: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    reply_to: str
    subject: str


def letterhead(message: Message) -> Letterhead:
    """What the mail's own header says; the mailbox it came to, where that names nobody."""
    told = message.extra
    cc = tuple(address.lower() for _, address in getaddresses(list(map(str, told.get("cc", ())))) if address)
    everybody = tuple(map(str, told.get("to", ()))) or tuple(filter(None, (message.recipient,)))
    to = tuple(each for each in everybody if each not in cc)
    address = message.contact_point.address if message.contact_point else ""
    return Letterhead(address, to, cc, str(told.get("reply_to", "")), str(told.get("subject", "")))


_CHECKS = {"spf": "SPF", "dkim": "DKIM", "dmarc": "DMARC"}
_WARNED_OF = ("spf", "dmarc")
"""A DKIM signature breaks on its way through any list that adds a line; the others say where the mail came from."""
_FAILED = ("fail", "softfail", "permerror")


@dataclass(frozen=True)
class Verdicts:
    """What the receiving server says: (check, result) pairs, and whether somebody should look twice."""

    results: tuple[tuple[str, str], ...]
    warns: bool
    by: str


def verdicts(mail: Mail) -> Verdicts:
    """The results of SPF, DKIM and DMARC as they were told (RFC 8601); none of them proves anything."""
    told = {name: str(mail.verdicts[name]).lower()[:20] for name in _CHECKS if mail.verdicts.get(name)}
    warns = any(told.get(name) in _FAILED for name in _WARNED_OF)
    return Verdicts(tuple((_CHECKS[name], told[name]) for name in told), warns, str(mail.verdicts.get("by", "")))


_STATUS = {
    "1.1": N_("nobody has this address"),
    "1.2": N_("there is no such domain"),
    "1.3": N_("the address is not written as addresses are"),
    "1.6": N_("the mailbox has moved"),
    "1.10": N_("this domain takes no mail"),
    "2.1": N_("the mailbox is closed"),
    "2.2": N_("the mailbox is full"),
    "2.3": N_("the mail is too large"),
    "3.4": N_("the mail is too large"),
    "4.1": N_("their server does not answer"),
    "4.4": N_("their server cannot be found"),
    "4.7": N_("it waited too long"),
}
_SUBJECT = {
    "2": N_("their mailbox does not take it"),
    "4": N_("their server cannot be reached"),
    "6": N_("their server cannot read it"),
    "7": N_("their server refuses it"),
}


def bounce_reason(bounce: Mapping[str, Any]) -> str:
    """Why a mail of ours did not arrive, from its status code (RFC 3463), in words to be translated; "" if unknown."""
    _, _, detail = str(bounce.get("status", "")).partition(".")
    return _STATUS.get(detail) or _SUBJECT.get(detail.partition(".")[0], "")


@dataclass(frozen=True)
class Problem:
    """Why a mail could not be read, and what to do, in words to be translated."""

    title: str
    text: str


_PROBLEMS = {
    "too-large": N_(
        "It is larger than what is taken apart here. Download the original and open it in a mail program, or let an "
        "administrator raise the limit and have it processed again."
    ),
    "unreadable": N_(
        "It is not built as mails are. It is kept as it came: download the original and open it in a mail program, or "
        "ask the sender to send it again."
    ),
}
_OTHER = N_(
    "Something went wrong on our side. It is kept as it came: download the original and open it in a mail program. "
    "If processing it again does not help, tell an administrator."
)


def problem(code: str) -> Problem:
    """The words for what `Mail.problem` says."""
    return Problem(N_("This e-mail could not be read"), _PROBLEMS.get(code, _OTHER))
