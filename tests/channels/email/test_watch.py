"""Mail from a real mail server comes into the queue: all of it, once, whatever happens meanwhile."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from dovecot import Account, Proxy, mail, until
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from inbox.bootstrap import bootstrap
from inbox.channels.email import watch
from inbox.channels.email.mailbox import Folder
from inbox.errors import StorageError
from inbox.models import ChannelHealth, Mail, MailboxPosition, Message
from inbox.runtime import Runtime
from inbox.services import mailboxes
from inbox.worker import Worker

ADDRESS = "news@example.org"
Reading = Callable[..., Runtime]


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "FIRST_PAUSE", timedelta(seconds=0.02))
    monkeypatch.setattr(watch, "OTHERS_PAUSE", timedelta(seconds=0.05))


@pytest.fixture
def reading(environ: dict[str, str], clock, tmp_path: Path, account: Account) -> Iterator[Reading]:
    """`reading(after_reading="seen")` is an inbox that reads the account's INBOX for the newsroom."""
    made = []

    def reading(port: int = 0, password: str = "", folder: str = "INBOX", **mailbox: str) -> Runtime:
        profile = tmp_path / "inbox.toml"
        lines = {"address": ADDRESS, "label": "News", **mailbox}
        profile.write_text("[[mailboxes]]\n" + "".join(f'{name} = "{value}"\n' for name, value in lines.items()))
        how = {"password": password} if password else {}
        url = f"{account.server.url(account.user, port=port, folder=folder, **how)}?address={ADDRESS}"
        made.append(bootstrap({**environ, "INBOX_CONFIG": str(profile), "INBOX_IMAP_URL": url}, clock))
        return made[-1]

    yield reading
    for runtime in made:
        runtime.database.engine.dispose()


@contextmanager
def watching(runtime: Runtime) -> Iterator[watch.Watch]:
    (each,) = watch.make(runtime)
    each.start()
    try:
        yield each
    finally:
        each.stop()
        each.join(30)
        assert not each.is_alive()


def here(runtime: Runtime) -> list[str]:
    """The subjects of the mails that came, in their order."""
    with runtime.database.reading() as session:
        return [
            message.mail.mail_id for message in session.scalars(select(Message).join(Mail.message).order_by(Message.id))
        ]


def ids(*numbers: int) -> list[str]:
    return [f"<{number}.@example.org>" for number in numbers]


def health(runtime: Runtime) -> ChannelHealth | None:
    with runtime.database.reading() as session:
        return session.scalar(select(ChannelHealth))


def problem(runtime: Runtime) -> str:
    found = health(runtime)
    return found.problem if found else ""


def position(runtime: Runtime) -> MailboxPosition:
    with runtime.database.reading() as session:
        return session.scalars(select(MailboxPosition)).one()


def test_everything_in_the_folder_comes_once_read_or_not_and_stays_as_it_is(reading: Reading, account: Account):
    account.append(*map(mail, range(1, 6)))
    account.flag("2,3", r"(\Seen)")
    runtime = reading()

    for _ in range(2):
        with watching(runtime):
            until(lambda: (found := health(runtime)) and found.succeeded_at)
            until(lambda: len(here(runtime)) >= 5)

    assert here(runtime) == ids(1, 2, 3, 4, 5)
    assert position(runtime).last_uid == 5
    assert account.uids(criteria="SEEN") == [2, 3]
    assert health(runtime).name == f"imap:{ADDRESS}"


def test_what_comes_is_brought_by_the_server_and_the_wait_ends_with_the_worker(reading: Reading, account: Account):
    runtime = reading()
    worker = Worker(runtime, {}, watches=watch.make(runtime))
    worker.start()
    until(lambda: health(runtime))
    account.append(mail(1))
    until(lambda: here(runtime) == ids(1))  # looking by itself would take minutes
    worker.stop()

    account.append(mail(2))
    assert position(runtime).holder == ""
    assert [thread for thread in threading.enumerate() if thread.name == "mailbox"] == []
    assert here(runtime) == ids(1)


def test_to_stop_is_to_store_no_further_mail_even_of_those_fetched_together(
    reading: Reading, account: Account, monkeypatch: pytest.MonkeyPatch
):
    account.append(*map(mail, range(1, 6)))
    runtime = reading()
    (each,) = watch.make(runtime)
    take_in = watch.take_in
    monkeypatch.setattr(watch, "take_in", lambda *a, **k: (take_in(*a, **k), each.stop()))

    each.run()

    assert here(runtime) == ids(1)
    assert (position(runtime).last_uid, position(runtime).holder) == (1, "")


def test_only_what_is_here_is_marked_as_seen(reading: Reading, account: Account):
    account.append(mail(1), mail(2), mail(3))
    runtime = reading(after_reading="seen")
    with watching(runtime):
        until(lambda: account.uids(criteria="SEEN") == [1, 2, 3])
    assert here(runtime) == ids(1, 2, 3)


