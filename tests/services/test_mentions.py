"""Whom a note names."""

import pytest

from inbox.models import Role, User
from inbox.services import mentions


def person(name: str, email: str = "") -> User:
    return User(name=name, email=email or f"{name.split()[0].lower()}@newsroom.example", role=Role.EDITOR)


ALICE, BOB, MEI = person("Alice Lin"), person("Bob Chen", "chef@newsroom.example"), person("林小美", "mei@x.example")
ALICE_WU = person("Alice Wu", "a.wu@newsroom.example")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Alice please look", [ALICE]),
        ("@alice lin, please look", [ALICE]),
        ("Ask @chef.", [BOB]),
        ("(@bob) and @ALICE: both", [BOB, ALICE]),
        ("@Alice and @alice again", [ALICE]),
        ("請@林小美看一下", [MEI]),
        ("@林小美請看, @mei", [MEI]),
        ("\uff20Alice", [ALICE]),
        ("He writes from bob@alice.example", []),
        ("@Alicent is somebody else", []),
        ("@ alice", []),
        ("@", []),
        ("Nobody", []),
    ],
)
def test_a_note_names_people_as_they_are_called(text: str, named: list[User]) -> None:
    assert mentions.find(text, [ALICE, BOB, MEI]) == named


def test_a_name_that_two_people_share_names_neither() -> None:
    both = [ALICE, ALICE_WU]

    assert mentions.find("@Alice", both) == []
    assert mentions.find("@Alice Wu", both) == [ALICE_WU]
    assert mentions.find("@a.wu", both) == [ALICE_WU]
