"""Notices to staff, from the desk to a real mail server."""

from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest
from conftest import PUBLIC_URL, Clock
from desk_work import press, send
from flask.testing import FlaskClient
from smtp_peer import SmtpPeer, said

from inbox import worker
from inbox.models import Submission, User
from inbox.runtime import Runtime
from inbox.worker import Worker


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    with SmtpPeer() as peer:
        yield peer


@pytest.fixture
def environ(environ: dict[str, str], peer: SmtpPeer) -> dict[str, str]:
    return {**environ, "INBOX_SMTP_URL": peer.url}


@pytest.fixture
def given(runtime: Runtime, signed_in: Callable[[str], FlaskClient], cast: dict[str, User]) -> Submission:
    """A tip that Alice has given to Bob."""
    item = send(runtime, kind="story_tip")
    assert press(signed_in("alice"), item, "assign", assignee=str(cast["bob"].id)).status_code == 303
    return item


def works(at_work: Worker, clock: Clock, minutes: int = 1, step: int = 1) -> None:
    for _ in range(0, minutes, step):
        clock.advance(minutes=step)
        at_work.promise_regular()
        at_work.run_due()


def test_a_notice_arrives_once_with_a_way_to_the_item(
    given: Submission, runtime: Runtime, peer: SmtpPeer, clock: Clock
) -> None:
    works(worker.make(runtime), clock, 30)

    (mail,) = peer.mails
    assert mail["To"] == "bob@newsroom.example"
    assert mail["Subject"] == f"Alice Lin gave this to you: {given.reference}"
    assert mail["Auto-Submitted"] == "auto-generated"
    place = f"{PUBLIC_URL}/desk/submissions/{given.reference}"
    assert place in said(mail).splitlines()
    assert f'href="{place}"' in said(mail, "html")
    assert "bridge" not in said(mail) + said(mail, "html")


def test_a_mail_server_that_is_down_for_a_day_gets_every_notice_once(
    given: Submission, runtime: Runtime, peer: SmtpPeer, clock: Clock
) -> None:
    at_work = worker.make(runtime)
    peer.down()
    works(at_work, clock, 24 * 60, step=20)
    peer.up()
    works(at_work, clock, 4 * 60, step=20)

    def to(who: str) -> list[EmailMessage]:
        return [mail for mail in peer.mails if mail["To"] == f"{who}@newsroom.example"]

    assert [mail["Subject"] for mail in to("bob")] == [f"Alice Lin gave this to you: {given.reference}"]
    (over,) = to("ada")
    assert over["Subject"].startswith("Sending e-mail works again since")
    assert len(peer.mails) == 2


def test_an_address_that_takes_no_mail_needs_attention(
    given: Submission, runtime: Runtime, peer: SmtpPeer, clock: Clock, signed_in: Callable[[str], FlaskClient]
) -> None:
    peer.next("recipient", words="550 5.1.1 no such user")
    works(worker.make(runtime), clock, 3)

    page = signed_in("ada").get("/desk/attention").text
    assert "A notice to staff could not be sent" in page
    assert "bob@newsroom.example" in page
    assert peer.mails == []
