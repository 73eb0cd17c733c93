"""What Twilio reports of a message of ours. Pure: no request, no database."""

from collections.abc import Mapping
from dataclasses import dataclass

from inbox.models import DeliveryState

# Twilio, "Outbound message status in status callbacks"; what is not here is no news to us.
_STATES = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), DeliveryState.SENT),
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    **dict.fromkeys(("failed", "undelivered", "canceled"), DeliveryState.FAILED),
}


@dataclass(frozen=True)
class Report:
    """How far the message with this id has come."""

    account: str
    external_id: str
    state: DeliveryState
    error_code: str


def report(given: Mapping[str, str]) -> Report | None:
    """Return what the parameters of a status callback say, or None where they say nothing that we know."""
    state = _STATES.get((given.get("MessageStatus") or given.get("SmsStatus") or "").strip().lower())
    external_id = (given.get("MessageSid") or given.get("SmsSid") or "").strip()
    if state is None or not external_id or len(external_id) > 255:
        return None
    return Report(given.get("AccountSid", "").strip()[:64], external_id, state, given.get("ErrorCode", "").strip()[:32])
