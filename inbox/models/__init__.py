"""The nouns. Importing this package loads every table."""

from inbox.models.attachment import Attachment
from inbox.models.audit import AuditEntry
from inbox.models.call import Call
from inbox.models.contact import Contact, ContactPoint
from inbox.models.enums import (
    Channel,
    DeliveryState,
    Direction,
    FileState,
    GuideStage,
    JobKind,
    JobState,
    LetterState,
    NoticeKind,
    Priority,
    Role,
    Status,
    SubscriberState,
    Telling,
)
from inbox.models.guide import Guide
from inbox.models.job import Job, StatusReport
from inbox.models.label import Label, submission_label
from inbox.models.mail import ChannelHealth, Letter, Mail, MailboxPosition
from inbox.models.message import Message
from inbox.models.note import Note
from inbox.models.notice import Notice
from inbox.models.reply import CannedReply, ReplyDraft
from inbox.models.submission import Submission
from inbox.models.subscriber import Consent, Subscriber
from inbox.models.user import User
from inbox.models.webhook import RecoveryPosition, RefusedWebhook

__all__ = [
    "Attachment",
    "AuditEntry",
    "Call",
    "CannedReply",
    "Channel",
    "ChannelHealth",
    "Consent",
    "Contact",
    "ContactPoint",
    "DeliveryState",
    "Direction",
    "FileState",
    "Guide",
    "GuideStage",
    "Job",
    "JobKind",
    "JobState",
    "Label",
    "Letter",
    "LetterState",
    "Mail",
    "MailboxPosition",
    "Message",
    "Note",
    "Notice",
    "NoticeKind",
    "Priority",
    "RecoveryPosition",
    "RefusedWebhook",
    "ReplyDraft",
    "Role",
    "Status",
    "StatusReport",
    "Submission",
    "Subscriber",
    "SubscriberState",
    "Telling",
    "User",
    "submission_label",
]
