"""Are the approved templates of the profile those that Twilio knows? For `inbox doctor`."""

from typing import Any

import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from inbox.profile import Template
from inbox.services.jobs import NotNow
from inbox.services.provider import Unclear

NOT_FOUND = 404
_STATES = {
    "unsubmitted": "was never handed in for approval; do so in Twilio's Content Template Builder",
    "received": "waits for WhatsApp's approval",
    "pending": "waits for WhatsApp's approval",
    "rejected": "was rejected by WhatsApp{reason}; change it and hand it in again",
    "paused": "was paused by WhatsApp because readers complained; wait, or write another one",
    "disabled": "was disabled by WhatsApp; write another one",
}


def trouble(client: Client, template: Template) -> str:
    """What is wrong with a template at Twilio and how to mend it, in words for the operator; "" if nothing is."""
    try:
        content = client.content.v1.contents(template.content_sid)
        known = content.fetch()
        approval = content.approval_fetch().fetch().whatsapp or {}
    except TwilioRestException as error:
        if error.status == NOT_FOUND:
            return "Twilio does not know this content_sid in this account; copy it from the Content Template Builder"
        return f"Twilio would not say ({error.code or error.status}); check TWILIO_AUTH_TOKEN or the API key"
    except (NotNow, Unclear, requests.exceptions.RequestException):
        return "Twilio did not answer; try again"
    return _unapproved(approval) or _other_variables(template, known.variables or {})


def _unapproved(approval: dict[str, Any]) -> str:
    status = str(approval.get("status", "unsubmitted"))
    if status == "approved":
        return ""
    reason = str(approval.get("rejection_reason") or "")
    words = _STATES.get(status, f'is not approved (Twilio calls it "{status}")')
    return words.format(reason=f" ({reason})" if reason else "")


def _other_variables(template: Template, known: dict[str, Any]) -> str:
    ours = [str(number) for number in range(1, len(template.variables) + 1)]
    if sorted(known) == ours:
        return ""
    theirs = ", ".join(f"{{{{{name}}}}}" for name in sorted(known)) or "none"
    return f"its variables differ: Twilio has {theirs}, the profile {len(ours)}; write text and variables as approved"
