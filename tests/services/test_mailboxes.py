"""Which folders are read, by whom, and how far each was."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox import worker
from inbox.mail_servers import parse_imap
from inbox.profile import Mailbox, Profile
from inbox.runtime import Runtime
from inbox.services import mailboxes
from inbox.services.mailboxes import Hold, LeaseLost, Progress

NEWS, ADS = Mailbox(address="news@example.org", label="News"), Mailbox(address="ads@example.org", label="Ads")
ROOT = Path(__file__).parents[2]


def take(runtime: Runtime, holder: str, folder: str = "INBOX") -> Hold | None:
    with runtime.database.writing() as session:
        return mailboxes.take(session, "news@example.org", folder, holder=holder, now=runtime.clock())


def begin(runtime: Runtime, hold: Hold, uid_validity: int, uid_next: int | None = None) -> int:
    with runtime.database.writing() as session:
        return mailboxes.begin(session, hold, uid_validity, uid_next)


def advance(runtime: Runtime, hold: Hold, uid: int) -> None:
    with runtime.database.writing() as session:
        mailboxes.advance(session, hold, uid, now=runtime.clock())


def test_a_folder_is_one_workers_until_it_is_released_or_its_time_is_over(runtime: Runtime, clock):
    first = take(runtime, "first")
    assert first
    assert take(runtime, "second") is None
    assert take(runtime, "second", "Other")
    assert take(runtime, "first") == first

    clock.advance(seconds=50)
    with runtime.database.writing() as session:
        assert mailboxes.renew(session, first, now=clock())
    clock.advance(seconds=50)
    assert take(runtime, "second") is None

    clock.advance(seconds=11)
    second = take(runtime, "second")
    assert second
    with runtime.database.writing() as session:
        assert not mailboxes.renew(session, first, now=clock())
        mailboxes.release(session, first)
    assert take(runtime, "first") is None

    with runtime.database.writing() as session:
        mailboxes.release(session, second)
    assert take(runtime, "first") == first


def test_the_position_is_kept_while_the_uids_mean_the_same(runtime: Runtime):
    hold = take(runtime, "first")
    assert begin(runtime, hold, 7) == 0
    advance(runtime, hold, 40)
    assert begin(runtime, hold, 7, 41) == 40
    assert begin(runtime, hold, 8, 41) == 0
    advance(runtime, hold, 40)
    assert begin(runtime, hold, 8, None) == 40
    assert begin(runtime, hold, 8, 40) == 0  # the next mail would get a UID that we have passed


def test_who_lost_the_folder_can_neither_begin_nor_advance(runtime: Runtime, clock):
    late = take(runtime, "late")
    clock.advance(minutes=2)
    assert take(runtime, "other")
    with pytest.raises(LeaseLost):
        begin(runtime, late, 7)
    with pytest.raises(LeaseLost):
        advance(runtime, late, 40)


def test_advancing_says_that_the_work_is_under_way(runtime: Runtime, clock):
    hold = take(runtime, "first")
    clock.advance(seconds=50)
    advance(runtime, hold, 1)
    clock.advance(seconds=50)
    assert take(runtime, "second") is None


@given(st.sets(st.integers(1, 60), min_size=1), st.randoms(), st.sets(st.integers(1, 60)))
def test_the_position_never_passes_a_mail_that_is_not_here(uids: set[int], random, ahead: set[int]):
    listed = sorted(uids)
    here = ahead & uids
    progress, todo = Progress(listed, here), sorted(uids - here)
    random.shuffle(todo)
    for uid in todo:
        reached = progress.reached(uid)
        progress.add(uid)
        missing = [each for each in listed if each not in here]
        assert all(each > reached for each in missing)
        assert (
            reached == listed[-1] if not missing else reached >= max((u for u in listed if u < missing[0]), default=0)
        )


def complaints(url: str, *listed: Mailbox) -> list[str]:
    return [found.complaint for found in mailboxes.sources(parse_imap(url), Profile(mailboxes=listed))]


def addresses(url: str, *listed: Mailbox) -> list[str]:
    found = mailboxes.sources(parse_imap(url), Profile(mailboxes=listed))
    return [each.mailbox.address for each in found if each.mailbox]


def test_a_folder_belongs_to_the_mailbox_of_its_address():
    assert addresses("imaps://u:p@h/?address=Ads@example.org imaps://news%40example.org:p@h", NEWS, ADS) == [
        "ads@example.org",
        "news@example.org",
    ]
    assert addresses("imaps://u:p@h", NEWS) == ["news@example.org"]
    assert addresses("imaps://someone%40example.org:p@h") == ["someone@example.org"]


def test_a_folder_of_nobodys_mail_is_not_read_and_the_words_say_what_to_write():
    (words,) = complaints("imaps://other%40example.org:p@h", NEWS)
    assert "other@example.org is none of the profile's mailboxes" in words
    assert "?address=news@example.org" in words
    for listed in ((), (NEWS, ADS)):
        (words,) = complaints("imaps://u:p@h", *listed)
        assert "it is not said whose mail lies on h" in words
        assert addresses("imaps://u:p@h", *listed) == []


def test_a_folder_that_is_named_twice_is_read_once():
    assert addresses("imaps://u:p@h imaps://u:p@old imaps://u:p@h/Other", NEWS) == ["news@example.org"] * 2
    assert "twice" in complaints("imaps://u:p@h imaps://u:p@old", NEWS)[1]


def test_mails_are_not_moved_to_the_folder_that_they_come_from_for_ever():
    moving = NEWS.model_copy(update={"after_reading": "move", "move_to": "Inbox"})
    assert "where they lie already" in complaints("imaps://u:p@h", moving)[0]
    assert addresses("imaps://u:p@h", moving) == []


def test_each_folder_has_a_name_among_the_channels():
    found = mailboxes.sources(parse_imap("imaps://u:p@h imaps://u:p@h/Junk"), Profile(mailboxes=(NEWS,)))
    assert [each.name for each in found] == ["imap:news@example.org", "imap:news@example.org/Junk"]


def test_every_problem_that_is_told_has_words_of_its_own():
    told = set()
    for name in ("connection", "mailbox", "watch"):
        tree = ast.parse((ROOT / f"inbox/channels/email/{name}.py").read_text())
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        given = [
            arg
            for node in calls
            if node.func.id in ("Trouble", "told")
            for arg in (*node.args, *(k.value for k in node.keywords))
        ]
        told |= {arg.value for arg in given if isinstance(arg, ast.Constant) and arg.value}
    assert {"lost", "tls", "clear", "folder", "after-reading"} <= told
    other = mailboxes.explain("ours")
    for code in (*told, mailboxes.SIGN_IN, "busy", "mail", "storage", "database"):
        assert mailboxes.explain(code) != other


def test_the_lease_outlives_the_time_between_two_renewals():
    assert timedelta(seconds=2 * worker.RENEW_SECONDS) <= mailboxes.LEASE
