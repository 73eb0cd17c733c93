"""The errors that services raise. Each says one situation; no HTTP in here (see `inbox/web/errors.py`)."""


class InboxError(Exception):
    """Base of every error that this project raises on purpose."""


class ConfigError(InboxError):
    """A setting has a value that cannot work. The text is one line and names the setting."""


class NotFound(InboxError):
    """The thing is not there, or this person may not know that it is."""


class NotAllowed(InboxError):
    """This person may see the thing but not do this with it."""


class MoveNotAllowed(InboxError):
    """A status cannot follow the present one, or a message not leave its submission."""


class AlreadyClaimed(InboxError):
    """Somebody else took the submission first; `holder` is that person's name."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"already taken by {holder}")
        self.holder = holder


class StaleSubmission(InboxError):
    """The submission changed after the page that asks for this change was made."""


class UploadRefused(InboxError):
    """A file cannot be taken. For the sender, translate `message` and fill in `values`: `_(e.message, **e.values)`."""

    def __init__(self, message: str, **values: str) -> None:
        super().__init__(message)  # without the values: a file's name is the sender's, and no matter for logs
        self.message = message
        self.values = values


class NoPreview(NotFound):
    """No picture can be shown of this file; it can still be downloaded."""


class StorageError(InboxError):
    """Files cannot be written or read now; trying again later may work."""


class ScannerSilent(InboxError):
    """The virus scanner did not say whether a file is harmless; `code` is one of `services.problems`."""

    def __init__(self, code: str = "scanner") -> None:
        super().__init__(code)
        self.code = code


class AccountRefused(InboxError):
    """An account cannot be made or changed like this. The text is for people: what is wrong and what to do.

    `field` names what was wrong: "email", "name", "password" and so on.
    """

    def __init__(self, message: str, field: str = "email") -> None:
        super().__init__(message)
        self.field = field


class LinkSpent(InboxError):
    """A set-up link that was used, is too old, or was never ours."""


class ReplyRefused(InboxError):
    """A reply cannot be sent like this. For people, translate `message` and fill in `values`: what is wrong and
    what to do."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)  # without the values: a file's name is somebody's, and no matter for logs
        self.message = message
        self.values = values


class AlreadySent(ReplyRefused):
    """Another text went out under this page's key: this one would be lost, if it counted as the same."""


class TextRefused(InboxError):
    """A text that is kept for replies cannot be saved like this. Translate `message` and fill in `values`.

    `field` names what was wrong: "name" or "text".
    """

    def __init__(self, message: str, field: str = "text", **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.values = values


class NewerMessage(InboxError):
    """The sender wrote again after the page that a reply was written on was made."""


class TooLate(InboxError):
    """A reply cannot be taken back or sent again any more: it has left, or may have."""


class NotCleaned(InboxError):
    """No clean copy was made of a file. `message` is for staff, to be translated: what is wrong and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NoCleanCopy(NotCleaned):
    """No clean copy can be made of this kind of file; whoever needs it needs the original."""


class HarmfulFile(NotCleaned):
    """The file is made to do harm, or would do it: a bomb, two kinds in one, a password, a program."""


class UnreadableFile(NotCleaned):
    """The file could not be read: it is damaged, too large, or takes too long."""


class Unreadable(InboxError):
    """What came as a mail is none: `code` is "empty" or "no_header"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
