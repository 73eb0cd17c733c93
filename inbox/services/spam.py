"""Reasons to suspect that a machine wrote something. They never discard: a suspect waits in its own view."""

import re

from inbox.text import N_

TRAP_FILLED = N_("A field that people leave empty was filled in.")
TOO_FAST = N_("The form came back sooner than a person can fill it in.")
LINK_MARKUP = N_("The text holds link markup, as machines post it.")
LINK_TRADE = N_("A mass mailing that deals in links or in places in search results, as websites get them every day.")

_MARKUP = re.compile(r"<a\s+href|\[url[=\]]|\[link[=\]]", re.IGNORECASE)
_LINK_TRADE = re.compile(
    r"guest\s+post|sponsored\s+(post|article)|back\s?links?\b|link[\s-]building|link\s+insertion|domain\s+authority"
    r"|\bSEO\s+(service|agency|package|expert|company)|first\s+page\s+of\s+google|外鏈|友情鏈接",
    re.IGNORECASE,
)


def reasons(text: str) -> list[str]:
    """Return why this text looks machine-made; [] if it does not."""
    return [LINK_MARKUP] if _MARKUP.search(text) else []


def mail_reasons(subject: str, text: str) -> list[str]:
    """Return why a mass mailing looks unasked; [] if it does not.

    That it is a mass mailing is no reason: press releases come as such, with List-Unsubscribe and all.
    """
    return [LINK_TRADE] if _LINK_TRADE.search(f"{subject}\n{text}") else []
