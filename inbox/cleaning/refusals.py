"""Why there is no clean copy, in words for staff."""

from inbox.cleaning.sandbox.answers import Reason
from inbox.errors import HarmfulFile, NoCleanCopy, NotCleaned, UnreadableFile
from inbox.text import N_

_WORDS: dict[Reason, tuple[type[NotCleaned], str]] = {
    Reason.OLD_KIND: (
        NoCleanCopy,
        N_(
            "No clean copy can be made of this old kind of document."
            " Open the original with care, or ask the sender for a PDF."
        ),
    ),
    Reason.PIXELS: (
        HarmfulFile,
        N_("This picture claims to be larger than any camera makes them. Such files are made to overload computers."),
    ),
    Reason.BOMB: (
        HarmfulFile,
        N_("This document unpacks to far more than it seems to hold. Such files are made to overload computers."),
    ),
    Reason.TWO_KINDS: (
        HarmfulFile,
        N_("A second file of another kind is hidden in this one. Do not open the original without advice."),
    ),
    Reason.MARKUP: (
        HarmfulFile,
        N_("This file says it is a picture or a recording but holds a web page or a script. Do not open the original."),
    ),
    Reason.PASSWORD: (
        HarmfulFile,
        N_("This document has a password, so nobody can check what is in it. Ask the sender for one without."),
    ),
    Reason.PROGRAM: (
        HarmfulFile,
        N_("This document carries a program (a macro). Ask the sender for a PDF."),
    ),
    Reason.FOREIGN_DATA: (
        HarmfulFile,
        N_("This document starts other programs to fetch its data. Ask the sender for a PDF."),
    ),
    Reason.DAMAGED: (
        UnreadableFile,
        N_("This file is damaged and could not be read. Ask the sender for it again."),
    ),
    Reason.TOO_LARGE: (
        UnreadableFile,
        N_("This file is too large to make a clean copy of it. Ask the sender for a smaller one."),
    ),
    Reason.TOO_SLOW: (
        UnreadableFile,
        N_("Making a clean copy of this file took too long. Ask the sender for a smaller one."),
    ),
}


def refusal(reason: Reason) -> NotCleaned:
    """The error to raise for a reason."""
    kind, words = _WORDS[reason]
    return kind(words)
