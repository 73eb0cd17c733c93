"""Who may call the messages webhook."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from conftest import ACCOUNT, PUBLIC_URL, TOKEN, Clock
from flask import Flask
from flask.testing import FlaskClient
from said import received
from signing import PATH, SAMPLES, post, sample, sign, sign_body, text_message
from sqlalchemy import event, func, select
from werkzeug.datastructures import MultiDict

from inbox import create_app, edge
from inbox.bootstrap import bootstrap
from inbox.channels.twilio_account import twilio_signed
from inbox.runtime import Runtime

VECTORS = json.loads((SAMPLES / "twilio_signatures.json").read_text())
SHARED_KEY_HEADER = "X-Twilio-Webhooks-Signature-Settings"


def stored(runtime: Runtime) -> int:
    with runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(received().subquery())) or 0


@contextmanager
def no_database(runtime: Runtime) -> Iterator[None]:
    """Fail if any statement reaches the database meanwhile."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(runtime.database.engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(runtime.database.engine, "before_cursor_execute", note)
    assert seen == []


@pytest.fixture
def open_with(environ: dict[str, str], clock: Clock) -> Iterator[Callable[..., tuple[Flask, Runtime]]]:
    """`open_with(NAME="value")` is an inbox with other settings; None takes one away."""
    opened: list[Runtime] = []

    def make(**settings: str | None) -> tuple[Flask, Runtime]:
        changed = {**environ, **settings}
        runtime = bootstrap({name: value for name, value in changed.items() if value is not None}, clock)
        opened.append(runtime)
        app = create_app(runtime)
        app.config["PROPAGATE_EXCEPTIONS"] = False
        return app, runtime

    yield make
    for runtime in opened:
        runtime.database.engine.dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_ready_made_signature_is_accepted_and_a_changed_one_is_not(open_with: Callable[..., Any]) -> None:
    app, _ = open_with(INBOX_PUBLIC_URL="https://inbox.example.org")

    @app.post("/hooks/twilio/message")
    @edge.csrf.exempt
    @twilio_signed
    def probe() -> str:
        return "signed"

    client = app.test_client()
    for vector in VECTORS["vectors"]:
        fields = MultiDict(sample(vector["case"])["params"])
        headers = {"X-Twilio-Signature": vector["signature"]}
        assert client.post("/hooks/twilio/message", data=fields, headers=headers).status_code == 200, vector["case"]
        fields["Body"] = fields.get("Body", "") + " "
        assert client.post("/hooks/twilio/message", data=fields, headers=headers).status_code == 403, vector["case"]


def test_a_well_signed_message_is_stored(client: FlaskClient, runtime: Runtime) -> None:
    assert post(client, text_message()).status_code == 200
    assert stored(runtime) == 1


@pytest.mark.parametrize("signature", ["", "wrong", "é", "A" * 28, "=" * 5000, sign(text_message(), token="another")])
def test_a_wrong_signature_touches_no_database(client: FlaskClient, runtime: Runtime, signature: str) -> None:
    with no_database(runtime):
        assert post(client, text_message(), signature=signature).status_code == 403
    assert stored(runtime) == 0


def test_a_missing_signature_touches_no_database(client: FlaskClient, runtime: Runtime) -> None:
    with no_database(runtime):
        assert client.post(PATH, data=text_message()).status_code == 403
        assert client.post(PATH).status_code == 403
    assert stored(runtime) == 0


@pytest.mark.parametrize(
    "change",
    [{"Body": "Another text"}, {"Body": "The bridge is closed "}, {"Added": ""}, {"NumMedia": ["0", "1"]}],
    ids=["changed", "a space more", "an empty parameter more", "a repeated name"],
)
def test_what_was_changed_after_signing_is_refused(client: FlaskClient, change: dict[str, Any]) -> None:
    fields = text_message()
    assert post(client, {**fields, **change}, signature=sign(fields)).status_code == 403


def test_repeated_and_blank_and_unknown_parameters_count(client: FlaskClient, runtime: Runtime) -> None:
    fields = text_message("  spaces  \r\n", Twice=["b", "a", "b"], Blank="", **{"X-Odd.Name[0]": "%+&="})
    assert post(client, fields).status_code == 200
    with runtime.database.reading() as session:
        message = session.scalars(received()).one()
        assert message.text == "  spaces  \r\n"
        assert message.raw["Twice"] == ["b", "a", "b"]
        assert message.raw["X-Odd.Name[0]"] == "%+&="


