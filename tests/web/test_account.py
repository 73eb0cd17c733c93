"""What people change about their own account."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from signing_in import PASSWORD, give_password, is_in, post, set_up_app, shown, sign_in, verbs

from inbox.models import User
from inbox.runtime import Runtime

ALICE = "alice@newsroom.example"
PAGE = "/desk/account"
NEW = "four cranes at the harbour"


@pytest.fixture
def alice(app: Flask, runtime: Runtime, cast: dict[str, User]) -> FlaskClient:
    """Alice, signed in with her password."""
    give_password(runtime, cast["alice"])
    client = app.test_client()
    sign_in(client, ALICE)
    return client


def set_up(client: FlaskClient, runtime: Runtime):  # type: ignore[no-untyped-def]
    post(client, f"{PAGE}/second-factor", page=PAGE, present=PASSWORD)
    return set_up_app(client, runtime)


def test_the_page_is_for_people_who_are_signed_in(client: FlaskClient) -> None:
    assert client.get(PAGE).location == "/desk/sign-in?next=/desk/account".replace("/desk/account", "%2Fdesk%2Faccount")
    for verb in ("password", "second-factor", "recovery-codes", "sign-out-everywhere"):
        assert post(client, f"{PAGE}/{verb}", page="/desk/sign-in", present=PASSWORD).status_code in (302, 401)


def test_a_new_password_works_and_ends_all_other_sessions(alice: FlaskClient, app: Flask, runtime: Runtime) -> None:
    elsewhere = app.test_client()
    sign_in(elsewhere, ALICE)

    answer = post(alice, f"{PAGE}/password", page=PAGE, present=PASSWORD, password=NEW, repeated=NEW)

    assert "Your password is changed" in alice.get(answer.location).text
    assert not is_in(elsewhere)
    assert sign_in(elsewhere, ALICE).status_code == 422
    assert sign_in(elsewhere, ALICE, NEW).location == "/desk/"
    assert ("Alice Lin", "password") in verbs(runtime)


@pytest.mark.parametrize(
    ("fields", "wrong", "words"),
    [
        ({"present": "guess"}, "password-present", "This is not your present password."),
        ({"password": "short", "repeated": "short"}, "password", "Use at least 12 characters."),
        ({"repeated": "another"}, "repeated", "The two passwords are not the same."),
    ],
)
def test_a_password_that_cannot_be_changed_says_why(
    fields: dict[str, str], wrong: str, words: str, alice: FlaskClient, app: Flask
) -> None:
    typed = {"present": PASSWORD, "password": NEW, "repeated": NEW, **fields}

    answer = post(alice, f"{PAGE}/password", page=PAGE, **typed)

    assert answer.status_code == 422
    assert words in answer.text
    assert f'aria-describedby="{wrong}-error"' in answer.text
    assert sign_in(app.test_client(), ALICE).location == "/desk/"


def test_an_app_can_be_set_up_and_replaced(alice: FlaskClient, app: Flask, runtime: Runtime, clock) -> None:  # type: ignore[no-untyped-def]
    first, _ = set_up(alice, runtime)
    second, codes = set_up(alice, runtime)  # within the same half minute, with the new app's own code
    clock.advance(minutes=1)
    client = app.test_client()
    sign_in(client, ALICE)

    assert post(client, "/desk/two-factor", code=shown(first, runtime)).status_code == 422
    assert post(client, "/desk/two-factor", code=shown(second, runtime)).location == "/desk/"
    assert len(codes) == 10
    assert verbs(runtime).count(("Alice Lin", "second_factor")) == 2


def test_the_old_app_works_until_the_new_one_has_shown_a_code(
    alice: FlaskClient,
    app: Flask,
    runtime: Runtime,
    clock,  # type: ignore[no-untyped-def]
) -> None:
    old, _ = set_up(alice, runtime)
    post(alice, f"{PAGE}/second-factor", page=PAGE, present=PASSWORD)
    assert post(alice, "/desk/two-factor/set-up", code="000000").status_code == 422
    clock.advance(minutes=1)
    client = app.test_client()
    sign_in(client, ALICE)

    assert post(client, "/desk/two-factor", code=shown(old, runtime)).location == "/desk/"


def test_new_recovery_codes_replace_the_earlier_ones(alice: FlaskClient, app: Flask, runtime: Runtime) -> None:
    _, earlier = set_up(alice, runtime)
    assert "10 codes are left" in alice.get(PAGE).text

    page = post(alice, f"{PAGE}/recovery-codes", page=PAGE, present=PASSWORD)

    client = app.test_client()
    sign_in(client, ALICE)
    assert not any(code in page.text for code in earlier)
    assert post(client, "/desk/two-factor/recovery", code=earlier[0]).status_code == 422
    assert ("Alice Lin", "recovery_codes") in verbs(runtime)


def test_without_an_app_there_are_no_recovery_codes(alice: FlaskClient) -> None:
    assert "Recovery codes" not in alice.get(PAGE).text
    assert post(alice, f"{PAGE}/recovery-codes", page=PAGE, present=PASSWORD).location == PAGE


@pytest.mark.parametrize("verb", ["second-factor", "recovery-codes"])
def test_an_unlocked_screen_is_not_enough_for_the_second_factor(
    verb: str, alice: FlaskClient, runtime: Runtime
) -> None:
    set_up(alice, runtime)

    answer = post(alice, f"{PAGE}/{verb}", page=PAGE, present="guess")

    assert answer.status_code == 422
    assert "This is not your present password." in answer.text
    assert alice.get("/desk/two-factor/set-up").location == PAGE


def test_signing_out_everywhere_ends_all_sessions(alice: FlaskClient, app: Flask, runtime: Runtime) -> None:
    elsewhere = app.test_client()
    sign_in(elsewhere, ALICE)

    assert post(alice, f"{PAGE}/sign-out-everywhere", page=PAGE).location == "/desk/sign-in"

    assert not is_in(alice)
    assert not is_in(elsewhere)
    assert verbs(runtime)[-1] == ("Alice Lin", "sign_out_everywhere")


def test_the_page_opens_for_every_role(signed_in: Callable[[str], FlaskClient]) -> None:
    for who in ("alice", "carol", "victor", "ada"):
        assert is_in(signed_in(who))
