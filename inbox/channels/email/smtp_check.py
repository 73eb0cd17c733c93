"""Is the mail server that takes our mail all right? It is signed in to, and no mail is sent."""

from inbox.channels.email.send import REHEARSED_IN, house_address, server_of
from inbox.runtime import Runtime
from inbox.services.jobs import NotNow
from inbox.services.provider import SMTP_IN_CLEAR, SMTP_NOT_SECURE, SMTP_SIGN_IN, SMTP_UNREACHABLE

_LATER = "{place} takes no mail now; ask whoever runs it"
_WORDS = {
    SMTP_UNREACHABLE: "{place} does not answer as a mail server; check host and port, and any firewall between",
    SMTP_NOT_SECURE: "the certificate of {place} is not valid; use the host name that it bears, or have it renewed",
    SMTP_SIGN_IN: "{place} does not accept the user and the password; copy them anew, many services want one made for "
    "programs",
    SMTP_IN_CLEAR: "{place} offers no encryption, so it does not get the password; use port 587, or smtps://",
}


def check(runtime: Runtime) -> tuple[bool | None, str]:
    """Return how it is, in words for the operator: good (True), wrong (False), or only worth knowing (None)."""
    server = server_of(runtime)
    if server is None:
        return _without(runtime)
    addresses = [mailbox.address for mailbox in runtime.profile.mailboxes] or [house_address(runtime)]
    try:
        refused = server.refused_senders(addresses)
    except NotNow as error:
        return False, f"INBOX_SMTP_URL: {_WORDS.get(error.code, _LATER).format(place=server.place)}"
    if refused:
        words = f"{server.place} takes no mail from {', '.join(refused)}; set these addresses up as senders there"
        return False, f"INBOX_SMTP_URL: {words}"
    return True, f"{server.place} lets us in and takes mail from {', '.join(addresses)}"


def _without(runtime: Runtime) -> tuple[bool | None, str]:
    words = "INBOX_SMTP_URL is not set, so no mail is sent"
    if runtime.settings.rehearses_mail:
        return None, f"{words}; while trying things out, what would be sent is in {REHEARSED_IN} of the data folder"
    if not runtime.profile.mailboxes:
        return None, words
    wrong = "but the profile lists mailboxes, whose mail cannot be answered; set it like smtp://user:password@host:587"
    return False, f"{words}, {wrong}"
