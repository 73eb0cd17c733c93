"""Mail as it comes to two mailboxes of a newsroom: the samples in their order, and monsters between good ones."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from memory import MEASURABLE, WHY_NOT
from posted import NEWS, TIPS, with_mailboxes
from sqlalchemy import select

from inbox.channels.email.take_in import Outcome, take_in
from inbox.models import Channel, DeliveryState, Direction, Mail, Message, Status, Submission
from inbox.runtime import Runtime
from inbox.services import export

SAMPLES = Path(__file__).parents[1] / "samples/email"
INDEX = {entry["file"]: entry["expect"] for entry in json.loads((SAMPLES / "index.json").read_text())["messages"]}
DESK_REPLY = "<desk-reply-1@newsroom.example>"


def arrive(runtime: Runtime, name: str, address: str | None = None) -> Outcome:
    """A sample comes to the mailbox that its header names, or to another one."""
    to = INDEX[name].get("to", [NEWS])[0]
    return take_in(runtime, io.BytesIO((SAMPLES / name).read_bytes()), address or to)


def all_of(runtime: Runtime) -> dict[str, Outcome]:
    return {name: arrive(runtime, name) for name in sorted(INDEX)}


def exported(runtime: Runtime) -> list[dict[str, Any]]:
    with runtime.database.reading() as session:
        return [json.loads(line) for line in export.json_lines(session)]


def of_sample(lines: list[dict[str, Any]], name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The submission and the message of a sample in the export; of a Message-ID that is used twice, by its subject."""
    expect = INDEX[name]
    for line in lines:
        for message in line["messages"]:
            is_named = message["external_id"].startswith(expect["message_id"] or "<")
            if is_named and message["extra"].get("subject") == expect.get("subject", message["extra"].get("subject")):
                return line, message
    raise AssertionError(name)


@pytest.fixture
def newsroom(runtime: Runtime) -> Runtime:
    return with_mailboxes(runtime)


def test_every_sample_is_stored_as_its_index_says(newsroom: Runtime):
    outcomes = all_of(newsroom)
    stored = {name for name, outcome in outcomes.items() if outcome is Outcome.TAKEN_IN}
    assert stored == {name for name, expect in INDEX.items() if expect["stored"]}
    assert all_of(newsroom) == dict.fromkeys(INDEX, Outcome.HERE_ALREADY)
    lines = exported(newsroom)
    for name in sorted(stored):
        submission, message = of_sample(lines, name)
        is_in_full(INDEX[name], submission, message)


def is_in_full(expect: dict[str, Any], submission: dict[str, Any], message: dict[str, Any]) -> None:
    assert message["extra"].get("in_reply_to") == expect["in_reply_to"]
    assert message["extra"].get("references", []) == expect["references"]
    assert bool(message["extra"].get("bulk")) == expect["bulk"]
    assert bool(message["extra"].get("bounce")) == expect["bounce"]
    assert submission["contact"]["name"] == expect["from_name"]
    if "from_addr" in expect:
        assert expect["from_addr"].lower() in [point["address"] for point in submission["contact"]["points"]]
    for words in expect["text_contains"]:
        assert words in message["text"]
    for wanted, got in zip(expect["attachments"], message["attachments"], strict=False):
        assert got["filename"] == (wanted["filename"] or "")
        assert got["sha256"] == wanted.get("sha256", got["sha256"])
        assert got["content_type"] == wanted["content_type"]


def test_an_answer_joins_what_it_answers_and_nothing_else_is_joined(newsroom: Runtime):
    all_of(newsroom)
    lines = exported(newsroom)
    asked, _ = of_sample(lines, "02_alternative_html.eml")
    answered, message = of_sample(lines, "12_reply_in_thread.eml")
    assert answered["reference"] == asked["reference"]
    assert message["extra"]["in_reply_to"] == DESK_REPLY
    assert len(lines) == len([expect for expect in INDEX.values() if expect["stored"]]) - 1
    with newsroom.database.reading() as session:
        assert session.scalars(select(Mail.joined_by).where(Mail.joined_by != "")).all() == ["reply"]


def test_a_message_id_that_two_mails_share_loses_neither(newsroom: Runtime):
    all_of(newsroom)
    lines = exported(newsroom)
    spam, first = of_sample(lines, "15_mailing_list_spam.eml")
    story, second = of_sample(lines, "20_duplicate_message_id_other_text.eml")
    assert spam["status"] == Status.SPAM
    assert spam["spam"]["reasons"]
    assert story["status"] == Status.NEW
    assert second["external_id"].startswith(first["external_id"] + "#")


