"""Twilio's list of messages: what was sent to the newsroom's numbers."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from twilio.rest import Client

from inbox.channels.twilio import parse
from inbox.channels.twilio.send import make_client, told
from inbox.profile import Profile
from inbox.runtime import Runtime
from inbox.services.intake import Incoming
from inbox.services.jobs import NotNow, Refused
from inbox.services.provider import Unclear
from inbox.services.recovery import Archive, Listed

PAGE_SIZE = 200
MOST_FILES = 100
API = "https://api.twilio.com"


def make(runtime: Runtime) -> Archive | None:
    """The account's list, or None where there is no account, no number to ask for, or it is turned off."""
    client = make_client(runtime.settings)
    if client is None or not runtime.settings.reconcile_minutes or not runtime.profile.numbers:
        return None
    return TwilioArchive(client, runtime.settings.twilio_account_sid, runtime.profile, runtime.settings.twilio_api_base)


class TwilioArchive:
    """The `Archive` of an account; asks for each number of the profile, by SMS and by WhatsApp."""

    def __init__(self, client: Client, account: str, profile: Profile, base: str) -> None:
        self._client, self.account, self._profile, self._base = client, account, profile, base or API

    def listed(self, since: datetime, until: datetime, most: int | None) -> list[Listed] | None:
        found: dict[str, Any] = {}
        for number in self._profile.numbers:
            for address in (number.number, f"whatsapp:{number.number}"):
                found |= {each.sid: each for each in self._inbound(address, since, until, most)}
                if most is not None and len(found) > most:
                    return None
        return sorted((self._entry(each) for each in found.values()), key=lambda each: each.sent_at)

    def _inbound(self, address: str, since: datetime, until: datetime, most: int | None) -> Iterable[Any]:
        """What was sent to one address, over as many pages as there are; one more than `most` is enough."""
        given = {"to": address, "date_sent_after": since, "date_sent_before": until}
        limit = None if most is None else most + 1
        found = _asked(lambda: self._client.messages.list(**given, limit=limit, page_size=PAGE_SIZE))
        return [each for each in found if each.direction == "inbound"]

    def _entry(self, message: Any) -> Listed:
        sent_at = (message.date_sent or message.date_created).astimezone(UTC)
        return Listed(message.account_sid or self.account, message.sid, sent_at, lambda: self._read(message))

    def _read(self, message: Any) -> Incoming:
        given = {
            "MessageSid": message.sid,
            "AccountSid": message.account_sid or self.account,
            "From": message.from_ or "",
            "To": message.to or "",
            "Body": message.body or "",
            "NumMedia": str(message.num_media or 0),
            "MessagingServiceSid": message.messaging_service_sid or "",
            **self._media(message),
        }
        return parse.incoming({name: [value] for name, value in given.items() if value}, self._profile)

    def _media(self, message: Any) -> dict[str, str]:
        """Its files, as a webhook would name them; where Twilio has deleted them, none."""
        if not int(message.num_media or 0):
            return {}
        try:
            files = _asked(lambda: self._client.messages(message.sid).media.list(limit=MOST_FILES))
        except Refused:
            return {}
        named: dict[str, str] = {}
        for place, file in enumerate(files):
            named[f"MediaUrl{place}"] = self._base + file.uri.removesuffix(".json")
            named[f"MediaContentType{place}"] = file.content_type or ""
        return named


def _asked(call: Any) -> list[Any]:
    """A question may be asked again whatever became of it."""
    try:
        found: list[Any] = told(call)
    except Unclear:
        raise NotNow("unclear") from None
    return found