@pytest.mark.parametrize(
    "public_url",
    [
        "https://inbox.example.org",
        "https://inbox.example.org:8443",
        "http://127.0.0.1:5000",
        "http://[::1]:5000",
        "https://news.example/inbox",
    ],
)
def test_only_the_configured_address_counts_whatever_the_request_says(
    open_with: Callable[..., Any], public_url: str
) -> None:
    app, _ = open_with(INBOX_PUBLIC_URL=public_url)
    client, fields = app.test_client(), text_message()
    lies = {"Host": "evil.example", "X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "gopher"}
    assert post(client, fields, sign(fields, public_url + PATH), **lies).status_code == 200
    assert post(client, fields, sign(fields, "https://evil.example" + PATH), **lies).status_code == 403
    assert post(client, fields, sign(fields, "http://localhost" + PATH)).status_code == 403


@pytest.mark.parametrize("public_url", ["https://inbox.example.org", "https://inbox.example.org:443"])
def test_the_usual_port_may_be_written_or_not(open_with: Callable[..., Any], public_url: str) -> None:
    app, _ = open_with(INBOX_PUBLIC_URL=public_url)
    fields = text_message()
    for signed in ("https://inbox.example.org", "https://inbox.example.org:443"):
        assert post(app.test_client(), fields, sign(fields, signed + PATH)).status_code == 200


def test_a_prefix_works_whether_or_not_the_proxy_takes_it_off(open_with: Callable[..., Any]) -> None:
    app, _ = open_with(INBOX_PUBLIC_URL="https://news.example/inbox/", INBOX_TRUSTED_PROXIES="1")
    fields = text_message()
    headers = {"X-Twilio-Signature": sign(fields, "https://news.example/inbox" + PATH)}
    for path in (PATH, "/inbox" + PATH):
        assert app.test_client().post(path, data=fields, headers=headers).status_code == 200


def test_the_query_string_is_signed_as_it_came(client: FlaskClient) -> None:
    fields, query = text_message(), "b=2&a=%20x+y&a="
    signature = sign(fields, f"{PUBLIC_URL}{PATH}?{query}")
    assert client.post(f"{PATH}?{query}", data=fields, headers={"X-Twilio-Signature": signature}).status_code == 200
    assert client.post(f"{PATH}?{query}&c", data=fields, headers={"X-Twilio-Signature": signature}).status_code == 403


def test_the_previous_token_is_good_during_a_rotation(open_with: Callable[..., Any]) -> None:
    app, _ = open_with(TWILIO_AUTH_TOKEN="the new one", TWILIO_AUTH_TOKEN_PREVIOUS=TOKEN)
    fields = text_message()
    for token, status in ((TOKEN, 200), ("the new one", 200), ("neither", 403)):
        assert post(app.test_client(), fields, sign(fields, token=token)).status_code == status


@pytest.mark.parametrize("secret", ["the shared key", TOKEN])
def test_the_sha256_header_is_understood(open_with: Callable[..., Any], secret: str) -> None:
    app, _ = open_with(TWILIO_SHARED_KEY="the shared key")
    client, fields = app.test_client(), text_message()
    settings = {SHARED_KEY_HEADER.replace("-", "_"): "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    assert post(client, fields, sign(fields, token=secret, algorithm="sha256"), **settings).status_code == 200
    assert post(client, fields, sign(fields, token=secret), **settings).status_code == 403
    assert post(client, fields, sign(fields, token="x", algorithm="sha256"), **settings).status_code == 403


def test_the_shared_key_signs_nothing_but_sha256(open_with: Callable[..., Any]) -> None:
    app, _ = open_with(TWILIO_SHARED_KEY="the shared key")
    fields = text_message()
    assert post(app.test_client(), fields, sign(fields, token="the shared key")).status_code == 403


@pytest.mark.parametrize("algorithm", ["HMAC_MD5", "none", "HMAC_SHA512", "HMAC_SHA256 ;", "\x7f"])
def test_an_unknown_algorithm_is_refused(client: FlaskClient, algorithm: str) -> None:
    settings = {SHARED_KEY_HEADER.replace("-", "_"): f"key=k,algorithm={algorithm}"}
    assert post(client, text_message(), **settings).status_code == 403


def test_a_json_body_needs_its_hash_in_the_address(client: FlaskClient, runtime: Runtime) -> None:
    body = json.dumps(text_message("from JSON", Count=3)).encode()
    query, signature = sign_body(body)
    headers = {"X-Twilio-Signature": signature}

    def send(path: str, data: bytes) -> int:
        return client.post(path, data=data, headers=headers, content_type="application/json").status_code

    with no_database(runtime):
        assert send(PATH, body) == 403
        assert send(f"{PATH}?{query}", body + b" ") == 403
        assert send(f"{PATH}?bodySHA256=", body) == 403
    assert send(f"{PATH}?{query}", body) == 200
    assert stored(runtime) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b"\xff", b'"text"'])
