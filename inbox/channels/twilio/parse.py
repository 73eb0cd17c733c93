"""Twilio's parameters of an incoming message, as an `Incoming`. Pure: no request, no database.

Every parameter is optional: names come and go without notice, and no value is what it should be for
sure. What has no place of its own stays in `raw`.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from inbox.models import Channel
from inbox.profile import Profile
from inbox.rendering import message as render
from inbox.services import contacts
from inbox.services.contacts import Sender
from inbox.services.intake import Incoming
from inbox.services.media import RemoteFile
from inbox.text import clean

Parameters = Mapping[str, Sequence[str]]

PREFIXES = {"whatsapp": Channel.WHATSAPP, "rcs": Channel.RCS, "sms": Channel.SMS}
ACCOUNT_LENGTH, ID_LENGTH, ADDRESS_LENGTH = 64, 255, 320  # what the columns hold
_E164 = re.compile(r"\+[1-9][0-9]{4,14}")
_MEDIA = re.compile(r"MediaUrl(0|[1-9][0-9]{0,3})")
_FILE_NAME = re.compile(r"[^\r\n/\\]{1,250}\.[A-Za-z][A-Za-z0-9]{1,4}")
_SHOWN = ("image/", "audio/", "video/", "text/vcard", "text/x-vcard")


def incoming(parameters: Parameters, profile: Profile) -> Incoming:
    """Return what the parameters of a messages webhook say."""
    raw = {clean(name): [clean(value) for value in values] for name, values in parameters.items()}
    given = {name: values[0] for name, values in raw.items() if values}
    channel, address = _address(given.get("From", ""))
    recipient = _address(given.get("To", ""))[1]
    number = profile.number_of(recipient, given.get("MessagingServiceSid", "").strip())
    text = given.get("Body", "")
    files = _files(raw)
    extra = _extra(given, files)
    return Incoming(
        channel=channel,
        account=_fit(given.get("AccountSid", ""), ACCOUNT_LENGTH),
        external_id=_message_id(given) or _derived_id(raw),
        text=text,
        kind=number.default_kind if number else "message",
        sender=_sender(channel, address, given.get("ProfileName", "").strip()),
        recipient=recipient,
        keyword=_keyword(given.get("OptOutType", ""), text),
        remote_files=tuple(files),
        gist="" if text.strip() else _gist(files, extra),
        extra=extra,
        raw={name: values[0] if len(values) == 1 else values for name, values in raw.items()},
    )


def _address(raw: str) -> tuple[Channel, str]:
    """Split "whatsapp:+886912345678" into channel and address; without a prefix it is an SMS.

    An address with a prefix that we do not know keeps it, so that two services are never mixed up.
    """
    prefix, colon, rest = raw.strip().partition(":")
    channel = PREFIXES.get(prefix.lower()) if colon else None
    return channel or Channel.SMS, _fit(rest.strip() if channel else raw.strip(), ADDRESS_LENGTH)


def _sender(channel: Channel, address: str, name: str) -> Sender | None:
    if not address:
        return None
    # On WhatsApp a sender may have an id in place of a number, and can be written to there. An SMS from
    # a short code or a name cannot be answered.
    can_reply = channel is Channel.WHATSAPP or _E164.fullmatch(address) is not None
    return Sender(channel, address, name[:500], can_reply)


def _message_id(given: Mapping[str, str]) -> str:
    ids = (given.get(name, "").strip() for name in ("MessageSid", "SmsMessageSid", "SmsSid"))
    return _fit(next(filter(None, ids), ""), ID_LENGTH)


def _derived_id(raw: Parameters) -> str:
    """An id for a message without one: the same parameters again are the same message."""
    return f"derived:{hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()}"


def _fit(text: str, length: int) -> str:
    """Return the text if its column holds it, else as much as fits with a hash, so that it stays distinct."""
    if len(text) <= length:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    return f"{text[: length - len(digest) - 1]}~{digest}"


def _keyword(opt_out_type: str, text: str) -> str | None:
    """What Twilio took the message for, if it says so, else what the text says."""
    said = opt_out_type.strip().lower()
    return said if said in ("stop", "start", "help") else contacts.keyword(text)


def _files(raw: Parameters) -> list[RemoteFile]:
    """Every medium that has an address, whatever NumMedia claims, in the order of their numbers."""
    numbers = sorted(int(match[1]) for name in raw if (match := _MEDIA.fullmatch(name)))
    found = [
        (url.strip(), next(iter(raw.get(f"MediaContentType{number}", ())), "").strip())
        for number in numbers
        for url in raw.get(f"MediaUrl{number}", ())
        if url.strip()
    ]
    name = _document_name(next(iter(raw.get("Body", ())), ""), [content_type for _, content_type in found])
    return [RemoteFile(url, content_type[:255], name) for url, content_type in found]


def _document_name(text: str, content_types: list[str]) -> str:
    """WhatsApp gives a document's file name as the text."""
    text = text.strip()
    alone = len(content_types) == 1 and not content_types[0].lower().startswith(_SHOWN)
    return text if alone and _FILE_NAME.fullmatch(text) else ""


