"""The Twilio account: which requests are really its own, and what they carry."""

import hashlib
import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast
from urllib.parse import parse_qsl

from flask import abort, g, request
from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    compare,
    get_signature_algorithm,
)
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from inbox import edge
from inbox.channels import refused
from inbox.runtime import Runtime

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

MOST_PARAMETERS = 1000
"""Far above what Twilio sends; what anybody may make us sort before we know who it is."""


def tokens(runtime: Runtime) -> tuple[str, ...]:
    """The auth tokens that may sign a webhook, the present one first; none closes the webhooks.

    Where none is set and the public address is a loopback one, the inbox makes a token of its own for
    trying things out (`inbox simulate`), which only this installation can compute.
    """
    settings = runtime.settings
    if settings.twilio_auth_token is None and settings.is_loopback:
        return (runtime.derive("twilio-trial-token", settings.public_url).hex(), *settings.webhook_tokens)
    return settings.webhook_tokens


def twilio_signed(view: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Let only requests through that Twilio signed for this account.

    Others get 403 before any database is touched, and 429 once their address has spent its budget.
    """

    @wraps(view)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        if reason := _objection(edge.current_runtime()):
            refused.turn_away(reason, signed=SIGNATURE_HEADER in request.headers)
        return view(*args, **kwargs)

    return guarded


def parameters() -> MultiDict[str, str]:
    """The parameters of this request as they came: repeated names, unknown ones and blanks included."""
    if "twilio_parameters" not in g:
        g.twilio_parameters = _from_json() if request.is_json else _from_form()
    return cast(MultiDict[str, str], g.twilio_parameters)


def _from_json() -> MultiDict[str, str]:
    try:
        body = request.get_json()
        items = body.items() if isinstance(body, dict) else []
        return MultiDict((name, value if isinstance(value, str) else json.dumps(value)) for name, value in items)
    except RecursionError:  # lists within lists within lists
        abort(400)


def _from_form() -> MultiDict[str, str]:
    # Not `request.form`, which makes bytes that are no UTF-8 to "%FF" where a signer sees U+FFFD, and
    # turns a form that it cannot read into an empty one.
    text = _body().decode("utf-8", "replace")
    try:
        return MultiDict(parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_PARAMETERS))
    except ValueError:
        raise RequestEntityTooLarge from None


def _body() -> bytes:
    body = request.get_data()
    # A body that comes in chunks tells no length, and is cut at the limit without a word.
    if request.content_length is None and len(body) >= (request.max_content_length or sys.maxsize):
        raise RequestEntityTooLarge
    return body


def signed_url() -> str:
    """The address that Twilio must have signed: built from the settings, never from what the request says."""
    query = request.query_string.decode("utf-8", "replace")
    return edge.current_runtime().settings.public_url + request.path + (f"?{query}" if query else "")


def _objection(runtime: Runtime) -> str | None:
    """Why this request is not Twilio's, or None if it is."""
    body = _body()
    algorithm = get_signature_algorithm(request.headers.get(SIGNATURE_SETTINGS_HEADER)).upper()
    if algorithm not in (HMAC_SHA1, HMAC_SHA256):
        return "unknown signature algorithm"
    secrets = _secrets(runtime, algorithm)
    if not secrets:
        return "TWILIO_AUTH_TOKEN is not set"
    signature = request.headers.get(SIGNATURE_HEADER)
    if not signature:
        return "no signature"
    if request.is_json and request.args.get("bodySHA256") != hashlib.sha256(body).hexdigest():
        return "JSON without its bodySHA256"
    if not _is_signed(signature, secrets, algorithm):
        return "wrong signature"
    account = runtime.settings.twilio_account_sid
    if account and any(sid != account for sid in parameters().getlist("AccountSid")):
        return "another AccountSid than TWILIO_ACCOUNT_SID"
    return None


def _secrets(runtime: Runtime, algorithm: str) -> tuple[str, ...]:
    shared_key = runtime.settings.twilio_shared_key
    if algorithm == HMAC_SHA256 and shared_key:
        return (shared_key.get_secret_value(), *tokens(runtime))
    return tokens(runtime)


def _is_signed(signature: str, secrets: tuple[str, ...], algorithm: str) -> bool:
    # The form goes in raw: Twilio signs every parameter, known or not, with its blanks and repetitions.
    # Of a JSON body only the hash is signed, as a part of the address.
    signed = MultiDict() if request.is_json else parameters()
    url, validators = signed_url(), [RequestValidator(secret) for secret in secrets]
    # `validate` computes two signatures, with the port in the address and without; the plain one mostly fits.
    return compare(validators[0].compute_signature(url, signed, algorithm), signature) or any(
        validator.validate(url, signed, signature, algorithm) for validator in validators
    )
