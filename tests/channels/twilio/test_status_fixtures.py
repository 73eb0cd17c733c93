"""Every sample of a status callback gives what it expects, once and fifty times."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from newsroom import STATUS, Newsroom
from said import received
from signing import post, samples
from sqlalchemy import func, select
from twilio_peer import TwilioPeer

from inbox.models import ContactPoint, DeliveryState, Message, Submission, User
from inbox.runtime import Runtime
from inbox.services import provider

CASES = samples("status")
ALONE = [name for name, case in CASES.items() if "sequence" not in case]
IN_ORDER = [name for name, case in CASES.items() if "sequence" in case]
STATES = {
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "failed": DeliveryState.FAILED,
    "undelivered": DeliveryState.FAILED,
}


@pytest.fixture
def environ(environ: dict[str, str]) -> Iterator[dict[str, str]]:
    with TwilioPeer() as peer:
        yield {**environ, "INBOX_TWILIO_API_BASE": peer.url}


@pytest.fixture
def newsroom(app: Flask, runtime: Runtime, cast: dict[str, User], clock) -> Newsroom:
    return Newsroom(app, runtime, cast["alice"], clock)


def sends(newsroom: Newsroom, case: dict[str, Any]) -> None:
    """A message of ours that Twilio knows by the sample's id."""
    newsroom.hears(From=case["params"]["To"], To=case["params"]["From"])
    number = newsroom.replies()
    newsroom.waits(seconds=11)
    with newsroom.runtime.database.writing() as session:
        session.get_one(Message, number).external_id = case["expect"]["message_sid"]


def tells(newsroom: Newsroom, name: str, times: int = 1) -> None:
    for _ in range(times):
        answer = post(newsroom.client, CASES[name]["params"], path=STATUS)
        assert f"{answer.status_code // 100}xx" == CASES[name]["expect"]["status_class"]


@pytest.mark.parametrize("times", [1, 50])
@pytest.mark.parametrize("name", ALONE)
def test_a_status_gives_what_it_expects(newsroom: Newsroom, name: str, times: int) -> None:
    expect = CASES[name]["expect"]
    known = expect.get("known_message", True)
    if known:
        sends(newsroom, CASES[name])

    tells(newsroom, name, times)

    with newsroom.runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == int(known)
        assert session.scalar(select(func.count()).select_from(received().subquery())) == int(known)
        if not known:
            return
        message = newsroom.reply()
        assert message.delivery is STATES.get(expect["message_status"], DeliveryState.SENT)
        assert message.error_code == str(expect["error_code"] or "")
        point = session.get_one(ContactPoint, message.contact_point_id)
        assert (point.opted_out_at is not None) is expect.get("opt_out", False)
    if expect.get("needs_template"):
        assert "24 hours" in provider.explain(message.error_code)


def test_states_that_come_out_of_order_only_move_forward(newsroom: Newsroom) -> None:
    sends(newsroom, CASES[IN_ORDER[0]])
    for name in IN_ORDER:
        tells(newsroom, name, 2)
        assert newsroom.reply().delivery_state == CASES[name]["expect"]["final_status"]
