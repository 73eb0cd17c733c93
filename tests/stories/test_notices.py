"""Staff are told by e-mail of what concerns them: once, only what they may see, and nothing of what was sent to us."""

import re
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from conftest import PUBLIC_URL, Clock
from desk_work import address, press, token
from flask.testing import FlaskClient
from said import follow_arrivals
from signing import post, text_message
from sqlalchemy import select
from told import SERVER, everybody_told, letters_to, tell

from inbox.models import (
    Channel,
    ChannelHealth,
    DeliveryState,
    Message,
    NoticeKind,
    Role,
    Status,
    Submission,
    Telling,
    User,
)
from inbox.rows import id_of
from inbox.runtime import Runtime
from inbox.services import accounts, contacts, health, intake, notice_choices, outbox, triage
from inbox.services.contacts import Facts, Sender
from inbox.services.intake import Incoming
from inbox.services.notice_choices import Choices
from inbox.services.outbox import Recipient

CANARY = "canary-7f3a"
_numbers = count(1)


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "INBOX_SMTP_URL": SERVER}


class Desk:
    """The newsroom: what comes in, what staff do, and what they are told, minute by minute."""

    def __init__(self, runtime: Runtime, people: dict[str, User], clock: Clock) -> None:
        self.runtime, self.people, self.clock = runtime, people, clock

    def receives(self, kind: str = "story_tip", text: str = "The bridge is closed", **values: Any) -> Submission:
        incoming = Incoming(
            Channel.WEB, "web", f"told-{next(_numbers)}", f"{text} {CANARY}", kind, facts=Facts(name=CANARY), **values
        )
        with self.runtime.database.writing() as session:
            submission = intake.receive(session, incoming, region="TW", now=self.clock()).submission
        follow_arrivals(self.runtime)
        return submission

    def hears_more(self, submission: Submission, **values: Any) -> Message:
        incoming = Incoming(Channel.WEB, "web", f"told-{next(_numbers)}", CANARY, **values)
        with self.runtime.database.writing() as session:
            known = session.get_one(Submission, submission.id)
            message = intake.receive_more(session, known, incoming, now=self.clock()).message
        follow_arrivals(self.runtime)
        return message

    def does(self, act: Callable[..., Any], submission: Submission, *what: Any, by: str = "alice", **more: Any) -> Any:
        with self.runtime.database.writing() as session:
            known = session.get_one(Submission, submission.id)
            if act in (triage.assign, triage.move):
                more["seen"] = known.version
            what = tuple(session.get_one(User, each.id) if isinstance(each, User) else each for each in what)
            actor = session.get_one(User, self.people[by].id)
            return act(session, known, *what, actor=actor, now=self.clock(), **more)

    def chooses(self, who: str, how: dict[NoticeKind, Telling] | None = None, **more: Any) -> None:
        """Everything else is as usual."""
        with self.runtime.database.writing() as session:
            user = session.get_one(User, self.people[who].id)
            usual = notice_choices.of(user)
            notice_choices.save(session, user, Choices({**usual.how, **(how or {})}, **more), now=self.clock())

    def waits(self, minutes: int = 1, hours: int = 0) -> None:
        """The worker looks every minute; in what takes hours every ten minutes will do."""
        for step in [10] * (hours * 6) + [1] * minutes:
            self.clock.advance(minutes=step)
            tell(self.runtime)

    def answers(self, submission: Submission, by: str = "alice") -> int:
        """A reply that was promised; what becomes of it is told by the test."""
        with self.runtime.database.writing() as session:
            now, sender, key = self.clock(), Sender(Channel.SMS, "+886900000001"), f"told-{next(_numbers)}"
            point = contacts.find_or_make(session, sender, now=now).point
            assert point
            to = Recipient(submission.id, id_of(point), sender.channel, sender.address, "+886963563485")
            return outbox.enqueue(session, to, CANARY, key=key, author_id=self.people[by].id, due_at=now, now=now)

    def told(self) -> dict[str, list[str]]:
        return everybody_told(self.runtime)


