"""Two people at one submission: the second is told, and loses nothing."""

import re

import pytest
from desk_work import address, press, reload, send, token

from inbox.models import Priority, Status


def words_of(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page[page.index('class="nr-conflict"') :]).split())


def conflict_form(page: str) -> tuple[str, dict[str, str]]:
    """The address and the fields of the form that saves mine as well."""
    form = re.search(r'<form class="nr-actions" method="post" action="([^"]+)">(.*?)</form>', page, re.DOTALL)
    assert form
    return form[1], dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[2]))


@pytest.mark.parametrize(
    ("act", "values", "mine"),
    [
        ("status", {"status": "accepted"}, "Status: Accepted"),
        ("priority", {"priority": "high"}, "Priority: High"),
        ("assign", {"assignee": ""}, "Assigned to nobody"),
    ],
)
def test_a_stale_save_is_told_about_and_not_applied(runtime, signed_in, act, values, mine):
    submission = send(runtime)
    alice, bob = signed_in("alice"), signed_in("bob")
    stale = alice.get(address(submission)).text
    press(bob, submission, "labels", name="Culture")
    press(bob, submission, "status", status="open")
    before = reload(runtime, submission)
    answer = press(alice, submission, act, stale, **values)
    assert answer.status_code == 409
    assert answer.headers["HX-Push-Url"] == "false"
    words = words_of(answer.text)
    assert "Bob Chen changed this while you were reading" in words
    assert "Nothing of yours is lost, and nothing of yours is saved yet." in words
    assert "put on the label Culture" in words and "from New to Open" in words
    assert mine in words
    after = reload(runtime, submission)
    assert (after.version, after.status, len(after.history)) == (before.version, before.status, len(before.history))


def test_one_button_saves_mine_on_top_of_theirs(runtime, signed_in):
    submission = send(runtime)
    alice, bob = signed_in("alice"), signed_in("bob")
    stale = alice.get(address(submission)).text
    press(bob, submission, "priority", priority="high")
    page = press(alice, submission, "status", stale, status="accepted").text
    action, fields = conflict_form(page)
    assert alice.post(action, data=fields).status_code == 303
    after = reload(runtime, submission)
    assert (after.status, after.priority) == (Status.ACCEPTED, Priority.HIGH)


def test_the_button_is_checked_again(runtime, signed_in):
    submission = send(runtime)
    alice, bob = signed_in("alice"), signed_in("bob")
    stale = alice.get(address(submission)).text
    press(bob, submission, "priority", priority="high")
    action, fields = conflict_form(press(alice, submission, "status", stale, status="accepted").text)
    press(bob, submission, "status", status="declined")
    assert alice.post(action, data=fields).status_code == 409
    assert reload(runtime, submission).status is Status.DECLINED


def test_a_move_that_cannot_follow_theirs_has_no_button(runtime, signed_in):
    submission = send(runtime)
    alice, bob = signed_in("alice"), signed_in("bob")
    stale = alice.get(address(submission)).text
    press(bob, submission, "status", status="closed")
    page = press(alice, submission, "status", stale, status="accepted").text
    assert "It is Closed now, and yours cannot follow that." in page
    assert "Save mine as well" not in page


def test_the_second_claim_is_told_who_was_first(runtime, signed_in):
    submission = send(runtime)
    alice, bob = signed_in("alice"), signed_in("bob")
    stale = alice.get(address(submission)).text
    assert press(bob, submission, "claim").status_code == 303
    answer = press(alice, submission, "claim", stale)
    assert answer.status_code == 409
    assert "Bob Chen took this first" in answer.text
    assert reload(runtime, submission).assignee.name == "Bob Chen"
    action, fields = conflict_form(answer.text)
    assert alice.post(action, data=fields).status_code == 303
    assert reload(runtime, submission).assignee.name == "Alice Lin"


def test_ones_own_other_window_is_named_as_that(runtime, signed_in):
    submission = send(runtime)
    alice = signed_in("alice")
    stale = alice.get(address(submission)).text
    press(alice, submission, "status", status="open")
    assert "You changed this in another window" in press(alice, submission, "status", stale, status="accepted").text


@pytest.mark.parametrize("version", ["", "x", "-1", "0", "9" * 400, "\x00", "１"])
@pytest.mark.parametrize("known", ["", "x", "9" * 400])
def test_a_version_that_cannot_be_read_is_a_conflict_too(runtime, signed_in, version, known):
    submission = send(runtime)
    alice = signed_in("alice")
    answer = press(alice, submission, "status", status="accepted", version=version, known=known)
    assert answer.status_code == 409
    assert reload(runtime, submission).status is Status.NEW


def test_notes_and_labels_of_two_people_add_up(runtime, signed_in):
    submission = send(runtime)
    alice, bob = signed_in("alice"), signed_in("bob")
    stale = alice.get(address(submission)).text
    press(bob, submission, "status", status="open")
    for act, values in (("notes", {"text": "Mine"}), ("labels", {"name": "Mine"})):
        assert alice.post(address(submission, act), data={"csrf_token": token(stale), **values}).status_code == 303
    after = reload(runtime, submission)
    assert [note.text for note in after.notes] == ["Mine"]
    assert [label.name for label in after.labels] == ["Mine"]
