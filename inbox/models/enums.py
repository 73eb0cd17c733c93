"""The closed lists: channels, statuses and their allowed moves, roles. Labels are gettext ids."""

from datetime import timedelta
from enum import StrEnum

from inbox.text import N_


class Channel(StrEnum):
    """How something travelled."""

    WEB = "web"
    WHATSAPP = "whatsapp"
    SMS = "sms"
    RCS = "rcs"
    EMAIL = "email"
    VOICE = "voice"

    @property
    def label(self) -> str:
        return {
            Channel.WEB: N_("Web form"),
            Channel.WHATSAPP: N_("WhatsApp"),
            Channel.SMS: N_("SMS"),
            Channel.RCS: N_("RCS"),
            Channel.EMAIL: N_("E-mail"),
            Channel.VOICE: N_("Voice"),
        }[self]

    @property
    def icon(self) -> str:
        return {
            Channel.WEB: "forms",
            Channel.WHATSAPP: "brand-whatsapp",
            Channel.SMS: "device-mobile-message",
            Channel.RCS: "device-mobile-message",
            Channel.EMAIL: "mail",
            Channel.VOICE: "phone-incoming",
        }[self]

    @property
    def joins_by_sender(self) -> bool:
        """Whether what an address sends joins what it has under way; a form or a mail says itself where it belongs."""
        return self not in (Channel.WEB, Channel.EMAIL)


class Direction(StrEnum):
    """In: somebody wrote to us. Out: we wrote to them."""

    IN = "in"
    OUT = "out"


class DeliveryState(StrEnum):
    """How far a message of ours has come.

    `QUEUED` waits for its time and for a worker. `SENDING` is written down before the provider is called, so
    that after a crash nobody thinks it was never sent. `UNKNOWN`: it may have been sent; it is looked up,
    never sent again blindly. `SENT`, `DELIVERED` and `READ` are the provider's words, and only move forward.
    """

    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return {
            DeliveryState.QUEUED: N_("Waiting to be sent"),
            DeliveryState.SENDING: N_("Being sent"),
            DeliveryState.UNKNOWN: N_("May have been sent"),
            DeliveryState.SENT: N_("Sent"),
            DeliveryState.DELIVERED: N_("Delivered"),
            DeliveryState.READ: N_("Read"),
            DeliveryState.FAILED: N_("Not sent"),
            DeliveryState.CANCELLED: N_("Taken back"),
        }[self]

    @property
    def icon(self) -> str:
        return {
            DeliveryState.QUEUED: "clock",
            DeliveryState.SENDING: "clock",
            DeliveryState.UNKNOWN: "alert-circle",
            DeliveryState.SENT: "check",
            DeliveryState.DELIVERED: "checks",
            DeliveryState.READ: "checks",
            DeliveryState.FAILED: "alert-circle",
            DeliveryState.CANCELLED: "x",
        }[self]

    def forward(self, reported: "DeliveryState") -> "DeliveryState":
        """The state after a report, which may be late or repeated: whichever of the two lies further on.

        What arrived has arrived: a failure reported afterwards changes nothing.
        """
        return reported if _PROGRESS.index(reported) > _PROGRESS.index(self) else self


_PROGRESS = (
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    DeliveryState.UNKNOWN,
    DeliveryState.SENT,
    DeliveryState.FAILED,
    DeliveryState.CANCELLED,
    DeliveryState.DELIVERED,
    DeliveryState.READ,
)