@pytest.fixture
def desk(runtime: Runtime, cast: dict[str, User], clock: Clock) -> Desk:
    desk = Desk(runtime, cast, clock)
    for who in cast:  # what is new is told of in tests of its own
        desk.chooses(who, {NoticeKind.NEW: Telling.OFF})
    return desk


# What is told


def test_who_is_given_something_is_told_at_once_where_to_find_it(
    desk: Desk, signed_in: Callable[[str], FlaskClient], runtime: Runtime, cast: dict[str, User]
) -> None:
    item = desk.receives(subject=f"Subject {CANARY}")

    press(signed_in("alice"), item, "assign", assignee=str(cast["bob"].id))
    desk.waits()

    (letter,) = letters_to(runtime, cast["bob"])
    assert letter.subject == f"Alice Lin gave this to you: {item.reference}"
    assert f"{item.reference} · Story tip · Web form" in letter.text
    assert f"{PUBLIC_URL}/desk/submissions/{item.reference}\n" in letter.text
    assert f'href="{PUBLIC_URL}/desk/submissions/{item.reference}"' in letter.html
    assert letter.headers["Auto-Submitted"] == "auto-generated"
    assert list(desk.told()) == ["bob"]


def test_nobody_is_told_of_what_they_did_themselves(desk: Desk, cast: dict[str, User]) -> None:
    item = desk.receives()
    desk.chooses("alice")
    desk.does(triage.claim, item)
    desk.does(triage.assign, item, cast["alice"])
    desk.does(triage.note, item, "@Alice remember this")
    desk.waits(hours=24)

    assert desk.told() == {}


def test_a_note_tells_whom_it_names_once(
    desk: Desk, signed_in: Callable[[str], FlaskClient], runtime: Runtime, cast: dict[str, User]
) -> None:
    item, alice = desk.receives(), signed_in("alice")
    page = alice.get(address(item)).text
    key = re.findall(r'name="key" value="(\w+)"', page)[0]
    words = f"@Bob and @victor, {CANARY}: is that so, @bob?"
    for _ in range(2):
        answer = alice.post(address(item, "notes"), data={"csrf_token": token(page), "text": words, "key": key})

    desk.waits()

    assert desk.told() == {name: [f"Alice Lin named you in a note: {item.reference}"] for name in ("bob", "victor")}
    (letter,) = letters_to(runtime, cast["bob"])
    anchor = answer.location.rpartition("#")[2]
    assert anchor.startswith("n-")
    assert f"/desk/submissions/{item.reference}#{anchor}\n" in letter.text
    assert "@Bob and @victor" in signed_in("bob").get(address(item)).text


def test_what_its_sender_writes_is_told_to_who_has_it_or_has_answered(desk: Desk, cast: dict[str, User]) -> None:
    item = desk.receives()
    desk.answers(item, by="ada")
    desk.does(triage.assign, item, cast["bob"])
    desk.waits()
    desk.hears_more(item)
    desk.waits(2)

    told = desk.told()
    assert told["bob"][1:] == told["ada"] == [f"A new message from the sender: {item.reference}"]
    assert set(told) == {"bob", "ada"}


def test_what_a_machine_wrote_and_what_is_here_twice_is_told_to_nobody(desk: Desk) -> None:
    item = desk.receives()
    desk.does(triage.claim, item)
    desk.hears_more(item, extra={"automatic": True})
    desk.hears_more(item, extra={"bounce": {"status": "5.1.1"}})
    desk.waits(5)

    assert desk.told() == {}


def test_a_reply_that_could_not_be_delivered_is_told_to_its_author_and_to_who_has_the_work(
    desk: Desk, cast: dict[str, User], runtime: Runtime
) -> None:
    item = desk.receives()
    message_id = desk.answers(item, by="bob")
    desk.does(triage.claim, item, by="alice")
    for _ in range(2):  # a worker that comes late does it again
        with runtime.database.writing() as session:
            outbox.give_up(session, message_id, "21610", now=desk.clock())
    desk.waits(5)

    words = f"A message of ours could not be delivered: {item.reference}"
    assert desk.told() == {"alice": [words], "bob": [words]}
    assert f"{item.reference}#m-{message_id}\n" in letters_to(runtime, cast["bob"])[0].text


