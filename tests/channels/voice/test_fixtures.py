"""Every sample of a call gives what it says it must give, alone, in order, and fifty times at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from xml.etree import ElementTree

import pytest
from calling import PATHS, stored
from flask import Flask
from flask.testing import FlaskClient
from signing import post, samples
from sqlalchemy import func, select

from inbox.models import Attachment, Call, Channel, Message, Submission
from inbox.runtime import Runtime

CASES = samples("voice", "recording", "transcription")
ALONE = [[name] for name, case in CASES.items() if "sequence" not in case]
GROUPS: dict[str, list[str]] = {}
for _name, _case in sorted(CASES.items(), key=lambda item: item[1].get("sequence", {}).get("step", 0)):
    if "sequence" in _case:
        GROUPS.setdefault(_case["sequence"]["group"], []).append(_name)
TIMES = 50


def test_there_are_samples() -> None:
    assert len(CASES) == 12


@pytest.mark.parametrize("names", [*ALONE, *GROUPS.values()], ids="+".join)
def test_a_sample_gives_what_it_says(client: FlaskClient, runtime: Runtime, names: list[str]) -> None:
    for name in names:
        case = CASES[name]
        expected = dict(case["expect"])
        answer = post(client, case["params"], path=PATHS[case["endpoint_kind"]])
        assert expected.pop("status_class") == f"{answer.status_code // 100}xx"
        expected.pop("items_total", None)
        if expected.pop("answers_with", None):
            assert ElementTree.fromstring(answer.text).tag == "Response"
            assert len(ElementTree.fromstring(answer.text)) > 0
        (submission,) = stored(runtime)
        facts = facts_of(submission, case)
        assert {key: facts[key] for key in expected} == expected


def facts_of(submission: Submission, case: dict[str, Any]) -> dict[str, Any]:
    """What is stored of the one call, under the names that the samples use."""
    (message,) = submission.messages
    point, call = message.contact_point, message.extra["call"]
    recording = message.extra.get("recording", {})
    about_recording = case["endpoint_kind"] == "recording"
    assert submission.channel is message.channel is Channel.VOICE
    return {
        "channel": message.channel.value,
        "call_sid": call["sid"],
        "from_e164": point.address if point else None,
        "to_e164": message.recipient,
        "call_status": call["status"],
        "recording_sid": message.external_id,
        "recording_status": recording.get("status"),
        "duration_seconds": recording.get("seconds") if about_recording else call["seconds"],
        "error_code": int(recording.get("error_code") or 0),
        "transcription_status": message.extra.get("transcription"),
        "body": message.text or None,
    }


def send_all(app: Flask, names: list[str]) -> set[int]:
    """Post these samples from eight clients at once; return the statuses."""

    def send(name: str) -> int:
        case = CASES[name]
        return post(app.test_client(), case["params"], path=PATHS[case["endpoint_kind"]]).status_code

    with ThreadPoolExecutor(8) as pool:
        return set(pool.map(send, names))


@pytest.mark.parametrize("name", CASES)
def test_fifty_copies_at_once_are_one_call(app: Flask, runtime: Runtime, name: str) -> None:
    assert send_all(app, [name] * TIMES) == {200}
    assert [count(runtime, model) for model in (Submission, Message, Call)] == [1, 1, 1]


def test_a_whole_call_told_at_once_from_all_sides_is_one_voicemail(app: Flask, runtime: Runtime) -> None:
    assert send_all(app, GROUPS["voicemail"] * 5) == {200}
    assert [count(runtime, model) for model in (Submission, Message, Call, Attachment)] == [1, 1, 1, 1]


def count(runtime: Runtime, model: type) -> int:
    with runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_signature_stores_nothing(client: FlaskClient, runtime: Runtime, name: str) -> None:
    case = CASES[name]
    for signature in ("", "wrong"):
        answer = post(client, case["params"], signature, PATHS[case["endpoint_kind"]])
        assert answer.status_code == 403
    assert count(runtime, Call) == 0
