"""Why a file is not there, or has no clean copy, in words for staff."""

from inbox.models import Attachment
from inbox.models.attachment import INFECTED
from inbox.services import inspection
from inbox.text import N_

UNSAFE_KIND = "kind"
OF_REFUSALS = {inspection.EMPTY: "empty", inspection.MACROS: "macros", inspection.TOO_LARGE: "pixels"}
"""What `inspection` says to a sender, as a problem."""

_WORDS = {
    "sign-in": N_("Twilio did not accept our sign-in. Ask an administrator to check the account's settings."),
    "missing": N_("The provider does not have it, or not yet."),
    "gone": N_("The provider has deleted it. Ask the sender to send it again."),
    "busy": N_("The provider is too busy to give it to us."),
    "refused": N_("The provider does not give it to us."),
    "unreachable": N_("The provider could not be reached."),
    "too-slow": N_("It came too slowly, and we stopped waiting."),
    "cut-short": N_("The connection broke before all of it was here."),
    "too-large": N_("It is larger than what we take. An administrator can raise the limit."),
    "host": N_("Its address is not one that we fetch files from. An administrator can allow it."),
    "address": N_("Its address leads to a private network, so it was not fetched. It may be an attack."),
    "redirects": N_("Its address leads from one place to the next without end."),
    "encoding": N_("It came packed in a way that we do not open."),
    "scanner": N_("The virus scanner does not answer. It is held back until it has been scanned."),
    "scanner-size": N_("It is too large for the virus scanner. An administrator can raise the scanner's limit."),
    "lost": N_("It is not where we keep files any more. Ask an administrator."),
    UNSAFE_KIND: N_("Files of this kind are not taken: they may carry programs or pages."),
    "macros": N_("This document carries a program (a macro). Ask the sender for a PDF."),
    "empty": N_("There is nothing in this file. Ask the sender for it again."),
    "pixels": N_(
        "This picture claims to be larger than any camera makes them. Such files are made to overload computers."
    ),
    "hung": N_("It took longer than it may."),
}
_OTHER = N_("Something went wrong on our side. If it stays so, ask an administrator.")
_VIRUS = N_("The virus scanner found “%(name)s” in it. It is kept, and nobody can open it here.")


def explain(attachment: Attachment) -> tuple[str, dict[str, str]]:
    """What is wrong with a file and what to do: words to be translated, and the values to fill into them."""
    problem = attachment.problem
    if attachment.is_infected:
        return _VIRUS, {"name": problem.removeprefix(INFECTED)}
    is_words = " " in problem  # those of `inbox.cleaning`
    return (problem if is_words else _WORDS.get(problem, _OTHER)), {}
