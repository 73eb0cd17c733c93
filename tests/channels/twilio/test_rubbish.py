"""Whatever a signed request holds, it is answered in order and its text is kept."""

import pytest
from conftest import PUBLIC_URL
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from said import received
from signing import PATH, post, sign, sign_body, text_message
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from inbox.models import Message
from inbox.runtime import Runtime


def newest(session: Session) -> Message:
    return session.scalars(received().order_by(Message.id.desc()).limit(1)).one()


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"Body": "before\0after"}, "before\ufffdafter"),
        ({"Body": "漢" * 33_000}, "漢" * 33_000),
        ({"Body": " \n spaces \t"}, " \n spaces \t"),
        ({"NumMedia": "-1"}, None),
        ({"NumMedia": "999999999999"}, None),
        ({"NumMedia": "many"}, None),
        ({"NumMedia": "2", "MediaUrl0": "https://api.twilio.com/\0"}, None),
        ({"From": "whatsapp:" + "x" * 5_000}, None),
        ({"To": "y" * 5_000}, None),
        ({"MessageSid": "SM" + "z" * 5_000}, None),
        ({"ProfileName": "n\0" * 3_000}, None),
        ({"Latitude": "NaN", "Longitude": "1e999"}, None),
        ({"ChannelMetadata": "{not json"}, None),
        ({"From": ""}, None),
    ],
    ids=lambda value: next(iter(value))[:12] if isinstance(value, dict) else "",
)
def test_odd_values_are_stored_and_lose_no_text(
    client: FlaskClient, runtime: Runtime, change: dict[str, str], kept: str | None
) -> None:
    answer = post(client, text_message("What was said", **change) | change)

    assert answer.status_code == 200
    with runtime.database.reading() as session:
        assert newest(session).text == (kept or "What was said")


def test_a_message_without_an_id_is_kept_once(client: FlaskClient, runtime: Runtime) -> None:
    fields = {name: value for name, value in text_message("No id").items() if name != "MessageSid"}

    statuses = [post(client, fields).status_code for _ in range(2)]

    assert statuses == [200, 200]
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(received().subquery())) == 1
        assert newest(session).text == "No id"


def test_bytes_that_are_no_utf8_do_no_harm(client: FlaskClient, runtime: Runtime) -> None:
    fields = text_message("caf\ufffd")
    body = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in fields.items())
    raw = body.encode().replace("\ufffd".encode(), b"\xe9")

    answer = client.post(
        PATH, data=raw, content_type="application/x-www-form-urlencoded", headers={"X-Twilio-Signature": sign(fields)}
    )

    assert answer.status_code == 200
    with runtime.database.reading() as session:
        assert newest(session).text == "caf\ufffd"


@pytest.mark.parametrize("value", ['{"AccountSid": %s}', "%s"])
def test_json_within_json_without_end_is_a_bad_request(client: FlaskClient, value: str) -> None:
    body = (value % ("[" * 100_000 + "]" * 100_000)).encode()
    query, signature = sign_body(body)

    answer = client.post(
        f"{PATH}?{query}", data=body, content_type="application/json", headers={"X-Twilio-Signature": signature}
    )

    assert answer.status_code == 400


def test_a_refusal_speaks_to_whoever_reads_the_providers_debugger(client: FlaskClient) -> None:
    assert "signature" in post(client, text_message(), signature="wrong").text
    assert "POST" in client.get(PATH).text
    assert "no webhook" in client.post("/hooks/twilio/massages").text
    too_large = post(client, text_message("x" * 2_000_000)).text
    assert too_large == "The request is too large.\n"
    assert "page" not in too_large


def test_a_body_too_large_is_refused(client: FlaskClient) -> None:
    assert post(client, text_message("x" * 2_000_000)).status_code == 413


def test_a_fault_of_ours_makes_the_provider_come_again(client: FlaskClient, runtime: Runtime) -> None:
    with runtime.database.writing() as session:
        session.execute(text("DROP TABLE submission_search"))

    assert post(client, text_message()).status_code == 503
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(received().subquery())) == 0


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.dictionaries(
        st.sampled_from(["Body", "From", "To", "NumMedia", "MediaUrl0", "Latitude", "ButtonText", "ListId", "Odd"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    ),
    number=st.integers(0, 2**60),
)
def test_no_values_break_it(client: FlaskClient, fields: dict[str, str], number: int) -> None:
    sent = {**text_message(sid=f"SM{number:032x}"), **fields}

    answer = post(client, sent, sign(sent, PUBLIC_URL + PATH))

    assert answer.status_code == 200
