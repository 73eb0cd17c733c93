"""Sending by Twilio's Messages API, and looking up what was sent."""

import contextlib
import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from sqlalchemy.exc import SQLAlchemyError
from twilio.base.exceptions import TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from inbox.config import Settings
from inbox.models import Channel
from inbox.runtime import Runtime
from inbox.services import connections, health
from inbox.services.jobs import NotNow, Refused
from inbox.services.provider import Outgoing, Provider, Sent, Unclear

CONNECT_SECONDS, ANSWER_SECONDS = 5, 20
MOST_LOOKED_AT = 50
TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500
STATUS_PATH = "/hooks/twilio/status"
_PREFIXES = {Channel.WHATSAPP: "whatsapp:", Channel.RCS: "rcs:"}
_CANNOT = frozenset({"20003"})  # a wrong password may be mended: the message waits

_PROBLEMS = frozenset({"20003", "unreachable"})
"""What says something of the connection, not only of one message."""

Answer = TypeVar("Answer")


def provider(runtime: Runtime) -> Provider:
    """The provider that the settings describe: without an account it refuses, or rehearses on a loopback address."""
    settings = runtime.settings
    api = make_client(settings)
    if api is None:
        return Rehearsal() if settings.rehearses else NoAccount()
    can_be_reached = settings.twilio_api_base or not settings.is_loopback
    callback = settings.public_url + STATUS_PATH if can_be_reached else ""
    return Watched(runtime, Twilio(api, settings.twilio_account_sid, callback))


def make_client(settings: Settings) -> Client | None:
    """A client of Twilio's API with time limits, signed in with the API key or else the auth token; None without."""
    account, token = settings.twilio_account_sid, settings.twilio_auth_token
    key, secret = settings.twilio_api_key, settings.twilio_api_secret
    user, password = (key, secret) if key and secret else (account, token)
    if not account or password is None:
        return None
    return Client(user, password.get_secret_value(), account, http_client=_Http(settings.twilio_api_base))


class NoAccount:
    """The `Provider` where nothing is set up."""

    def send(self, outgoing: Outgoing) -> Sent:
        raise Refused("unset")

    def find(self, outgoing: Outgoing, since: datetime) -> list[Sent]:
        raise Refused("unset")


class Rehearsal:
    """The `Provider` for trying things out: everything counts as sent, and nothing leaves this machine."""

    def send(self, outgoing: Outgoing) -> Sent:
        return Sent("rehearsal", f"RH{secrets.token_hex(16)}")

    def find(self, outgoing: Outgoing, since: datetime) -> list[Sent]:
        return []


class Twilio:
    """Twilio as a `Provider`. `callback` is where it reports to; "" where it could not reach us."""

    def __init__(self, client: Client, account: str, callback: str) -> None:
        self._client, self._account, self._callback = client, account, callback

    def send(self, outgoing: Outgoing) -> Sent:
        more = {"status_callback": self._callback} if self._callback else {}
        made = told(
            lambda: self._client.messages.create(
                to=_address(outgoing, outgoing.recipient), **_from(outgoing), **_content(outgoing), **more
            )
        )
        return Sent(self._account, str(made.sid))

    def find(self, outgoing: Outgoing, since: datetime) -> list[Sent]:
        # Twilio's dates are whole seconds, and its clock is not ours.
        after = since - timedelta(minutes=1)
        found = told(
            lambda: self._client.messages.list(
                to=_address(outgoing, outgoing.recipient),
                **_sent_from(outgoing),
                date_sent_after=after,
                limit=MOST_LOOKED_AT,
            )
        )
        # What Twilio made of a template is its own; any message that we do not know otherwise may be it.
        same = [each for each in found if outgoing.content_sid or each.body == outgoing.text]
        return [Sent(self._account, str(each.sid)) for each in reversed(same)]  # Twilio lists the newest first


