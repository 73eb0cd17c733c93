"""The page of saved replies."""

import re

import pytest
from desk_work import token
from sqlalchemy import select

from inbox.models import AuditEntry, CannedReply

PAGE = "/desk/canned-replies"


def post(client, path=PAGE, **fields):
    return client.post(path, data={"csrf_token": token(client.get(PAGE).text), **fields})


def kept(runtime) -> list[tuple[str, str]]:
    with runtime.database.reading() as session:
        return [(reply.name, reply.text) for reply in session.scalars(select(CannedReply).order_by(CannedReply.id))]


def test_a_saved_reply_is_added_changed_and_deleted(runtime, signed_in) -> None:
    alice = signed_in("alice")
    assert post(alice, name=" Thank  you ", text="Dear {name},\r\nthank you.").status_code == 303
    assert kept(runtime) == [("Thank you", "Dear {name},\nthank you.")]
    page = alice.get(PAGE).text
    assert "Thank you" in page
    path = re.search(rf'action="({PAGE}/\d+)"', page)[1]
    assert post(alice, path, name="Thanks", text="Thank you, {newsroom}.").status_code == 303
    assert kept(runtime) == [("Thanks", "Thank you, {newsroom}.")]
    assert post(alice, f"{path}/delete").status_code == 303
    assert kept(runtime) == []
    with runtime.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.verb.startswith("canned_reply:")))
        assert [(entry.actor, entry.verb.partition(":")[2]) for entry in entries] == [
            ("Alice Lin", "add"),
            ("Alice Lin", "change"),
            ("Alice Lin", "remove"),
        ]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("", "Thank you", "Give it a name"),
        ("Thanks", "  ", "Write what it says"),
        ("Thanks", "Dear {nmae}", "There is no placeholder {nmae}"),
        ("Thanks", "x" * 1601, "1,600 characters"),
    ],
)
def test_what_cannot_be_kept_is_given_back_with_words(runtime, signed_in, name, text, words) -> None:
    refused = post(signed_in("alice"), name=name, text=text)
    assert refused.status_code == 422
    assert words in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert text in refused.text
    assert kept(runtime) == []


def test_two_of_one_name_are_refused(runtime, signed_in) -> None:
    alice = signed_in("alice")
    post(alice, name="Thanks", text="One")
    assert "with this name already" in post(alice, name="Thanks", text="Two").text
    assert kept(runtime) == [("Thanks", "One")]


def test_advertising_staff_use_them_and_change_none(runtime, signed_in) -> None:
    post(signed_in("ada"), name="Thanks", text="One")
    carol = signed_in("carol")
    page = carol.get(PAGE)
    assert page.status_code == 200
    assert "One" in page.text
    assert "Add a saved reply" not in page.text
    for path in (PAGE, f"{PAGE}/1", f"{PAGE}/1/delete"):
        fields = {"csrf_token": token(carol.get("/desk/account").text), "name": "x", "text": "y"}
        assert carol.post(path, data=fields).status_code == 403
    assert kept(runtime) == [("Thanks", "One")]


def test_viewers_have_no_use_for_them(signed_in) -> None:
    assert signed_in("victor").get(PAGE).status_code == 403


def test_one_that_is_gone_is_not_found(signed_in) -> None:
    assert post(signed_in("alice"), f"{PAGE}/999", name="x", text="y").status_code == 404