def test_a_reply_that_arrived_after_all_is_told_to_nobody(desk: Desk, runtime: Runtime) -> None:
    item = desk.receives()
    message_id = desk.answers(item)
    with runtime.database.writing() as session:
        outbox.give_up(session, message_id, "30008", now=desk.clock())
        session.get_one(Message, message_id).delivery_state = DeliveryState.DELIVERED
    desk.waits(5)

    assert desk.told() == {}


def test_no_word_of_what_was_sent_or_said_is_in_any_letter(desk: Desk, runtime: Runtime, cast: dict[str, User]) -> None:
    desk.chooses("bob", {NoticeKind.NEW: Telling.AT_ONCE})
    item = desk.receives(subject=CANARY)
    desk.waits()
    desk.does(triage.note, item, f"@bob {CANARY}")
    desk.does(triage.assign, item, cast["bob"])
    desk.hears_more(item)
    message_id = desk.answers(item)
    with runtime.database.writing() as session:
        outbox.give_up(session, message_id, "30008", now=desk.clock())
    desk.waits(10)

    letters = letters_to(runtime, cast["bob"])
    assert len(letters) > 1
    for letter in letters:
        assert CANARY not in letter.subject + letter.text + letter.html + str(letter.headers)


# Who may know


def test_nobody_is_told_of_what_they_may_not_see(desk: Desk, cast: dict[str, User]) -> None:
    for who in ("carol", "victor"):
        desk.chooses(who, {NoticeKind.NEW: Telling.AT_ONCE})
    tip, advertisement = desk.receives("story_tip"), desk.receives("advertising")
    desk.does(triage.note, tip, "@Carol can you help?")
    desk.does(triage.note, advertisement, "@Carol can you help?")
    desk.waits(2)

    (letter,) = letters_to(desk.runtime, cast["carol"])
    assert advertisement.reference in letter.text
    assert tip.reference not in letter.text + letter.html + letter.subject
    assert "2 notices" in desk.told()["victor"][0]


def test_what_somebody_may_not_see_any_more_when_it_is_told_is_left_out(desk: Desk, cast: dict[str, User]) -> None:
    tip, other = desk.receives(), desk.receives()
    desk.does(triage.note, tip, "@Bob look")
    with desk.runtime.database.writing() as session:
        accounts.set_role(session, "bob@newsroom.example", Role.ADS, now=desk.clock())
    desk.does(triage.note, other, "@Victor look")
    with desk.runtime.database.writing() as session:
        accounts.disable(session, "victor@newsroom.example", now=desk.clock())
    desk.waits(3)

    assert desk.told() == {}


def test_suspected_spam_is_told_to_nobody_until_somebody_says_that_it_is_none(desk: Desk) -> None:
    for who in ("alice", "bob"):
        desk.chooses(who, {NoticeKind.NEW: Telling.AT_ONCE})
    item = desk.receives(suspicions=("A field that people leave empty was filled in.",))
    desk.hears_more(item)
    desk.does(triage.note, item, "@Bob really?")
    desk.waits(3)
    assert desk.told() == {}

    desk.does(triage.move, item, Status.NEW)
    desk.waits(3)

    assert desk.told() == {"bob": [f"New: {item.reference}"]}


# What is new


def test_what_is_new_is_told_by_kind_and_while_nobody_has_taken_it(desk: Desk, cast: dict[str, User]) -> None:
    at_once = {NoticeKind.NEW: Telling.AT_ONCE}
    desk.chooses("alice", at_once, kinds=("event",))
    desk.chooses("bob", at_once, kinds=("event", "story_tip"), only_unassigned=False)
    event, tip, taken = desk.receives("event"), desk.receives("story_tip"), desk.receives("event")
    desk.does(triage.claim, taken, by="ada")
    desk.waits()

    (to_alice,), (to_bob,) = letters_to(desk.runtime, cast["alice"]), letters_to(desk.runtime, cast["bob"])
    assert references(to_alice.text) == {event.reference}
    assert references(to_bob.text) == {event.reference, tip.reference, taken.reference}