class Watched:
    """A `Provider` of which is written down how it is doing."""

    def __init__(self, runtime: Runtime, provider: Provider) -> None:
        self._runtime, self._provider = runtime, provider

    def send(self, outgoing: Outgoing) -> Sent:
        problem = ""
        try:
            return self._provider.send(outgoing)
        except NotNow as error:
            problem = error.code if error.code in _PROBLEMS else ""
            raise
        except Unclear:
            problem = "unreachable"
            raise
        finally:
            self._note(problem)

    def find(self, outgoing: Outgoing, since: datetime) -> list[Sent]:
        return self._provider.find(outgoing, since)

    def _note(self, problem: str) -> None:
        """Whatever happens here, what became of the message is known and goes on."""
        now = self._runtime.clock()
        with contextlib.suppress(SQLAlchemyError), self._runtime.database.writing() as session:
            if problem:
                health.failed(session, connections.TWILIO, problem, now=now)
            else:
                health.succeeded(session, connections.TWILIO, now=now)


def _address(outgoing: Outgoing, address: str) -> str:
    return _PREFIXES.get(outgoing.channel, "") + address


def _content(outgoing: Outgoing) -> dict[str, Any]:
    """What to send. Beside a ContentSid neither Body nor MediaUrl may stand (Twilio, error 63016)."""
    if outgoing.content_sid:
        variables = json.dumps(dict(outgoing.content_variables or {}), ensure_ascii=False)
        return {"content_sid": outgoing.content_sid, "content_variables": variables}
    words = {"body": outgoing.text} if outgoing.text or not outgoing.media_urls else {}
    return {**words, "media_url": list(outgoing.media_urls)} if outgoing.media_urls else words


def _from(outgoing: Outgoing) -> dict[str, str]:
    if outgoing.sender.startswith("MG"):  # a Messaging Service picks the number
        return {"messaging_service_sid": outgoing.sender}
    return {"from_": _address(outgoing, outgoing.sender)}


def _sent_from(outgoing: Outgoing) -> dict[str, str]:
    """Where to look it up; which number a Messaging Service picked is not known."""
    return _from(outgoing) if "from_" in _from(outgoing) else {}


def told(call: Callable[[], Answer]) -> Answer:
    """Make a call to the API, and tell apart what surely was not sent from what may have been."""
    try:
        return call()
    except requests.exceptions.ConnectTimeout:
        raise NotNow("unreachable") from None
    except requests.exceptions.ConnectionError as error:
        # A connection that was never made has sent nothing; one that broke may have.
        if any(name in repr(error) for name in ("NewConnectionError", "NameResolutionError")):
            raise NotNow("unreachable") from None
        raise Unclear from None
    except requests.exceptions.RequestException:
        raise Unclear from None
    except TwilioRestException as error:
        code = str(error.code or error.status)
        raise (NotNow(code) if code in _CANNOT else Refused(code)) from None


class _Http(HttpClient):  # type: ignore[misc]
    """Twilio's HTTP, with time limits, without retries, and at another address where the settings say so."""

    def __init__(self, base: str) -> None:
        super().__init__(None, False, None)
        self._base = urlsplit(base) if base else None
        self._session = requests.Session()

    def request(
        self,
        method: str,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
        **more: Any,
    ) -> Response:
        limits = (CONNECT_SECONDS, timeout or ANSWER_SECONDS)
        answer = self._session.request(
            method, self._at_base(url), params, data, headers, auth=auth, timeout=limits, allow_redirects=False
        )
        if answer.status_code == TOO_MANY_REQUESTS:
            raise NotNow("20429", _retry_after(answer.headers.get("Retry-After", "")))
        if answer.status_code >= SERVER_ERROR:
            raise Unclear
        return Response(answer.status_code, answer.text, answer.headers)

    def _at_base(self, url: str) -> str:
        if self._base is None:
            return url
        return urlunsplit(urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc))


def _retry_after(text: str) -> timedelta | None:
    with contextlib.suppress(ValueError, OverflowError):
        return max(min(timedelta(seconds=float(text)), timedelta(hours=1)), timedelta())
    return None
