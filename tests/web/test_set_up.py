"""One-time links: the first account, and people who are invited."""

import re
import threading

import pytest
from flask import Flask
from flask.testing import FlaskClient
from signing_in import PASSWORD, is_in, post, set_up_app, sign_in, token, verbs

from inbox.models import Role, User
from inbox.runtime import Runtime
from inbox.services import accounts, invitations

FIRST = {"name": "Mei-Hua Chang", "email": "Mei-Hua@newsroom.example", "password": PASSWORD, "repeated": PASSWORD}


def staff(runtime: Runtime) -> list[User]:
    with runtime.database.reading() as session:
        return accounts.list_staff(session)


def path(link: str) -> str:
    return link.removeprefix("http://127.0.0.1:8000")


def invite(runtime: Runtime, email: str = "su@newsroom.example", role: Role = Role.EDITOR) -> str:
    """Invite somebody; return the path of the link."""
    with runtime.database.writing() as session:
        return path(
            invitations.link_for(runtime, accounts.add_staff(session, email, "Su Wen", role, now=runtime.clock()))
        )


def test_the_set_up_link_makes_the_first_administrator_and_signs_in(client: FlaskClient, runtime: Runtime) -> None:
    answer = post(client, path(invitations.set_up_link(runtime)), **FIRST)

    assert answer.location == "/desk/"
    assert is_in(client)
    (made,) = staff(runtime)
    assert (made.name, made.email, made.role) == ("Mei-Hua Chang", "mei-hua@newsroom.example", Role.ADMIN)
    assert verbs(runtime) == [("system", "add"), ("Mei-Hua Chang", "sign_in")]


def test_the_set_up_link_works_once(client: FlaskClient, app: Flask, runtime: Runtime) -> None:
    link = path(invitations.set_up_link(runtime))
    late = app.test_client()
    late_token = token(late, link)
    post(client, link, **FIRST)

    answers = [
        late.get(link),
        late.post(link, data={**FIRST, "csrf_token": late_token, "email": "second@newsroom.example"}),
        late.get(path(invitations.set_up_link(runtime))),
    ]

    for answer in answers:
        assert answer.status_code == 410
        assert "This link no longer works" in answer.text
        assert "inbox staff reset" in answer.text
    assert len(staff(runtime)) == 1