def _extra(given: Mapping[str, str], files: list[RemoteFile]) -> dict[str, Any]:
    """What has no column, by the names that `Message.extra` uses; only what was given."""
    cards = [place for place, file in enumerate(files) if _family(file) == "contact_card"]
    facts: dict[str, Any] = {
        "location": _location(given),
        "choice": _choice(given),
        "contact_card": {"files": cards} if cards else None,
        "referral": _referral(given),
        "in_reply_to": given.get("OriginalRepliedMessageSid"),
        "in_reply_to_sender": given.get("OriginalRepliedMessageSender"),
        "forwarded": _is_true(given.get("Forwarded", "")),
        "frequently_forwarded": _is_true(given.get("FrequentlyForwarded", "")),
        "profile_name": given.get("ProfileName"),
        "wa_id": given.get("WaId"),
        "external_user_id": given.get("ExternalUserId"),
        "messaging_service_sid": given.get("MessagingServiceSid"),
        "message_type": given.get("MessageType"),
    }
    return {name: fact for name, fact in facts.items() if fact}


def _is_true(value: str) -> bool:
    return value.strip().lower() == "true"


def _location(given: Mapping[str, str]) -> dict[str, Any] | None:
    latitude, longitude = _degrees(given.get("Latitude"), 90), _degrees(given.get("Longitude"), 180)
    if latitude is None or longitude is None:
        return None
    label, address = given.get("Label") or None, given.get("Address") or None
    return {"latitude": latitude, "longitude": longitude, "label": label, "address": address}


def _degrees(text: str | None, most: int) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= most else None


def _choice(given: Mapping[str, str]) -> dict[str, str] | None:
    if given.get("ButtonText") or given.get("ButtonPayload"):
        return {"type": "button", "text": given.get("ButtonText", ""), "payload": given.get("ButtonPayload", "")}
    if given.get("ListId") or given.get("ListTitle"):
        return {
            "type": "list",
            "id": given.get("ListId", ""),
            "title": given.get("ListTitle", ""),
            "description": given.get("ListDescription", ""),
        }
    return None


_REFERRAL = {
    "source_type": "ReferralSourceType",
    "source_id": "ReferralSourceId",
    "source_url": "ReferralSourceUrl",
    "headline": "ReferralHeadline",
    "body": "ReferralBody",
    "media_url": "ReferralMediaUrl",
    "media_content_type": "ReferralMediaContentType",
    "click_id": "ReferralCtwaClid",
}


def _referral(given: Mapping[str, str]) -> dict[str, str]:
    """The advertisement or post that led the sender here; Twilio tells it with the first message only."""
    return {ours: value for ours, theirs in _REFERRAL.items() if (value := given.get(theirs))}


def _family(file: RemoteFile) -> str:
    content_type = file.content_type.lower()
    return "contact_card" if content_type.startswith(("text/vcard", "text/x-vcard")) else content_type.partition("/")[0]


def _gist(files: list[RemoteFile], extra: Mapping[str, Any]) -> str:
    """One line for lists, in place of the text that is missing."""
    what = _family(files[0]) if files else ""
    message_type = extra.get("message_type", "").lower()
    if message_type == "sticker":
        what = "sticker"
    if what == "audio" and message_type == "audio":
        what = "voice_note"
    return render("wordless", "line", files=len(files), what=what, place=_place(extra.get("location")))


def _place(location: Mapping[str, Any] | None) -> str:
    if location is None:
        return ""
    return location["label"] or location["address"] or f"{location['latitude']:.5f}, {location['longitude']:.5f}"
