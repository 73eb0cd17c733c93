"""Asking Twilio about the account, and ourselves at the public address, for `inbox doctor`. Nothing is changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator
from twilio.rest import Client

from inbox.channels import twilio_account
from inbox.channels.twilio.send import make_client, told
from inbox.config import Settings
from inbox.profile import Number
from inbox.runtime import Runtime
from inbox.services.jobs import NotNow, Refused
from inbox.services.provider import Unclear

MESSAGES, VOICE, STATUS = "/hooks/twilio/messages", "/hooks/twilio/voice", "/hooks/twilio/status"
ANSWER_SECONDS = 10
MOST_NUMBERS = 400


@dataclass(frozen=True)
class Finding:
    """`good` is None for what is worth knowing and may be left as it is."""

    subject: str
    good: bool | None
    words: str


def account(runtime: Runtime) -> Iterable[Finding]:
    """Does Twilio accept our sign-in, does it know the profile's numbers, and whom do these call?"""
    settings = runtime.settings
    client = make_client(settings)
    if client is None:
        words = "no account is set, so nothing can be sent; set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
        yield Finding("twilio account", None, words)
        return
    try:
        _sign_in(client, settings)
        known = told(lambda: client.incoming_phone_numbers.list(limit=MOST_NUMBERS))
    except (NotNow, Refused) as error:
        yield Finding("twilio account", False, _refused(error.code, settings))
        return
    except Unclear:
        yield Finding("twilio account", False, f"{_api(settings)} does not answer as it should; try again later")
        return
    yield Finding("twilio account", True, f"accepts our sign-in; {len(known)} numbers there")
    by_number = {each.phone_number: each for each in known}
    for number in runtime.profile.numbers:
        yield from _number(number, by_number.get(number.number), settings)


def _sign_in(client: Client, settings: Settings) -> None:
    """Read the account, which only the auth token may; it signs the webhooks too, so it is the one to try."""
    token = settings.twilio_auth_token
    if token is None:
        return
    owner = Client(settings.twilio_account_sid, token.get_secret_value(), http_client=client.http_client)
    told(lambda: owner.api.accounts(settings.twilio_account_sid).fetch())


def _api(settings: Settings) -> str:
    return urlsplit(settings.twilio_api_base).netloc or "api.twilio.com"


def _refused(code: str, settings: Settings) -> str:
    if code in ("20003", "401"):
        which = "TWILIO_AUTH_TOKEN or TWILIO_API_KEY" if settings.twilio_api_key else "TWILIO_AUTH_TOKEN"
        return f"does not accept our sign-in; copy TWILIO_ACCOUNT_SID and {which} anew from Twilio's console"
    if code == "unreachable":
        return f"{_api(settings)} cannot be reached from this machine; let it out to that address, port 443"
    return f"refuses to be asked (error {code}); look the code up in Twilio's list of errors"


def _number(number: Number, known: Any, settings: Settings) -> Iterable[Finding]:
    if "whatsapp" in number.channels:
        words = (
            f"{number.spoken}: WhatsApp senders cannot be looked up here; their webhook, under Messaging, Senders, "
            f"must be {settings.public_url}{MESSAGES}"
        )
        yield Finding("whatsapp", None, words)
    if not {"sms", "voice"} & set(number.channels):
        return
    if known is None:
        words = f"{number.spoken}: this account does not have it; correct the profile, or TWILIO_ACCOUNT_SID"
        yield Finding("number", False, words)
        return
    trouble = [*_sms(number, known, settings), *_voice(number, known, settings)]
    for words in trouble:
        yield Finding("number", False, f"{number.spoken}: {words}")
    if not trouble:
        yield Finding("number", True, f"{number.spoken}: Twilio knows it, and calls us")
    if known.status_callback and not known.status_callback.startswith(settings.public_url):
        words = f"{number.spoken}: reports the progress of calls to another address, {_shown(known.status_callback)}"
        yield Finding("number", None, words)