class JobKind(StrEnum):
    """What a worker can be asked to do.

    `ARRIVAL`: do what follows the arrival of the message with this id. `SEND`: deliver the message with this id. Of
    the attachment with this id: `FETCH` gets it from its provider, `CLEAN` makes the copy that staff see, `FORGET`
    deletes the provider's copy. `RECONCILE`: take in what was sent to us and never arrived; there is only one of it,
    with the subject 0. `GUIDE`: end the guide with this id if nobody answered it in time. `TIDY`, likewise only one:
    put away what nobody needs any more. `LETTER`: send the mail outside the queue with this id. `MAIL`: read the
    original of the mail that is the message with this id once more, since it could not be read. `NOTICES`, again only
    one: write to staff what they have not been told yet. `SUBSCRIBE`: ask whoever signed up with the consent of this
    id to confirm it.

    What its failure is called at the desk stands in `inbox.services.failures`.
    """

    ARRIVAL = "arrival"
    SEND = "send"
    FETCH = "fetch"
    CLEAN = "clean"
    FORGET = "forget"
    RECONCILE = "reconcile"
    GUIDE = "guide"
    TIDY = "tidy"
    LETTER = "letter"
    MAIL = "mail"
    NOTICES = "notices"
    SUBSCRIBE = "subscribe"

    @property
    def time_limit(self) -> timedelta:
        """How long one try may take in all; after that it counts as hung, and is tried again later."""
        return {
            JobKind.ARRIVAL: timedelta(minutes=1),
            JobKind.SEND: timedelta(minutes=5),
            JobKind.FETCH: timedelta(minutes=10),
            JobKind.CLEAN: timedelta(minutes=20),
            JobKind.FORGET: timedelta(minutes=1),
            JobKind.RECONCILE: timedelta(minutes=5),
            JobKind.GUIDE: timedelta(minutes=1),
            JobKind.TIDY: timedelta(minutes=5),
            JobKind.LETTER: timedelta(minutes=2),
            JobKind.MAIL: timedelta(minutes=10),
            JobKind.NOTICES: timedelta(minutes=5),
            JobKind.SUBSCRIBE: timedelta(minutes=1),
        }[self]

    @property
    def at_once(self) -> int:
        """How many of its kind one worker does at a time, so that none takes all its hands or the machine."""
        return {JobKind.CLEAN: 2, JobKind.FETCH: 8, JobKind.LETTER: 4, JobKind.MAIL: 1}.get(self, 32)


class LetterState(StrEnum):
    """`SENDING` is written down before the server is called; `UNKNOWN`: it may have been sent."""

    WAITING = "waiting"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    FAILED = "failed"


class SubscriberState(StrEnum):
    """`PENDING` asked and has not confirmed; only `CONFIRMED` get the newsletter."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"

    @property
    def label(self) -> str:
        return {
            SubscriberState.PENDING: N_("Not confirmed yet"),
            SubscriberState.CONFIRMED: N_("Subscribed"),
            SubscriberState.UNSUBSCRIBED: N_("Unsubscribed"),
        }[self]

    @property
    def icon(self) -> str:
        return {
            SubscriberState.PENDING: "hourglass",
            SubscriberState.CONFIRMED: "circle-check",
            SubscriberState.UNSUBSCRIBED: "circle-x",
        }[self]


class GuideStage(StrEnum):
    """Where the WhatsApp guide stands with one submission.

    At work: `CHOOSING` has asked what it is, `ASKING` asks the questions of the kind. Over, for good:
    `FINISHED` asked all of them, `LEFT` was told to just send it, `TIMED_OUT` got no answer, `TAKEN_OVER` by a
    person of staff, `STOPPED` by a sender who wants no messages.
    """

    CHOOSING = "choosing"
    ASKING = "asking"
    FINISHED = "finished"
    LEFT = "left"
    TIMED_OUT = "timed_out"
    TAKEN_OVER = "taken_over"
    STOPPED = "stopped"

    @property
    def at_work(self) -> bool:
        """Whether what the sender writes next is for the guide."""
        return self in (GuideStage.CHOOSING, GuideStage.ASKING)


class JobState(StrEnum):
    """`FAILED`: it will not be done unless a person asks for it."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Status(StrEnum):
    """Where a submission stands. `NEW` and `OPEN` wait for the newsroom; the others are decided."""

    NEW = "new"
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CLOSED = "closed"
    SPAM = "spam"

    @property
    def label(self) -> str:
        return {
            Status.NEW: N_("New"),
            Status.OPEN: N_("Open"),
            Status.ACCEPTED: N_("Accepted"),
            Status.DECLINED: N_("Declined"),
            Status.CLOSED: N_("Closed"),
            Status.SPAM: N_("Suspected spam"),
        }[self]

    @property
    def icon(self) -> str:
        return {
            Status.NEW: "circle-dot",
            Status.OPEN: "circle-half-2",
            Status.ACCEPTED: "circle-check",
            Status.DECLINED: "circle-x",
            Status.CLOSED: "archive",
            Status.SPAM: "shield-x",
        }[self]

    @property
    def waits(self) -> bool:
        """Whether the newsroom still has something to do."""
        return self in (Status.NEW, Status.OPEN)

    @property
    def moves(self) -> tuple["Status", ...]:
        """The statuses that may follow this one, the most usual first."""
        return {
            Status.NEW: (Status.ACCEPTED, Status.DECLINED, Status.OPEN, Status.CLOSED, Status.SPAM),
            Status.OPEN: (Status.ACCEPTED, Status.DECLINED, Status.CLOSED, Status.SPAM),
            Status.ACCEPTED: (Status.OPEN, Status.CLOSED, Status.DECLINED),
            Status.DECLINED: (Status.OPEN, Status.CLOSED, Status.ACCEPTED),
            Status.CLOSED: (Status.OPEN,),
            Status.SPAM: (Status.NEW, Status.CLOSED),
        }[self]

    @property
    def verb(self) -> str:
        """What the button that leads here says."""
        return {
            Status.NEW: N_("Not spam"),
            Status.OPEN: N_("Open"),
            Status.ACCEPTED: N_("Accept"),
            Status.DECLINED: N_("Decline"),
            Status.CLOSED: N_("Close"),
            Status.SPAM: N_("Spam"),
        }[self]


