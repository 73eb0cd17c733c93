"""Every sample of a message webhook gives what it says it must give."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from said import answers, received
from signing import post, samples
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.models import Attachment, Channel, ContactPoint, FileState, Message, Submission
from inbox.runtime import Runtime

CASES = samples("message")
ALONE = [name for name, case in CASES.items() if "sequence" not in case]
GROUPS: dict[str, list[str]] = {}
for _name, _case in sorted(CASES.items(), key=lambda item: item[1].get("sequence", {}).get("step", 0)):
    if "sequence" in _case:
        GROUPS.setdefault(_case["sequence"]["group"], []).append(_name)
IN_ORDER = [[name] for name in ALONE] + list(GROUPS.values())

CHANNELS = {"sms": Channel.SMS, "mms": Channel.SMS, "whatsapp": Channel.WHATSAPP, "rcs": Channel.RCS}
"""An MMS is an SMS with files: both belong to one conversation."""


def test_there_are_samples() -> None:
    assert len(CASES) == 49


@pytest.mark.parametrize("names", IN_ORDER, ids="+".join)
def test_a_sample_gives_what_it_says(client: FlaskClient, runtime: Runtime, names: list[str]) -> None:
    for name in names:
        check(client, runtime, CASES[name])


def check(client: FlaskClient, runtime: Runtime, case: dict[str, Any]) -> None:
    with runtime.database.reading() as session:
        before, said = count(session), len(answers(runtime))
    headers = {key.replace("-", "_"): value for key, value in case.get("headers", {}).items()}
    answer = post(client, case["params"], **headers)
    with runtime.database.reading() as session:
        assert count(session) - before == case["expect"]["stored"]
        message = session.scalars(received().order_by(Message.id.desc()).limit(1)).one()
        facts = Facts(session, message, case, len(answers(runtime)) - said)
        expected = dict(case["expect"])
        assert expected.pop("status_class") == f"{answer.status_code // 100}xx"
        expected.pop("stored")
        for key, value in expected.items():
            assert getattr(facts, key) == value, key
        check_rest(message, case)


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(received().subquery())) or 0


def check_rest(message: Message, case: dict[str, Any]) -> None:
    """What holds for every sample, whatever it expects."""
    assert message.raw == case["params"]
    assert message.account == case["params"]["AccountSid"]
    assert all(file.state is FileState.PENDING for file in message.attachments)
    assert message.submission.subject
    assert "\n" not in message.submission.preview
    assert message.submission.sender


class Facts:
    """What is stored of one message, under the names that the samples use."""

    def __init__(self, session: Session, message: Message, case: dict[str, Any], answered: int) -> None:
        self.session, self.message, self.case, self.answered = session, message, case, answered
        self.extra = message.extra
        self.point = session.get_one(ContactPoint, message.contact_point_id)
        self.body = message.text
        self.body_length = len(message.text)
        self.num_media = len(message.attachments)
        self.message_sid = message.external_id
        self.from_raw = message.raw["From"]
        self.profile_name = self.extra.get("profile_name")
        self.wa_id = self.extra.get("wa_id")
        self.can_reply = self.point.can_reply
        self.opt_out = self.point.opted_out_at is not None
        self.auto_reply_allowed = answered == 1
        self.location = self.extra.get("location")
        self.reply_to_sid = self.extra.get("in_reply_to")
        self.forwarded = self.extra.get("forwarded", False)
        self.frequently_forwarded = self.extra.get("frequently_forwarded", False)
        self.has_contact_card = "contact_card" in self.extra
        self.messages_total = count(session)

    @property
    def channel(self) -> str:
        wanted = self.case["expect"]["channel"]
        assert self.message.channel is self.point.channel is self.message.submission.channel is CHANNELS[wanted]
        assert wanted != "mms" or self.message.attachments
        return wanted

    @property
    def from_e164(self) -> str | None:
        return self.point.address if self.point.address.startswith("+") else None

    @property
    def to_e164(self) -> str | None:
        return self.message.recipient if self.message.recipient.startswith("+") else None

    @property
    def media(self) -> list[dict[str, Any]]:
        return [
            {"index": index, "content_type": file.content_type, "url": file.source_url}
            for index, file in enumerate(self.message.attachments)
        ]

    @property
    def keyword(self) -> str | None:
        """A keyword leaves two traces: the opt-out, and that nothing is answered."""
        wanted = self.case["expect"]["keyword"]
        assert (wanted == "stop") == (self.point.opted_out_at is not None)
        assert (wanted is None) == (self.answered == 1)
        return wanted

    @property
    def button(self) -> dict[str, Any]:
        choice = dict(self.extra["choice"])
        assert choice.pop("type") == "button"
        return choice

    @property
    def list_choice(self) -> dict[str, Any]:
        choice = self.extra["choice"]
        assert choice["type"] == "list"
        return {"id": choice["id"], "title": choice["title"]}

    @property
    def referral(self) -> dict[str, Any]:
        return {key: self.extra["referral"][key] for key in ("source_type", "source_id", "headline")}

    @property
    def media_kind(self) -> str:
        kind = self.message.attachments[0].content_type.partition("/")[0]
        return "document" if kind == "application" else kind

    @property
    def must_be_escaped_in_html(self) -> bool:
        """The name is kept as it is; escaping it is the work of the pages, which tests of their own check."""
        return self.message.sender_name == self.case["params"]["ProfileName"]


def sent(client: FlaskClient, runtime: Runtime, name: str) -> Message:
    post(client, CASES[name]["params"])
    with runtime.database.reading() as session:
        message = session.scalars(received()).one()
        assert message.submission.message_count == 1
        return message


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("wa_image_no_body", "Photo"),
        ("wa_voice_note", "Voice note"),
        ("wa_body_absent_with_media", "Voice note"),
        ("wa_sticker", "Sticker"),
        ("wa_contact_vcard", "Contact card"),
        ("wa_location_named_place", "Location: Obelisco"),
        ("wa_location_pin", "Location: 25.03297, 121.56542"),
        ("sms_empty_body_no_media", "Message without text"),
        ("mms_ten_media", "All ten pictures from the site"),
    ],
)
def test_lists_show_one_line_also_where_there_is_no_text(
    client: FlaskClient, runtime: Runtime, name: str, line: str
) -> None:
    submission = sent(client, runtime, name).submission
    assert (submission.subject, submission.preview) == (line, "")  # said once


@pytest.mark.parametrize("name", ["wa_document_pdf", "wa_document_docx"])
def test_a_document_keeps_its_name(client: FlaskClient, runtime: Runtime, name: str) -> None:
    sent(client, runtime, name)
    with runtime.database.reading() as session:
        assert session.scalars(select(Attachment.filename)).one() == CASES[name]["params"]["Body"]


def test_the_number_written_to_chooses_the_kind(
    environ: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    profile = tmp_path / "inbox.toml"
    profile.write_text(
        '[[numbers]]\nnumber = "+886970840314"\nlabel = "Tips"\nchannels = ["sms"]\ndefault_kind = "story_tip"\n'
    )
    environ["INBOX_CONFIG"] = str(profile)
    client, runtime = request.getfixturevalue("client"), request.getfixturevalue("runtime")
    post(client, CASES["sms_second_newsroom_number"]["params"])
    post(client, CASES["sms_plain_english"]["params"])
    with runtime.database.reading() as session:
        kinds = session.scalars(select(Submission.kind).order_by(Submission.id)).all()
    assert kinds == ["story_tip", "message"]


def test_stop_then_start_on_one_number_opens_and_closes_the_door(client: FlaskClient, runtime: Runtime) -> None:
    post(client, CASES["sms_stop_with_opt_out_type"]["params"])
    with runtime.database.reading() as session:
        assert session.scalars(select(ContactPoint)).one().opted_out_at is not None
    post(client, CASES["sms_start_with_opt_out_type"]["params"])
    with runtime.database.reading() as session:
        assert session.scalars(select(ContactPoint)).one().opted_out_at is None
        assert session.scalars(select(Submission)).one().message_count == 2
