"""What the outbox asks of a provider, as plain values; and a provider's error codes in words for staff."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from inbox.errors import InboxError
from inbox.models import Channel
from inbox.text import N_


@dataclass(frozen=True)
class MailHead:
    """What a mail says besides its text. Message-IDs have angle brackets; `headers` are further header fields."""

    subject: str
    mail_id: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OutgoingFile:
    """A file that a mail carries with it."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Outgoing:
    """One message to one person. Addresses are E.164, the provider's own ids, or those of mailboxes.

    With `content_sid` the approved template is sent, filled with `content_variables`, and `text` is only what it
    says. `media_urls` are addresses from which the provider fetches files. An e-mail has `mail`, and `files` in it.
    """

    channel: Channel
    sender: str
    recipient: str
    text: str
    content_sid: str = ""
    content_variables: Mapping[str, str] | None = None
    media_urls: tuple[str, ...] = ()
    mail: MailHead | None = None
    files: tuple[OutgoingFile, ...] = ()


@dataclass(frozen=True)
class Sent:
    """The provider has it, under this account and id."""

    account: str
    external_id: str


class Unclear(InboxError):
    """It may have been sent: the answer never came, or was a fault of the provider's."""


class Provider(Protocol):
    """Sends messages. Every call ends within its time limit."""

    def send(self, outgoing: Outgoing) -> Sent:
        """Send once. Raises `jobs.NotNow` or `jobs.Refused` if surely nothing was sent, else Unclear."""

    def find(self, outgoing: Outgoing, since: datetime) -> list[Sent]:
        """Look for messages like this that were sent at or after `since`, the oldest first. Raises as `send`."""