def references(text: str) -> set[str]:
    return set(re.findall(r"submissions/([A-Z]+-\w+)", text))


def test_what_its_sender_says_later_that_it_is_reaches_who_looks_after_that(desk: Desk) -> None:
    desk.chooses("carol", {NoticeKind.NEW: Telling.AT_ONCE})
    desk.chooses("bob", {NoticeKind.NEW: Telling.AT_ONCE}, kinds=("advertising", "message"))
    item = desk.receives("message")
    desk.waits()
    with desk.runtime.database.writing() as session:
        intake.change_kind(session, session.get_one(Submission, item.id), "advertising", now=desk.clock())
    desk.waits(3)

    assert desk.told() == {name: [f"New: {item.reference}"] for name in ("bob", "carol")}


def test_who_says_to_the_guide_that_they_advertise_reaches_who_sells_advertising(
    desk: Desk, client: FlaskClient, runtime: Runtime
) -> None:
    desk.chooses("carol", {NoticeKind.NEW: Telling.AT_ONCE})
    for number, words in enumerate(("Hello", str(runtime.profile.kinds.index("advertising") + 1))):
        assert post(client, text_message(words, f"SM{number:032x}")).status_code == 200
        follow_arrivals(runtime)
        desk.waits()

    with runtime.database.reading() as session:
        reference = session.scalars(select(Submission.reference)).one()
    assert desk.told() == {"carol": [f"New: {reference}"]}


# How it is told


def test_each_person_chooses_at_once_in_the_digest_or_not_at_all(desk: Desk, cast: dict[str, User]) -> None:
    desk.chooses("bob", {NoticeKind.ASSIGNED: Telling.OFF})
    desk.chooses("ada", {NoticeKind.ASSIGNED: Telling.DIGEST}, hours=(15,))
    for who in ("bob", "ada"):
        desk.does(triage.assign, desk.receives(), cast[who])
    desk.waits(30)  # 14:30 in Taipei
    assert desk.told() == {}

    desk.waits(31)

    assert list(desk.told()) == ["ada"]


def test_the_digest_comes_at_the_hours_that_a_person_has_chosen_once_each(desk: Desk, cast: dict[str, User]) -> None:
    desk.chooses("bob", {NoticeKind.NEW: Telling.DIGEST}, hours=(9, 17))
    first, second = desk.receives(), desk.receives()  # 14:00 in Taipei
    desk.waits(59, hours=2)
    assert desk.told() == {}

    desk.waits(2)
    assert desk.told()["bob"] == ["2 notices from the inbox"]
    third = desk.receives()
    desk.waits(0, hours=15)
    assert len(desk.told()["bob"]) == 1

    desk.waits(60)

    letters = letters_to(desk.runtime, cast["bob"])
    assert [references(letter.text) for letter in letters] == [{first.reference, second.reference}, {third.reference}]
    desk.waits(hours=24)
    assert len(desk.told()["bob"]) == 2


def test_after_days_without_a_worker_there_is_one_digest(desk: Desk) -> None:
    desk.chooses("bob", {NoticeKind.NEW: Telling.DIGEST}, hours=(9, 12, 17))
    for _ in range(3):
        desk.receives()
        desk.clock.advance(days=1)

    desk.waits(10)

    assert desk.told()["bob"] == ["3 notices from the inbox"]


def test_what_was_taken_meanwhile_is_not_in_the_digest(desk: Desk) -> None:
    desk.chooses("bob", {NoticeKind.NEW: Telling.DIGEST}, hours=(17,))
    desk.does(triage.claim, desk.receives())
    desk.waits(hours=4)

    assert desk.told() == {}


