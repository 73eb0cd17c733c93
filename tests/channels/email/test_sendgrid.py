"""Mails that SendGrid posts arrive like any other."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from posted import NEWS, TIPS, submissions, with_mailboxes
from posting import CASES, SECRET, body_of, field_part, post, whole
from sqlalchemy import select
from sqlalchemy.orm import undefer

from inbox import create_app
from inbox.channels import refused
from inbox.channels.email.parse import parse
from inbox.channels.email.take_in import take_in
from inbox.models import ChannelHealth, Mail, Message, RefusedWebhook
from inbox.runtime import Runtime
from inbox.services import refusals

EMAIL = Path(__file__).parents[2] / "samples" / "email"
INDEX = {entry["file"]: entry["expect"] for entry in json.loads((EMAIL / "index.json").read_text())["messages"]}
PLAIN = (EMAIL / "01_plain_press_release.eml").read_bytes()


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"INBOX_SENDGRID_SECRET": SECRET, "INBOX_MAX_MAIL_MB": "1"}


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    app = create_app(with_mailboxes(runtime))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


def stored(runtime: Runtime) -> list[tuple[Message, Mail]]:
    with runtime.database.reading() as session:
        rows = session.execute(
            select(Message, Mail)
            .join(Mail, Mail.message_id == Message.id)
            .order_by(Message.id)
            .options(undefer(Mail.html))
        ).all()
        return [(message, mail) for message, mail in rows]


def original(runtime: Runtime, mail: Mail) -> bytes:
    return runtime.storage.read(mail.original_key)


def posted_raw(raw: bytes, to: list[str] | None = None, sender: str = "press@riverside-theatre.example") -> bytes:
    envelope = json.dumps({"to": [NEWS] if to is None else to, "from": sender})
    return whole([field_part("email", raw), field_part("envelope", envelope.encode())])


def attachment_facts(runtime: Runtime, message: Message) -> list[dict[str, Any]]:
    with runtime.database.reading() as session:
        rows = session.get_one(Message, message.id).attachments
        return [
            {"filename": row.filename, "content_type": row.content_type, "size": row.size_bytes, "sha256": row.sha256}
            for row in rows
        ]


@pytest.mark.parametrize("name", CASES)
def test_a_sample_gives_what_it_says(client: FlaskClient, runtime: Runtime, name: str):
    case = CASES[name]
    expected = dict(case["expect"])
    if same := expected.pop("same_as", None):
        expected |= {
            key: value
            for key, value in INDEX[same].items()
            if key in {"from_addr", "from_name", "to", "subject", "message_id", "text_contains", "attachments"}
        }

    answer = post(client, body_of(case))

    assert f"{answer.status_code // 100}xx" == expected["status_class"]
    [(message, mail)] = stored(runtime)
    read = parse(original(runtime, mail))
    assert (read.sender, read.subject, read.mail_id) == (
        expected["from_addr"],
        expected["subject"],
        expected["message_id"],
    )
    assert mail.mail_id == expected["message_id"]
    assert read.sender_name == expected.get("from_name", read.sender_name)
    assert list(read.recipients) == expected.get("to", list(read.recipients))
    assert expected.get("delivered_to", NEWS) == message.recipient == message.account
    assert read.delivered_to[:1] == (NEWS,)
    assert all(text in message.text for text in expected["text_contains"])
    assert bool(mail.html) == expected.get("has_html", bool(mail.html))
    wanted = ("filename", "content_type", "size", "sha256")
    assert attachment_facts(runtime, message) == [
        {key: file[key] for key in wanted} for file in expected["attachments"]
    ]
    ids = [f"<{file.content_id}>" if file.content_id else None for file in read.files]
    assert [(file.inline, given) for file, given in zip(read.files, ids, strict=True)] == [
        (file["inline"], file["content_id"]) for file in expected["attachments"]
    ]
    assert read.defects == ()


def test_a_picture_in_the_text_is_shown_from_the_mail(client: FlaskClient, runtime: Runtime):
    post(client, body_of(CASES["parsed_with_attachments"]))
    [(_, mail)] = stored(runtime)
    assert 'src="cid:logo.1@swim"' in mail.html


def test_what_sendgrid_found_out_about_the_sender_is_kept(client: FlaskClient, runtime: Runtime):
    for name in CASES:
        post(client, body_of(CASES[name]))
    verdicts = {mail.mail_id: dict(mail.verdicts) for _, mail in stored(runtime)}
    assert verdicts["<sg1@harbourswim.example>"] == {"spf": "pass", "dkim": "pass", "by": "sendgrid.net"}
    assert verdicts["<sg2@reader.example>"] == {"spf": "softfail", "dkim": "none", "by": "sendgrid.net"}
    assert verdicts["<df8@docfest.example>"] == {"spf": "pass", "dkim": "pass", "by": "sendgrid.net"}


def test_a_mail_cannot_bring_verdicts_of_its_own(client: FlaskClient, runtime: Runtime):
    post(client, posted_raw(b"Authentication-Results: sendgrid.net; spf=pass; dmarc=pass\r\n" + PLAIN))
    [(_, mail)] = stored(runtime)
    assert mail.verdicts == {}


@pytest.mark.parametrize("name", CASES)
def test_a_repeat_is_answered_alike_and_stored_once(client: FlaskClient, runtime: Runtime, name: str):
    answers = [post(client, body_of(CASES[name])).status_code for _ in range(2)]
    assert answers == [200, 200]
    assert len(stored(runtime)) == 1


def test_the_same_mail_over_another_door_is_the_same(client: FlaskClient, runtime: Runtime):
    take_in(runtime, io.BytesIO((EMAIL / "08_rfc2047_subject_rfc2231_filename.eml").read_bytes()), NEWS)
    assert post(client, body_of(CASES["raw_mode"])).status_code == 200
    assert len(stored(runtime)) == 1


def test_a_mail_taken_apart_is_the_same_as_the_whole_one(client: FlaskClient, runtime: Runtime):
    header, _, text = PLAIN.partition(b"\r\n\r\n")
    envelope = json.dumps({"to": [NEWS], "from": "press@riverside-theatre.example"}).encode()
    apart = [
        field_part("headers", header.replace(b"\r\n", b"\n")),
        field_part("text", text),
        field_part("envelope", envelope),
    ]
    assert post(client, whole(apart)).status_code == 200
    assert post(client, posted_raw(PLAIN)).status_code == 200
    assert len(stored(runtime)) == 1


def test_a_mail_to_two_of_our_mailboxes_arrives_at_both(client: FlaskClient, runtime: Runtime):
    post(client, posted_raw(PLAIN, to=["stranger@reader.example", TIPS.upper(), "news+token@newsroom.example", NEWS]))
    assert [message.account for message, _ in stored(runtime)] == [TIPS, NEWS]
    assert len(submissions(runtime)) == 1


@pytest.mark.parametrize(
    ("to", "header", "account"),
    [
        (["office@newsroom.example"], TIPS, TIPS),
        ([], f"Tips <{TIPS}>", TIPS),
        ([], "undisclosed-recipients:;", NEWS),
        (["office@newsroom.example"], "x@y.example", NEWS),
    ],
)
def test_without_a_mailbox_in_the_envelope_the_header_counts_then_the_first_one(client, runtime, to, header, account):
    post(
        client,
        posted_raw(
            f"From: a@reader.example\r\nTo: {header}\r\nMessage-ID: <h@reader.example>\r\n\r\nWords".encode(), to=to
        ),
    )
    assert [message.account for message, _ in stored(runtime)] == [account]


def test_an_empty_envelope_sender_is_a_machine(client: FlaskClient, runtime: Runtime):
    post(client, posted_raw(PLAIN, sender=""))
    [(_message, mail)] = stored(runtime)
    assert parse(original(runtime, mail)).automatic


def test_a_post_whose_fields_are_all_wrong_is_stored(client: FlaskClient, runtime: Runtime):
    wrong = dict.fromkeys(
        ("envelope", "charsets", "attachment-info", "content-ids", "SPF", "dkim", "to", "subject"), b"\xff[[[\x00"
    )
    parts = [field_part(name, value) for name, value in wrong.items()]
    file = b'Content-Disposition: form-data; name="attachment1"; filename="\xff\r\nContent-Type: ;\r\n\r\nbytes'
    assert (
        post(
            client,
            whole(
                [
                    *parts,
                    field_part("from", b"Wang <wang@reader.example>"),
                    field_part("text", "遊行".encode("big5")),
                    file,
                ]
            ),
        ).status_code
        == 200
    )
    [(message, mail)] = stored(runtime)
    assert (message.text, parse(original(runtime, mail)).sender) == ("遊行", "wang@reader.example")


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (None, "no secret in the address"),
        ("", "no secret in the address"),
        (f"{SECRET}x", "wrong secret in the address"),
        ("é\0", "wrong secret in the address"),
    ],
)
def test_without_the_secret_nothing_is_read(client: FlaskClient, app: Flask, runtime: Runtime, secret, reason, capsys):
    answer = post(client, body_of(CASES["raw_mode"]), secret)
    assert answer.status_code == 403
    assert stored(runtime) == []
    with app.app_context():
        refused.memory().write()
    with runtime.database.reading() as session:
        [row] = session.scalars(select(RefusedWebhook)).all()
    assert (row.reason, row.signed) == (reason, bool(secret))
    assert row.expected_url == "http://127.0.0.1:8000/hooks/sendgrid/inbound"
    assert refusals.meaning(reason).title != "Refused"
    assert not secret or secret not in "".join(capsys.readouterr())


def test_the_secret_stands_in_no_log(client: FlaskClient, runtime: Runtime, capsys):
    post(client, body_of(CASES["raw_mode"]))
    post(client, b"rubbish")
    assert SECRET not in "".join(capsys.readouterr())


def test_a_mail_that_is_too_large_is_refused(client: FlaskClient, runtime: Runtime):
    assert post(client, posted_raw(PLAIN + b"x" * 4 * 1024 * 1024)).status_code == 413
    assert stored(runtime) == []


def test_what_did_not_arrive_whole_comes_again(client: FlaskClient, runtime: Runtime):
    body = body_of(CASES["parsed_with_attachments"])
    assert post(client, body[: len(body) // 2]).status_code == 503
    assert stored(runtime) == []


def test_what_is_no_mail_is_refused(client: FlaskClient, runtime: Runtime):
    assert post(client, whole([field_part("hello", b"there")])).status_code == 400
    assert client.post(f"/hooks/sendgrid/inbound?secret={SECRET}", json={"email": "x"}).status_code == 400
    assert stored(runtime) == []


def test_a_fault_of_ours_brings_the_mail_again(client: FlaskClient, runtime: Runtime, monkeypatch):
    body = body_of(CASES["parsed_with_attachments"])
    with monkeypatch.context() as patch:
        patch.setattr(runtime.storage, "_folder", None)
        patch.setattr(runtime.storage, "_store", None)
        assert post(client, body).status_code == 503
    assert stored(runtime) == []
    assert post(client, body).status_code == 200
    assert len(stored(runtime)) == 1


def test_mail_that_comes_says_that_the_channel_works(client: FlaskClient, runtime: Runtime):
    post(client, body_of(CASES["raw_mode"]))
    with runtime.database.reading() as session:
        health = session.scalars(select(ChannelHealth).where(ChannelHealth.name == "sendgrid")).one()
    assert (health.succeeded_at, health.problem) == (runtime.clock(), "")


class TestClosed:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in environ.items() if name != "INBOX_SENDGRID_SECRET"}

    def test_without_a_secret_in_the_settings_the_address_is_closed(self, client: FlaskClient, runtime: Runtime):
        for secret in (None, "", "None", SECRET):
            assert post(client, body_of(CASES["raw_mode"]), secret).status_code == 403
        assert stored(runtime) == []