def test_a_signed_json_body_that_is_no_message_is_a_bad_request(client: FlaskClient, body: bytes) -> None:
    query, signature = sign_body(body)
    headers = {"X-Twilio-Signature": signature}
    answer = client.post(f"{PATH}?{query}", data=body, headers=headers, content_type="application/json")
    assert answer.status_code in (400, 403)


def test_without_a_token_the_route_is_closed_and_the_log_says_why(
    open_with: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    app, runtime = open_with(TWILIO_AUTH_TOKEN=None, INBOX_PUBLIC_URL="https://inbox.example.org")
    for token in ("", TOKEN, "None"):
        fields = text_message()
        assert (
            post(app.test_client(), fields, sign(fields, "https://inbox.example.org" + PATH, token)).status_code == 403
        )
    assert stored(runtime) == 0
    assert "TWILIO_AUTH_TOKEN is not set" in "".join(capsys.readouterr())


def test_another_account_is_refused(client: FlaskClient, runtime: Runtime) -> None:
    for sid in ("AC" + "f" * 32, "", [ACCOUNT, "AC" + "f" * 32]):
        assert post(client, text_message(AccountSid=sid)).status_code == 403
    assert stored(runtime) == 0


def test_any_account_is_taken_where_none_is_configured(open_with: Callable[..., Any]) -> None:
    app, _ = open_with(TWILIO_ACCOUNT_SID=None)
    assert post(app.test_client(), text_message(AccountSid="AC" + "f" * 32)).status_code == 200


def test_bad_signatures_spend_a_budget_that_good_ones_never_touch(open_with: Callable[..., Any]) -> None:
    app, runtime = open_with(INBOX_PUBLIC_POST_LIMIT="3 per 10 minutes")
    client = app.test_client()
    for _ in range(3):
        assert post(client, text_message(), signature="wrong").status_code == 403
    refused = post(client, text_message(), signature="wrong")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    for number in range(10):
        assert post(client, text_message(sid=f"SM{number}")).status_code == 200
    assert stored(runtime) == 10


def test_a_refusal_is_logged_without_a_word_of_the_message(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    post(client, text_message("a secret text", ProfileName="Lin Mei"), signature="wrong")
    logged = "".join(capsys.readouterr())
    assert PUBLIC_URL + PATH in logged
    assert "wrong signature" in logged
    assert not any(word in logged for word in ("secret", "Lin", "886900000001", TOKEN))


def test_a_body_that_is_too_large_is_refused_with_or_without_its_length(client: FlaskClient, runtime: Runtime) -> None:
    fields = text_message("x" * (1024 * 1024 + 1))
    body = urlencode(fields).encode()
    form = "application/x-www-form-urlencoded"
    headers = {"X-Twilio-Signature": sign(fields)}
    with no_database(runtime):
        assert client.post(PATH, data=body, content_type=form, headers=headers).status_code == 413
        chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        answer = client.post(
            PATH, input_stream=io.BytesIO(body), content_type=form, headers=headers, environ_overrides=chunked
        )
        assert answer.status_code == 413
    assert stored(runtime) == 0


def test_more_parameters_than_twilio_ever_sends_are_not_even_sorted(client: FlaskClient, runtime: Runtime) -> None:
    fields = text_message(**{f"Odd{number}": "" for number in range(1000)})
    with no_database(runtime):
        assert post(client, fields).status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_answered(client: FlaskClient, method: str) -> None:
    assert client.open(PATH, method=method).status_code == 405