def _sms(number: Number, known: Any, settings: Settings) -> Iterable[str]:
    if "sms" not in number.channels:
        return
    if known.sms_application_sid:
        yield f"its messages go to an application ({known.sms_application_sid}), which wins over the webhook"
        return
    yield from _webhook("A message comes in", known.sms_url, known.sms_method, settings.public_url + MESSAGES)


def _voice(number: Number, known: Any, settings: Settings) -> Iterable[str]:
    if "voice" not in number.channels:
        return
    if known.voice_application_sid or known.trunk_sid:
        yield f"its calls go to {known.voice_application_sid or known.trunk_sid}, which wins over the webhook"
        return
    yield from _webhook("A call comes in", known.voice_url, known.voice_method, settings.public_url + VOICE)


def _webhook(field: str, url: str | None, method: str | None, ours: str) -> Iterable[str]:
    """What is wrong with a webhook; Twilio's own options may follow behind a #."""
    if (url or "").partition("#")[0] != ours:
        yield f'"{field}" is {_shown(url) or "empty"}; set it to {ours}'
    elif method and method != "POST":
        yield f'"{field}" uses {method}; set it to POST'


def _shown(url: str | None) -> str:
    """An address without what may be secret in it."""
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}" if url else ""


def webhook(runtime: Runtime) -> Finding:
    """Sign a request as Twilio would and send it to the public address.

    It reports a status that we do not know of a message that does not exist, so that it changes nothing,
    however often it is sent.
    """
    secrets = twilio_account.tokens(runtime)
    if not secrets:
        return _wrong("TWILIO_AUTH_TOKEN is not set, so the webhooks are closed; copy it from Twilio's console")
    url = runtime.settings.public_url + STATUS
    fields = {
        "AccountSid": runtime.settings.twilio_account_sid or f"AC{'0' * 32}",
        "MessageSid": f"SM{'0' * 32}",
        "MessageStatus": "self-test",
    }
    signature = RequestValidator(secrets[0]).compute_signature(url, fields)
    try:
        answer = requests.post(
            url, fields, headers={SIGNATURE_HEADER: signature}, timeout=ANSWER_SECONDS, allow_redirects=False
        )
    except requests.exceptions.SSLError:
        return _wrong(
            f"the certificate of {url} is not accepted, and Twilio refuses it too; use one of a known authority, "
            "with its whole chain"
        )
    except requests.exceptions.Timeout:
        return _wrong(f"{url} does not answer within {ANSWER_SECONDS} seconds; Twilio waits 15 at most")
    except requests.exceptions.RequestException:
        return _wrong(f"nobody answers at {url}; start `inbox serve`, or correct INBOX_PUBLIC_URL, proxy and firewall")
    return _said(url, answer.status_code, _shown(answer.headers.get("Location")), runtime.settings.is_loopback)


def _said(url: str, status: int, location: str, is_loopback: bool) -> Finding:
    if status == 204:
        here = " (from this machine only: Twilio cannot reach it)" if is_loopback else ""
        return Finding("webhook", True, f"{url} was reached and accepts our signature{here}")
    if status == 403:
        return _wrong(
            f"{url} refused our signature; the server there has another INBOX_PUBLIC_URL, TWILIO_AUTH_TOKEN or "
            "TWILIO_ACCOUNT_SID than this command"
        )
    if 300 <= status < 400:
        return _wrong(
            f"{url} answers with a redirect to {location or 'nowhere'}; Twilio signs the address it was given, so "
            "set INBOX_PUBLIC_URL, and the webhooks in Twilio's console, to the final one"
        )
    if status == 429:
        return _wrong(f"{url} has refused too many requests of this machine; wait ten minutes")
    if status >= 500:
        return _wrong(f"{url} answers with {status}: a fault of the inbox or of the proxy in front; see their logs")
    return _wrong(f"{url} answers with {status}: something else than the inbox is there; look at the proxy in front")


def _wrong(words: str) -> Finding:
    return Finding("webhook", False, words)