def test_a_mail_is_moved_after_it_is_stored_never_before(
    reading: Reading, account: Account, monkeypatch: pytest.MonkeyPatch
):
    account.create("Done")
    account.append(mail(1), mail(2))
    runtime = reading(after_reading="move", move_to="Done")
    order = []
    take_in, move = watch.take_in, Folder.move
    monkeypatch.setattr(watch, "take_in", lambda *a, **k: (take_in(*a, **k), order.append("stored")))
    monkeypatch.setattr(Folder, "move", lambda *a: (move(*a), order.append(f"moved with {len(here(runtime))} here")))
    with watching(runtime):
        until(lambda: account.uids("Done") == [1, 2])
        until(lambda: len(order) == 3)
    assert order == ["stored", "stored", "moved with 2 here"]
    assert account.uids() == []


def test_what_was_stored_before_a_crash_is_moved_at_the_next_look(reading: Reading, account: Account):
    account.create("Done")
    account.append(mail(1), mail(2))
    with watching(runtime := reading()):
        until(lambda: len(here(runtime)) == 2)

    with watching(reading(after_reading="move", move_to="Done")):
        until(lambda: account.uids("Done") == [1, 2])

    assert here(runtime) == ids(1, 2)


def test_a_folder_to_move_to_that_is_missing_keeps_no_mail_from_arriving(
    reading: Reading, account: Account, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watch, "FIRST_PAUSE", timedelta(minutes=5))  # the line is not to be given up for it
    account.append(mail(1))
    runtime = reading(after_reading="move", move_to="Done")
    with watching(runtime):
        until(lambda: problem(runtime) == "after-reading")
        account.append(mail(2))
        until(lambda: here(runtime) == ids(1, 2))
        account.create("Done")
        account.append(mail(3))
        until(lambda: account.uids("Done") == [1, 2, 3])
        until(lambda: problem(runtime) == "")


def test_other_uids_let_the_folder_be_read_from_the_beginning_and_nothing_come_twice(
    reading: Reading, account: Account
):
    account.append(mail(1), mail(2))
    runtime = reading()
    with watching(runtime):
        until(lambda: len(here(runtime)) == 2)
    account.new_uid_validity()
    account.append(mail(3))

    with watching(runtime):
        until(lambda: len(here(runtime)) == 3)

    assert here(runtime) == ids(1, 2, 3)
    assert position(runtime).uid_validity == 4_000_000_000


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (StorageError("the store is away"), "storage"),
        (OSError("no space"), "storage"),
        (OperationalError("insert", {}, Exception("away")), "database"),
    ],
)
def test_while_nothing_can_be_stored_mail_waits_on_the_server(
    reading: Reading, account: Account, monkeypatch: pytest.MonkeyPatch, fault: Exception, code: str
):
    account.create("Done")
    account.append(mail(1), mail(2))
    runtime = reading(after_reading="move", move_to="Done")

    def take_in(*_: object, **__: object) -> None:
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(watch, "take_in", take_in)
        with watching(runtime):
            until(lambda: problem(runtime) == code)
        assert account.uids() == [1, 2]
        assert position(runtime).last_uid == 0

    with watching(runtime):
        until(lambda: account.uids("Done") == [1, 2])
        until(lambda: problem(runtime) == "")
    assert here(runtime) == ids(1, 2)


def test_a_mail_that_something_in_us_trips_over_stays_and_the_others_arrive(
    reading: Reading, account: Account, monkeypatch: pytest.MonkeyPatch
):
    account.create("Done")
    account.append(mail(1), mail(2), mail(3))
    runtime = reading(after_reading="move", move_to="Done")
    take_in = watch.take_in

    def trip(runtime, raw, address, also):
        if b"Mail 2" in raw.read():
            raise KeyError("an error of ours")
        raw.seek(0)
        return take_in(runtime, raw, address, also=also)

    with monkeypatch.context() as patch:
        patch.setattr(watch, "take_in", trip)
        with watching(runtime):
            until(lambda: problem(runtime) == "mail")
            account.append(mail(4))
            until(lambda: here(runtime) == ids(1, 3, 4))
            until(lambda: account.uids() == [2, 3, 4])

    with watching(runtime):
        until(lambda: account.uids("Done") == [1, 2, 3, 4])
        until(lambda: problem(runtime) == "")
    assert here(runtime) == ids(1, 3, 4, 2)