def test_two_people_who_open_the_set_up_link_at_once_make_one_administrator(app: Flask, runtime: Runtime) -> None:
    link = path(invitations.set_up_link(runtime))
    people = [(app.test_client(), f"person{n}@newsroom.example") for n in range(6)]
    tokens = [token(client, link) for client, _ in people]
    together, answers = threading.Barrier(len(people)), []

    def make(client: FlaskClient, email: str, csrf_token: str) -> None:
        together.wait()
        answers.append(client.post(link, data={**FIRST, "email": email, "csrf_token": csrf_token}).status_code)

    threads = [threading.Thread(target=make, args=(*person, csrf)) for person, csrf in zip(people, tokens, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [302, 410, 410, 410, 410, 410]
    assert len(staff(runtime)) == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "  ", "An account needs a name."),
        ("email", "nobody", "This is not an e-mail address"),
        ("email", "a b@c", "This is not an e-mail address"),
        ("email", "x" * 300 + "@newsroom.example", "This is not an e-mail address"),
        ("password", "eleven char", "Use at least 12 characters."),
        ("password", "Password1234", "Many people use this password"),
        ("password", "abababababab", "Many people use this password"),
        ("password", "Mei-Hua Chang", "should not be the name or the address"),
        ("repeated", "something else entirely", "The two passwords are not the same."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    field: str, value: str, words: str, client: FlaskClient, runtime: Runtime
) -> None:
    typed = {**FIRST, field: value}
    if field == "password":
        typed["repeated"] = value

    answer = post(client, path(invitations.set_up_link(runtime)), **typed)

    assert answer.status_code == 422
    assert words in answer.text
    assert re.search(f'id="{field}"[^>]*aria-invalid="true"[^>]*aria-describedby="{field}-error"', answer.text)
    assert f'value="{typed["email"]}"' in answer.text
    assert PASSWORD not in answer.text
    assert staff(runtime) == []


def test_a_long_password_in_any_script_is_welcome(client: FlaskClient, app: Flask, runtime: Runtime) -> None:
    long = "地方選舉結果 " * 40 + "Ω" * 200
    assert post(
        client, path(invitations.set_up_link(runtime)), **{**FIRST, "password": long, "repeated": long}
    ).location

    again = app.test_client()

    assert sign_in(again, FIRST["email"], long).location == "/desk/"


def test_an_invited_person_chooses_a_password_once(client: FlaskClient, app: Flask, runtime: Runtime) -> None:
    link = invite(runtime)
    assert "su@newsroom.example" in client.get(link).text

    assert post(client, link, password=PASSWORD, repeated=PASSWORD).location == "/desk/"

    assert is_in(client)
    assert client.get(link).status_code == 410
    assert sign_in(app.test_client(), "su@newsroom.example").location == "/desk/"
    assert staff(runtime)[0].role is Role.EDITOR


def test_an_invitation_cannot_change_address_or_role(client: FlaskClient, runtime: Runtime) -> None:
    post(client, invite(runtime), password=PASSWORD, repeated=PASSWORD, email="x@evil.example", name="X", role="admin")

    (su,) = staff(runtime)
    assert (su.email, su.name, su.role) == ("su@newsroom.example", "Su Wen", Role.EDITOR)


def test_a_link_works_for_a_day(client: FlaskClient, runtime: Runtime, clock) -> None:  # type: ignore[no-untyped-def]
    first, invitation = path(invitations.set_up_link(runtime)), invite(runtime)
    clock.advance(hours=23)
    assert client.get(invitation).status_code == 200

    clock.advance(hours=2)

    assert client.get(invitation).status_code == 410
    assert client.get(first).status_code == 410


def test_a_newer_reset_and_disabling_kill_a_link(client: FlaskClient, runtime: Runtime) -> None:
    link = invite(runtime)
    with runtime.database.writing() as session:
        user = accounts.reset(session, "su@newsroom.example", now=runtime.clock())
        newer = path(invitations.link_for(runtime, user))
    assert client.get(link).status_code == 410
    assert client.get(newer).status_code == 200

    with runtime.database.writing() as session:
        accounts.disable(session, "su@newsroom.example", now=runtime.clock())

    assert client.get(newer).status_code == 410


@pytest.mark.parametrize("rubbish", ["x", "x.y", "%00", "%F0%9F%92%A9", "e30.e30", ".", "-" * 3000, "null", "<script>"])
def test_rubbish_is_a_link_that_no_longer_works(rubbish: str, client: FlaskClient) -> None:
    answer = client.get(f"/desk/set-up/{rubbish}")

    assert answer.status_code == 410
    assert post(client, f"/desk/set-up/{rubbish}", page="/desk/sign-in", **FIRST).status_code == 410


def test_a_link_cut_short_or_of_another_inbox_does_not_work(client: FlaskClient, runtime: Runtime, tmp_path) -> None:  # type: ignore[no-untyped-def]
    from inbox.bootstrap import bootstrap

    link = path(invitations.set_up_link(runtime))
    other = bootstrap({"INBOX_DATA_DIR": str(tmp_path / "other")}, runtime.clock)

    assert client.get(link).status_code == 200
    assert client.get(link[:-1]).status_code == 410
    assert client.get(path(invitations.set_up_link(other))).status_code == 410


@pytest.fixture
def strict(environ: dict[str, str]) -> None:
    """A newsroom where everybody needs a second factor."""
    environ["INBOX_REQUIRE_MFA"] = "true"


@pytest.mark.usefixtures("strict")
def test_where_a_second_factor_is_required_the_first_account_sets_one_up(client: FlaskClient, runtime: Runtime) -> None:
    answer = post(client, path(invitations.set_up_link(runtime)), **FIRST)

    assert answer.location == "/desk/two-factor/set-up"
    assert not is_in(client)
    set_up_app(client, runtime)
    assert is_in(client)
