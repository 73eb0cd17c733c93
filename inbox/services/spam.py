"""Reasons to suspect that a machine wrote something. They never discard: a suspect waits in its own view."""

import re

from inbox.text import N_

TRAP_FILLED = N_("A field that people leave empty was filled in.")
TOO_FAST = N_("The form came back sooner than a person can fill it in.")
LINK_MARKUP = N_("The text holds link markup, as machines post it.")

_MARKUP = re.compile(r"<a\s+href|\[url[=\]]|\[link[=\]]", re.IGNORECASE)


def reasons(text: str) -> list[str]:
    """Return why this text looks machine-made; [] if it does not."""
    return [LINK_MARKUP] if _MARKUP.search(text) else []