def test_a_mail_over_which_the_server_itself_breaks_down_keeps_none_of_the_others(
    reading: Reading, account: Account, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watch, "LONGEST_PAUSE", timedelta(seconds=0.5))
    account.append(*map(mail, range(1, 5)))
    account.withhold(2)  # Dovecot then hangs up
    runtime = reading()
    with watching(runtime):
        until(lambda: sorted(here(runtime)) == ids(1, 3, 4))
        until(lambda: problem(runtime) == "lost")
        account.append(mail(5))
        until(lambda: sorted(here(runtime)) == ids(1, 3, 4, 5))
        assert position(runtime).last_uid == 1
        account.give_back()
        until(lambda: sorted(here(runtime)) == ids(1, 2, 3, 4, 5))
        until(lambda: position(runtime).last_uid == 5)


def test_a_line_that_breaks_again_and_again_loses_and_doubles_nothing(reading: Reading, account: Account):
    account.append(*(mail(number, text="x" * 20_000) for number in range(1, 31)))
    account.append(mail(31, text="y" * 3_000_000))
    with Proxy(account.server.port) as proxy:
        proxy.cut_after = 200_000
        runtime = reading(port=proxy.port)
        with watching(runtime):
            until(lambda: len(here(runtime)) == 30)
            cuts = proxy.connections
            proxy.cut_after = 0
            until(lambda: len(here(runtime)) == 31)
    assert cuts > 3
    assert here(runtime) == ids(*range(1, 32))


def test_a_refused_sign_in_is_said_and_not_tried_again_soon(reading: Reading, account: Account):
    runtime = reading(password="wrong")
    (each,) = watch.make(runtime)

    assert each._watch() >= timedelta(minutes=5)
    assert problem(runtime) == "sign-in"


def test_the_pauses_grow_to_five_minutes_and_no_further(reading: Reading, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watch, "FIRST_PAUSE", timedelta(seconds=5))
    (each,) = watch.make(reading(port=1))

    pauses = [each._watch().total_seconds() for _ in range(9)]

    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert problem(each._runtime) == "unreachable"


def test_of_two_workers_one_reads_and_the_other_takes_over(reading: Reading, account: Account):
    runtime = reading()
    account.append(*map(mail, range(1, 40)))
    with watching(runtime) as first:
        until(lambda: here(runtime))
        with watching(runtime) as second:
            until(lambda: len(here(runtime)) == 39)
            account.append(mail(40))
            until(lambda: len(here(runtime)) == 40)
            assert (first._hold, second._hold) == (first._hold, None)
            first.stop()
            until(lambda: second._hold)
            account.append(mail(41))
            until(lambda: len(here(runtime)) == 41)
    assert here(runtime) == ids(*range(1, 42))


def test_a_worker_that_died_is_followed_when_its_time_is_over(reading: Reading, account: Account, clock):
    account.append(mail(1))
    runtime = reading()
    with runtime.database.writing() as session:
        assert mailboxes.take(session, ADDRESS, "INBOX", holder="died", now=clock())
    (each,) = watch.make(runtime)

    each._watch()
    assert here(runtime) == []

    clock.advance(minutes=2)
    with watching(runtime):
        until(lambda: here(runtime) == ids(1))


def test_who_lost_the_folder_stores_nothing_more_from_it(reading: Reading, account: Account, clock):
    runtime = reading()
    with watching(runtime) as late:
        until(lambda: health(runtime))
        clock.advance(minutes=2)  # and nobody has renewed the right
        with runtime.database.writing() as session:
            other = mailboxes.take(session, ADDRESS, "INBOX", holder="other", now=clock())
        account.append(mail(1))
        until(lambda: late._hold is None)
        assert here(runtime) == []
        with runtime.database.writing() as session:
            mailboxes.release(session, other)
        until(lambda: here(runtime) == ids(1))


def test_the_right_to_read_is_renewed_while_waiting(reading: Reading, clock):
    runtime = reading()
    with watching(runtime) as each:
        until(lambda: health(runtime))
        clock.advance(seconds=50)
        each.renew()
        clock.advance(seconds=50)
        with runtime.database.writing() as session:
            assert mailboxes.take(session, ADDRESS, "INBOX", holder="other", now=clock()) is None


def test_a_folder_whose_mailbox_is_not_known_is_not_read(reading: Reading):
    runtime = reading(address="other@example.org")
    assert watch.make(runtime) == []


def test_a_server_that_calls_for_nothing_again_and_again_is_asked_less_and_less(reading: Reading, monkeypatch):
    each, pauses = watch.make(reading())[0], []

    class Folder:
        uid_validity, uid_next = 1, 1

        def beyond(self, last: int) -> list[int]:
            return []

        def wait(self) -> bool:
            if len(pauses) == 7:
                each.stop()
            return True

    assert each._take_hold()
    monkeypatch.setattr(each._stopping, "wait", pauses.append)
    each._follow(Folder())
    assert pauses == [0, 0, 0, 1, 1, 1, 2]
