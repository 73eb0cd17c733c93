"""E-mail in the queue: which submission a mail belongs to, and what is known of it besides its words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class MailFile:
    """A part of a mail that is a file. `filename` is "" where it has none; `content_id` is without brackets.

    `taken_from` is the name of the file that it was found in: Outlook packs files into one called winmail.dat.
    """

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    inline: bool = False
    content_id: str = ""
    taken_from: str = ""


@dataclass(frozen=True)
class Bounce:
    """What a delivery status notification says (RFC 3464): who did not get which mail of ours, and why.

    `final`: it failed for good, rather than being late. `status` is like "5.1.1"; `original_id` the Message-ID of
    our mail with angle brackets, or "".
    """

    recipient: str
    status: str
    original_id: str
    final: bool = True
    words: str = ""


@dataclass(frozen=True)
class ReadMail:
    """A mail as plain values; nothing in it is proved.

    mail_id:      its Message-ID with angle brackets as it came; "" where it has none
    digest:       SHA-256 (hex) of what makes it the same mail wherever it arrives, whatever way it came
    recipients:   all addresses it went to as the headers say (To, Cc), lower-case
    delivered_to: those that the receiving server added (Delivered-To, X-Original-To and the like), lower-case
    html:         sanitised, with remote content off; "" where there was none. Its pictures have the `src`
                  "cid:ID", ID being the `content_id` of one of the files
    references:   Message-IDs with angle brackets, the oldest first
    automatic:    an auto-reply or another mail that no person wrote (RFC 3834); `bulk`: from a list or a mass mailing
    verdicts:     what the receiving server says of "spf", "dkim" and "dmarc", and "by", which server says so
    kind, details: what a calendar file in it tells, for the submission's facts; kind "" if it tells nothing
    headers:      some of its header fields: lists of values by names in lower case
    defects:      codes of what was wrong with its form, for staff to know that something may be missing; see
                  `channels.email.parse.DEFECTS`
    """

    mail_id: str
    digest: str
    sender: str
    sender_name: str
    subject: str
    text: str
    html: str = field(default="", repr=False)
    recipients: tuple[str, ...] = ()
    delivered_to: tuple[str, ...] = ()
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    files: tuple[MailFile, ...] = ()
    sent_at: datetime | None = None
    automatic: bool = False
    bulk: bool = False
    bounce: Bounce | None = None
    verdicts: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    defects: tuple[str, ...] = ()

    @property
    def may_be_acknowledged(self) -> bool:
        """Whether an answer that nobody wrote may go back (RFC 3834, section 2): never to a machine or a list."""
        return not (self.automatic or self.bulk or self.bounce)