class Priority(StrEnum):
    """How soon: only `HIGH` is marked in lists."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"

    @property
    def label(self) -> str:
        return {Priority.LOW: N_("Low"), Priority.NORMAL: N_("Normal"), Priority.HIGH: N_("High")}[self]


class FileState(StrEnum):
    """An attachment's small life.

    `PENDING` waits to be fetched. `STORED`: the original is safe with us; whether there is a clean copy to
    show says the attachment. `HELD` is not known to be harmless yet. `REJECTED` is not to be shown.
    `FAILED` could not be fetched or read, and waits for a person.
    """

    PENDING = "pending"
    STORED = "stored"
    HELD = "held"
    REJECTED = "rejected"
    FAILED = "failed"


class Role(StrEnum):
    """What a member of staff may do; the rules are in `inbox.services.accounts`."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADS = "ads"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        return {
            Role.VIEWER: N_("Viewer"),
            Role.EDITOR: N_("Editor"),
            Role.ADS: N_("Advertising"),
            Role.ADMIN: N_("Administrator"),
        }[self]


class NoticeKind(StrEnum):
    """What a member of staff can be told of by e-mail."""

    ASSIGNED = "assigned"
    MENTIONED = "mentioned"
    REPLY = "reply"
    FAILED = "failed"
    NEW = "new"
    CHANNEL = "channel"

    @property
    def label(self) -> str:
        return {
            NoticeKind.ASSIGNED: N_("Something is given to me"),
            NoticeKind.MENTIONED: N_("Somebody names me in a note"),
            NoticeKind.REPLY: N_("A sender writes again"),
            NoticeKind.FAILED: N_("A reply could not be delivered"),
            NoticeKind.NEW: N_("Something new came in"),
            NoticeKind.CHANNEL: N_("A way in or out stops working"),
        }[self]

    @property
    def hint(self) -> str:
        """What exactly it is about, where the label leaves that open."""
        return {
            NoticeKind.MENTIONED: N_("With @ and your name."),
            NoticeKind.REPLY: N_("On what is yours, or what you have answered."),
            NoticeKind.FAILED: N_("One of yours, or on what is yours."),
            NoticeKind.NEW: N_("Of the kinds below."),
            NoticeKind.CHANNEL: N_("For more than ten minutes, and when it works again."),
        }.get(self, "")


class Telling(StrEnum):
    """How somebody wants to be told."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    OFF = "off"

    @property
    def label(self) -> str:
        return {
            Telling.AT_ONCE: N_("At once"),
            Telling.DIGEST: N_("In the digest"),
            Telling.OFF: N_("Not at all"),
        }[self]