def test_the_same_mail_at_both_mailboxes_is_one_submission(newsroom: Runtime):
    arrive(newsroom, "01_plain_press_release.eml")
    assert arrive(newsroom, "19_duplicate_message_id_same.eml") is Outcome.HERE_ALREADY
    assert arrive(newsroom, "19_duplicate_message_id_same.eml", TIPS) is Outcome.TAKEN_IN
    (line,) = exported(newsroom)
    assert [message["account"] for message in line["messages"]] == [NEWS, TIPS]
    assert {message["external_id"] for message in line["messages"]} == {
        INDEX["01_plain_press_release.eml"]["message_id"]
    }


def test_a_bounce_marks_the_mail_that_it_is_about(newsroom: Runtime):
    arrive(newsroom, "02_alternative_html.eml")
    with newsroom.database.writing() as session:
        number = session.scalars(select(Submission.id)).one()
        sent = {"channel": Channel.EMAIL, "account": "smtp", "external_id": "<desk-ack-14@newsroom.example>"}
        state = {"direction": Direction.OUT, "delivery_state": DeliveryState.SENT, "at": newsroom.clock()}
        message = Message(submission_id=number, text="Thank you", **sent, **state)
        session.add(message)
        session.flush()
        session.add(Mail(message_id=message.id, mail_id=message.external_id))
    arrive(newsroom, "14_bounce_dsn.eml")
    (line,) = exported(newsroom)
    _, ours, report = line["messages"]
    assert (ours["delivery_state"], ours["error_code"]) == ("failed", "5.1.1")
    assert report["extra"]["bounce"]["recipient"] == "nobody@reader.example"
    assert line["status"] == Status.NEW


# Monsters

LIMIT_MB = 300
MEASURE = """
import io, json, sys
from memory import highest_kib
from inbox.bootstrap import bootstrap
from inbox.channels.email.take_in import take_in
from inbox.cli.shared import open_inbox

folder, *names = sys.argv[1:]
runtime = open_inbox({"INBOX_DATA_DIR": folder})
outcomes = []
for name in names:
    with open(name, "rb") as file:
        outcomes.append(take_in(runtime, file, "news@newsroom.example").value)
print(json.dumps([outcomes, highest_kib()]))
"""


def monsters(folder: Path) -> list[Path]:
    """Good mails, and between them one of 500 parts, one of 200 MB, one 150 deep and one just under the limit."""
    made = [good(folder, 1), parts(folder), good(folder, 2), huge(folder), good(folder, 3), deep(folder)]
    return [*made, good(folder, 4), just_under(folder), good(folder, 5)]


def head(number: object) -> bytes:
    return f"From: lin@reader.example\nSubject: Number {number}\nMessage-ID: <{number}@reader.example>\n".encode()


def written(folder: Path, name: str, *content: bytes) -> Path:
    path = folder / f"{name}.eml"
    with path.open("wb") as file:
        file.writelines(content)
    return path


def good(folder: Path, number: int) -> Path:
    return written(folder, f"good{number}", head(number), b"\nAll is well.\n")


def parts(folder: Path) -> Path:
    begin = head("parts") + b'Content-Type: multipart/mixed; boundary="x"\n\n'
    each = b'--x\nContent-Type: text/plain\nContent-Disposition: attachment; filename="%d.txt"\n\nPart %d\n'
    return written(folder, "parts", begin, *(each % (i, i) for i in range(500)), b"--x--\n")


def huge(folder: Path) -> Path:
    return written(folder, "huge", head("huge"), b"\n", *(b"x" * 76 + b"\n" for _ in range(200 * 1024 * 1024 // 77)))


def deep(folder: Path) -> Path:
    levels = [b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (i, i) for i in range(150)]
    return written(folder, "deep", head("deep"), *levels, b"Content-Type: text/plain\n\nAt the bottom.\n")


def just_under(folder: Path) -> Path:
    begin = head("film") + b'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: video/mp4\n'
    begin += b'Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="film.mp4"\n\n'
    lines = (b"AAAA" * 19 + b"\n" for _ in range(29 * 1024 * 1024 // 77))
    return written(folder, "film", begin, *lines, b"\n--x--\n")


@pytest.mark.skipif(not MEASURABLE, reason=WHY_NOT)
def test_monsters_between_good_mails_hold_none_of_them_up_and_take_little_memory(tmp_path: Path):
    names = monsters(tmp_path)
    script = tmp_path / "measure.py"
    script.write_text(MEASURE)
    tests = Path(__file__).parents[1]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tests.parent), str(tests)])}
    command = [sys.executable, str(script), str(tmp_path / "data"), *map(str, names)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    outcomes, peak_kib = json.loads(done.stdout.splitlines()[-1])
    wanted = ["placeholder" if name.stem == "huge" else "taken in" for name in names]
    assert dict(zip([name.stem for name in names], outcomes, strict=True)) == dict(
        zip([name.stem for name in names], wanted, strict=True)
    )
    assert peak_kib < LIMIT_MB * 1024