# Codes: https://www.twilio.com/docs/api/errors; of mail servers, RFC 3463 (5.1.1) or RFC 5321 (550)
NOT_FOUND, UNSAFE_FILE = "not-found", "unsafe-file"
SMTP_UNSET, SMTP_UNREACHABLE, SMTP_SIGN_IN = "smtp-unset", "smtp-unreachable", "smtp-sign-in"
SMTP_NOT_SECURE, SMTP_IN_CLEAR = "smtp-not-secure", "smtp-in-clear"
SMTP_ADDRESS, SMTP_UNCLEAR = "smtp-address", "smtp-unclear"
SMTP_PROBLEMS = frozenset({SMTP_UNREACHABLE, SMTP_SIGN_IN, SMTP_NOT_SECURE, SMTP_IN_CLEAR})
"""Codes that say something of our mail server, not of one mail."""
BLOCKED_US, MACHINE = "63014", "smtp-machine"
OPTED_OUT, BLOCKED = frozenset({"21610"}), frozenset({BLOCKED_US})
"""Codes that say something of the address, not only of the message."""
POINTLESS = (
    OPTED_OUT
    | BLOCKED
    | {"63016", "63024", "21614", "21211", "21617", "30004", "30005", "30006", "30007", "window", "opted-out"}
    | {"link", "media"}
    | {"5.1.1", "5.1.2", "5.1.3", "5.1.10", "5.2.3", "5.3.4", "smtp-552", SMTP_ADDRESS, MACHINE}
)
"""Codes after which the same message again would only be refused again."""
_WORDS = {
    "63016": N_(
        "More than 24 hours have passed since they last wrote on WhatsApp. "
        "Send an approved template, or use another way."
    ),
    "63014": N_("They have blocked this number on WhatsApp. Use another way to reach them."),
    "21610": N_("They have asked for no more messages from this number. Only they can undo that, by sending START."),
    "21608": N_("The Twilio account is on trial and may only write to numbers verified there. Upgrade it."),
    "21614": N_("This number cannot receive SMS; it may be a landline. Call them, or use another way."),
    "21211": N_("This is not a number that can be written to. Check it."),
    "21617": N_("The text is too long for one message. Shorten it and send it again."),
    "30003": N_("Their phone could not be reached: switched off or without signal. Try again later."),
    "30004": N_("They, or their operator, block messages from this number. Use another way."),
    "30005": N_("This number does not exist, or not any more. Check it."),
    "30006": N_("This number cannot receive SMS; it may be a landline. Call them, or use another way."),
    "30007": N_("The operator took it for spam and stopped it. Write it anew, without links and in other words."),
    "30008": N_("The operator could not deliver it and does not say why. Try again later."),
    "20429": N_("Too many messages at once. It is tried again by itself."),
    "11200": N_("Twilio could not fetch the file from this inbox. Ask an administrator to check the public address."),
    "11751": N_("The file is too large for this channel. Send a smaller one."),
    "63005": N_("WhatsApp refused the content. Change the text or the file and send it again."),
    "63013": N_("WhatsApp refused it for its rules. Write it anew in other words."),
    "63019": N_("The file could not be fetched or is not what WhatsApp takes. Send it as JPEG, MP4 or PDF."),
    "63021": N_("A template and its values may have 1,024 characters in all. Shorten the values."),
    "63024": N_("This number is not on WhatsApp. Use another way to reach them."),
    "63038": N_("The Twilio account has sent as many messages as it may in one day. Try again tomorrow."),
    "20003": N_("Twilio did not accept our sign-in. Ask an administrator to check the account's settings."),
    "unset": N_("No Twilio account is set up, so nothing can be sent. Ask an administrator."),
    "window": N_(
        "More than 24 hours have passed since they last wrote on WhatsApp. "
        "Send an approved template, or use another way."
    ),
    "opted-out": N_("They have asked for no more messages. Only they can undo that, by sending START."),
    "link": N_("Operators in Taiwan stop every SMS that holds a link. Take the link out and send it again."),
    "quiet-hours": N_("It waits for the end of the quiet hours."),
    "media": N_("An SMS to Taiwan carries no file: operators make a link of it, and stop that. Use WhatsApp."),
    "unclear": N_(
        "The connection broke while it was sent, and Twilio has not answered since. It is looked up there by itself; "
        "it is not sent again unless you say so."
    ),
    UNSAFE_FILE: N_(
        "A file that goes with it is not safe to send, or could not be made so. Send it without that file."
    ),
    NOT_FOUND: N_("The connection broke while it was sent, and Twilio does not have it. Send it again."),
    "unreachable": N_("The provider could not be reached for a day. Try again."),
}
_OTHER = N_("The provider refused it. Look the code up in Twilio's list of errors.")
_NO_MAILBOX = N_("There is no mailbox with this address, or not any more. Check it, or use another way.")
_TOO_LARGE = N_("It is too large for a mail server. Send smaller files, or some of them in a further message.")
_WORDS |= {
    SMTP_UNSET: N_("No mail server is set up, so nothing can be sent by e-mail. Ask an administrator."),
    SMTP_UNREACHABLE: N_(
        "Our mail server cannot be reached. What is to be sent waits for it, for five days at most. "
        "Ask an administrator if this lasts."
    ),
    SMTP_SIGN_IN: N_("Our mail server did not accept our sign-in. Ask an administrator to check its settings."),
    SMTP_NOT_SECURE: N_(
        "The connection to our mail server cannot be made secure; its certificate may have ended. Ask an administrator."
    ),
    SMTP_IN_CLEAR: N_("Our mail server offers no encryption, so it does not get the password. Ask an administrator."),
    SMTP_ADDRESS: N_("This is not an address that a mail can go to. Check it, or use another way."),
    SMTP_UNCLEAR: N_(
        "The connection broke while our mail server took it, and a mail server cannot be asked. "
        "It is not sent again unless you say so."
    ),
    MACHINE: N_("A machine writes from this address; nobody would read an answer. Use another way."),
    **dict.fromkeys(("5.1.1", "5.1.2", "5.1.3", "5.1.10"), _NO_MAILBOX),
    "5.2.2": N_("Their mailbox is full. Try again in some days, or use another way."),
    **dict.fromkeys(("5.2.3", "5.3.4", "smtp-552"), _TOO_LARGE),
}
_BY_CLASS = {
    "5.7.": N_(
        "A mail server refused it by its rules, often as suspected spam. Use other words or another way; "
        "if it happens again, ask an administrator to check SPF, DKIM and DMARC of our domain."
    ),
    "5.": N_("A mail server refused it for good. Check the address, or use another way."),
    "4.": N_("A mail server asks us to come back later. It is tried again by itself for five days."),
}
_BY_CLASS |= {"smtp-5": _BY_CLASS["5."], "smtp-4": _BY_CLASS["4."]}


def explain(code: str) -> str:
    """What this code means and what to do, to be translated."""
    of_class = (words for beginning, words in _BY_CLASS.items() if code.startswith(beginning))
    return _WORDS.get(code) or next(of_class, _OTHER)