def test_an_album_is_one_line_of_one_letter(desk: Desk) -> None:
    item = desk.receives()
    desk.does(triage.claim, item, by="bob")
    for _ in range(10):
        desk.hears_more(item)
        desk.clock.advance(seconds=1)
    desk.waits(10)

    assert desk.told() == {"bob": [f"10 new messages from the sender: {item.reference}"]}


def test_two_hundred_arrivals_after_an_outage_are_a_few_letters(desk: Desk, cast: dict[str, User]) -> None:
    desk.chooses("bob", {NoticeKind.NEW: Telling.AT_ONCE})
    sent = set()
    for _ in range(20):
        sent |= {desk.receives().reference for _ in range(10)}
        desk.waits()
    desk.waits(10)

    letters = letters_to(desk.runtime, cast["bob"])
    assert len(letters) <= 7
    listed = set().union(*(references(letter.text) for letter in letters))
    more = sum(int(number) for letter in letters for number in re.findall(r"And (\d+) more", letter.text))
    assert len(listed) + more == len(sent)
    assert listed <= sent


def test_the_profile_may_let_the_subject_be_shown(desk: Desk, runtime: Runtime, cast: dict[str, User]) -> None:
    object.__setattr__(runtime, "profile", runtime.profile.model_copy(update={"notices_show_subject": True}))
    desk.does(triage.assign, desk.receives(subject="A bridge <b>& more"), cast["bob"])
    desk.waits()

    (letter,) = letters_to(runtime, cast["bob"])
    assert "A bridge <b>& more\n" in letter.text
    assert "A bridge &lt;b&gt;&amp; more" in letter.html
    assert CANARY not in letter.text + letter.html


# Channels


def fails(desk: Desk, name: str) -> None:
    with desk.runtime.database.writing() as session:
        health.failed(session, name, "login", now=desk.clock())


def works(desk: Desk, name: str) -> None:
    with desk.runtime.database.writing() as session:
        health.succeeded(session, name, now=desk.clock())


def test_administrators_are_told_once_that_a_channel_is_down_and_once_that_it_is_back(desk: Desk) -> None:
    for _ in range(40):
        fails(desk, "imap:news@newsroom.example")
        desk.waits()
    assert desk.told() == {"ada": ["The mailbox news@newsroom.example has not worked since 2026-11-24 14:00"]}

    for _ in range(20):
        works(desk, "imap:news@newsroom.example")
        desk.waits()

    assert desk.told()["ada"][1:] == [
        "The mailbox news@newsroom.example works again since 2026-11-24 14:40; it had failed since 2026-11-24 14:00"
    ]
    assert list(desk.told()) == ["ada"]


def test_the_next_outage_is_told_of_too(desk: Desk) -> None:
    for _ in range(2):
        fails(desk, "twilio")
        desk.waits(15)
        works(desk, "twilio")
        desk.waits(15)

    assert [("works again" in words) for words in desk.told()["ada"]] == [False, True] * 2


def test_a_short_break_of_a_channel_is_told_to_nobody(desk: Desk) -> None:
    fails(desk, "twilio")
    desk.waits(9)
    works(desk, "twilio")
    desk.waits(30)

    assert desk.told() == {}


def test_that_no_mail_could_be_sent_is_told_when_it_can(desk: Desk) -> None:
    fails(desk, "smtp")
    desk.waits(60)
    assert desk.told() == {}
    works(desk, "smtp")
    desk.waits(3)

    (subject,) = desk.told()["ada"]
    assert subject.startswith("Sending e-mail works again since 2026-11-24 15:00")
    with desk.runtime.database.reading() as session:
        assert session.scalars(select(ChannelHealth.told_since)).all() == [None]


def test_without_a_mail_server_nothing_is_promised(desk: Desk, runtime: Runtime, cast: dict[str, User]) -> None:
    nothing = {"smtp_url": None, "public_url": "https://inbox.newsroom.example"}
    object.__setattr__(runtime, "settings", runtime.settings.model_copy(update=nothing))
    desk.does(triage.assign, desk.receives(), cast["bob"])
    desk.waits(60)

    assert desk.told() == {}
