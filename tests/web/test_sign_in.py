"""Signing in at the desk: the password, the second factor, and who stays out."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import verify_password
from signing_in import PASSWORD, give_password, is_in, post, set_up_app, shown, sign_in, token, verbs

from inbox import create_app
from inbox.bootstrap import bootstrap
from inbox.models import User
from inbox.runtime import Runtime
from inbox.services import accounts, passwords

ALICE = "alice@newsroom.example"
WRONG = "E-mail and password do not belong together."


@pytest.fixture
def alice(runtime: Runtime, cast: dict[str, User]) -> User:
    """Alice has a password."""
    give_password(runtime, cast["alice"])
    return cast["alice"]


@pytest.fixture
def strict(environ: dict[str, str]) -> None:
    """A newsroom where everybody needs a second factor."""
    environ["INBOX_REQUIRE_MFA"] = "true"


def test_the_right_password_opens_the_desk(client: FlaskClient, runtime: Runtime, alice: User) -> None:
    answer = sign_in(client, ALICE)

    assert (answer.status_code, answer.location) == (302, "/desk/")
    assert is_in(client)
    assert verbs(runtime)[-1] == ("Alice Lin", "sign_in")


def test_the_address_may_be_typed_in_capitals(client: FlaskClient, alice: User) -> None:
    assert sign_in(client, " Alice@Newsroom.EXAMPLE ").location == "/desk/"


def test_a_wrong_password_is_said_beside_the_field_and_remembered(
    client: FlaskClient, runtime: Runtime, alice: User
) -> None:
    answer = sign_in(client, ALICE, "not her password at all")

    assert answer.status_code == 422
    assert WRONG in answer.text
    assert 'role="alert"' in answer.text
    assert re.search(r'id="password"[^>]*aria-invalid="true"[^>]*aria-describedby="password-error"', answer.text)
    assert f'value="{ALICE}"' in answer.text
    assert not is_in(client)
    assert verbs(runtime)[-1] == ("Alice Lin", "sign_in_failed")


def test_an_unknown_address_an_invited_and_a_disabled_person_get_the_same_answer(
    client: FlaskClient, runtime: Runtime, cast: dict[str, User], alice: User
) -> None:
    give_password(runtime, cast["bob"])
    with runtime.database.writing() as session:
        accounts.disable(session, "bob@newsroom.example", now=runtime.clock())

    def answer_to(email: str, password: str) -> tuple[int, str]:
        answer = sign_in(client, email, password)
        text = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text).replace(email, "")
        return answer.status_code, text

    wrong = answer_to(ALICE, "wrong " + PASSWORD)

    assert answer_to("nobody@newsroom.example", PASSWORD) == wrong
    assert answer_to("carol@newsroom.example", PASSWORD) == wrong  # she was invited and has no password yet
    assert answer_to("bob@newsroom.example", PASSWORD) == wrong


def test_a_password_is_hashed_for_an_unknown_address_too(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, alice: User
) -> None:
    hashed = count_hashes(monkeypatch)

    sign_in(client, "nobody@newsroom.example")
    sign_in(client, ALICE, "not her password at all")

    assert len(hashed) == 2


def test_too_many_attempts_are_refused_before_a_password_is_hashed(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = limited_client(environ, "3 per 10 minutes")
    hashed = count_hashes(monkeypatch)
    answers = [sign_in(client, ALICE, "guess") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 429, 429]
    assert len(hashed) == 3
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "address",
    ["/desk/two-factor", "/desk/two-factor/recovery", "/desk/two-factor/set-up", "/desk/account/recovery-codes"],
)
def test_codes_and_the_present_password_cannot_be_guessed_for_ever(
    address: str, environ: dict[str, str], clock: Callable[[], object]
) -> None:
    environ["INBOX_REQUIRE_MFA"] = "true"
    runtime = bootstrap(environ, clock)  # type: ignore[arg-type]
    with runtime.database.writing() as session:
        accounts.add_staff(session, ALICE, "Alice Lin", accounts.Role.EDITOR, PASSWORD, now=runtime.clock())
    client = create_app(runtime).test_client()
    sign_in(client, ALICE)
    set_up_app(client, runtime)
    clock.advance(minutes=1)  # type: ignore[attr-defined]
    if address.endswith("set-up"):
        post(client, "/desk/account/second-factor", page="/desk/account", present=PASSWORD)
    elif "two-factor" in address:
        post(client, "/desk/sign-out", page="/desk/account")
        sign_in(client, ALICE)

    client.application.extensions["inbox"].settings.__dict__["sign_in_limit"] = "4 per 10 minutes"
    page = "/desk/account" if "account" in address else address
    answers = [post(client, address, page=page, code="000000", present="guess").status_code for _ in range(6)]

    assert 429 in answers
    assert set(answers) <= {422, 429}
    runtime.database.engine.dispose()


def test_the_way_back_is_kept(client: FlaskClient, alice: User) -> None:
    page = client.get("/desk/sign-in?next=/desk/submissions/ST-7K3M9Q")
    assert 'name="next" value="/desk/submissions/ST-7K3M9Q"' in page.text

    assert sign_in(client, ALICE, next="/desk/submissions/ST-7K3M9Q").location == "/desk/submissions/ST-7K3M9Q"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "////evil.example/%2f..",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r//evil.example",
        "\t//evil.example",
        " //evil.example",
        "http:evil.example",
        "https:///evil.example",
        "javascript:alert(1)",
        "JaVaScRiPt://%0aalert(1)",
        "data:text/html,x",
        "evil.example",
        "@evil.example",
        ".evil.example",
        "/\u0000/evil.example",
        "/\u2028/evil.example",
        "http://127.0.0.1:8000@evil.example/",
        "",
    ],
)
def test_the_way_back_never_leads_elsewhere(elsewhere: str, client: FlaskClient, alice: User) -> None:
    assert sign_in(client, ALICE, next=elsewhere).location == "/desk/"
    assert client.get("/desk/sign-in", query_string={"next": elsewhere}).location == "/desk/"


@pytest.mark.parametrize("rubbish", ["", "\0", "a\0b@c", "x" * 100_000, "選舉@例子", "%00", "' OR 1=1 --", "\ud7ff"])
def test_rubbish_is_a_wrong_password(rubbish: str, client: FlaskClient, alice: User) -> None:
    for fields in ({"email": rubbish, "password": PASSWORD}, {"email": ALICE, "password": rubbish}):
        assert sign_in(client, **fields).status_code == 422
    bare = client.post("/desk/sign-in", data={"csrf_token": token(client, "/desk/sign-in")})
    assert bare.status_code == 422


@pytest.mark.parametrize(
    "address",
    [
        "/desk/sign-in",
        "/desk/sign-out",
        "/desk/two-factor",
        "/desk/two-factor/recovery",
        "/desk/two-factor/set-up",
        "/desk/set-up/x",
        "/desk/account/password",
        "/desk/account/second-factor",
        "/desk/account/recovery-codes",
        "/desk/account/sign-out-everywhere",
    ],
)
def test_a_form_without_its_token_is_refused(
    address: str, signed_in: Callable[[str], FlaskClient], client: FlaskClient
) -> None:
    for visitor in (client, signed_in("alice")):
        answer = visitor.post(address, data={"email": ALICE, "password": PASSWORD})
        assert answer.status_code == 400
        assert "<h1" in answer.text
    assert is_in(visitor)


def test_signing_out_ends_the_session(client: FlaskClient, runtime: Runtime, alice: User) -> None:
    sign_in(client, ALICE)

    assert post(client, "/desk/sign-out", page="/desk/account").location == "/desk/sign-in"

    assert not is_in(client)
    assert verbs(runtime)[-1] == ("Alice Lin", "sign_out")
    assert post(client, "/desk/sign-out", page="/desk/sign-in").location == "/desk/sign-in"
    assert client.get("/desk/sign-out").status_code == 405


def test_a_disabled_person_is_out_at_once(client: FlaskClient, runtime: Runtime, alice: User) -> None:
    sign_in(client, ALICE)
    assert is_in(client)

    with runtime.database.writing() as session:
        accounts.disable(session, ALICE, now=runtime.clock())

    assert not is_in(client)
    with runtime.database.writing() as session:
        accounts.enable(session, ALICE, now=runtime.clock())
    assert not is_in(client)  # the old session stays dead
    assert sign_in(client, ALICE).location == "/desk/"


def test_a_session_ends_after_twelve_hours_however_busy(client: FlaskClient, clock, alice: User) -> None:  # type: ignore[no-untyped-def]
    sign_in(client, ALICE)
    for _ in range(11):
        clock.advance(hours=1)
        assert is_in(client)

    clock.advance(hours=1)

    assert not is_in(client)


def test_the_cookie_is_for_this_browser_session_and_this_site_only(client: FlaskClient, alice: User) -> None:
    cookie = sign_in(client, ALICE).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie
    assert "remember_token" not in cookie


def test_flask_security_verifies_our_hashes(app: Flask) -> None:
    stored = passwords.digest("Café, sept hérons")

    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    with app.app_context():
        assert verify_password(app.extensions["security"].password_util.normalize("Café, sept hérons"), stored)
        assert not verify_password("Café, sept hérons?", stored)


def test_a_header_or_a_bearer_token_signs_nobody_in(client: FlaskClient, app: Flask, alice: User) -> None:
    with app.test_request_context():
        forged = alice.get_auth_token()

    assert client.get("/desk/account", headers={"Authentication-Token": str(forged)}).status_code == 302


@pytest.mark.usefixtures("strict")
def test_where_a_second_factor_is_required_a_password_leads_to_setting_it_up(
    client: FlaskClient, runtime: Runtime, alice: User
) -> None:
    assert sign_in(client, ALICE, next="/desk/account").location == "/desk/two-factor/set-up"
    assert not is_in(client)
    assert "/desk/two-factor/qr.svg" in client.get("/desk/two-factor/set-up").text
    assert client.get("/desk/two-factor/qr.svg").mimetype == "image/svg+xml"

    _, codes = set_up_app(client, runtime)

    assert len(codes) == 10
    assert is_in(client)
    assert ("Alice Lin", "second_factor") in verbs(runtime)
    assert verbs(runtime)[-1] == ("Alice Lin", "sign_in")
    assert client.get("/desk/two-factor/qr.svg").status_code == 404


@pytest.mark.usefixtures("strict")
def test_a_wrong_code_sets_nothing_up(client: FlaskClient, alice: User) -> None:
    sign_in(client, ALICE)

    answer = post(client, "/desk/two-factor/set-up", code="000000")

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert not is_in(client)


def test_the_code_of_the_app_is_asked_for_and_works_once(app: Flask, runtime: Runtime, clock, alice: User) -> None:  # type: ignore[no-untyped-def]
    totp = with_app(app, runtime)[0]
    clock.advance(minutes=5)
    first, second = app.test_client(), app.test_client()
    for client in (first, second):
        assert sign_in(client, ALICE, next="/desk/account").location == "/desk/two-factor"
        assert not is_in(client)

    seen = shown(totp, runtime)
    assert post(first, "/desk/two-factor", code=f"{seen[:3]} {seen[3:]}").location == "/desk/account"
    again = post(second, "/desk/two-factor", code=seen)

    assert is_in(first)
    assert again.status_code == 422
    assert not is_in(second)
    assert verbs(runtime)[-1] == ("Alice Lin", "sign_in_failed")
    clock.advance(seconds=30)
    assert post(second, "/desk/two-factor", code=shown(totp, runtime)).status_code == 302
    assert is_in(second)


def test_the_code_with_which_the_app_was_set_up_is_used_up(app: Flask, runtime: Runtime, alice: User) -> None:
    totp = with_app(app, runtime)[0]
    client = app.test_client()
    sign_in(client, ALICE)

    assert post(client, "/desk/two-factor", code=shown(totp, runtime)).status_code == 422


def test_an_old_code_and_rubbish_are_refused(app: Flask, runtime: Runtime, clock, alice: User) -> None:  # type: ignore[no-untyped-def]
    totp = with_app(app, runtime)[0]
    clock.advance(minutes=5)
    old = shown(totp, runtime)
    clock.advance(minutes=2)
    client = app.test_client()
    sign_in(client, ALICE)

    for code in (old, "", "000000", "abcdef", "１２３４５６", "\0", "9" * 5000, "-1"):
        for address in ("/desk/two-factor", "/desk/two-factor/recovery"):
            assert post(client, address, code=code).status_code == 422
    assert not is_in(client)


def test_a_recovery_code_works_once(app: Flask, runtime: Runtime, alice: User) -> None:
    _, codes = with_app(app, runtime)
    first, second = app.test_client(), app.test_client()
    for client in (first, second):
        sign_in(client, ALICE)

    assert post(first, "/desk/two-factor/recovery", code=f" {codes[3].upper()} ").location == "/desk/"
    assert is_in(first)
    assert post(second, "/desk/two-factor/recovery", code=codes[3]).status_code == 422
    assert not is_in(second)
    assert post(second, "/desk/two-factor/recovery", code=codes[4]).location == "/desk/"


def test_secrets_and_recovery_codes_are_kept_encrypted(app: Flask, runtime: Runtime, alice: User) -> None:
    totp, codes = with_app(app, runtime)

    with runtime.database.reading() as session:
        user = accounts.find(session, ALICE)
        assert user
        kept = f"{user.tf_totp_secret} {user.mf_recovery_codes}"

    assert totp.base32_key not in kept
    assert not any(code in kept for code in codes)


def test_a_password_alone_cannot_replace_the_second_factor(app: Flask, runtime: Runtime, alice: User) -> None:
    with_app(app, runtime)
    thief = app.test_client()
    sign_in(thief, ALICE)

    assert thief.get("/desk/two-factor/set-up").location == "/desk/sign-in"
    assert thief.get("/desk/two-factor/qr.svg").status_code == 404
    post(thief, "/desk/two-factor/set-up", page="/desk/two-factor", code="000000")
    assert not is_in(thief)


def test_between_password_and_code_there_is_a_quarter_of_an_hour(
    app: Flask,
    runtime: Runtime,
    clock,
    alice: User,  # type: ignore[no-untyped-def]
) -> None:
    totp = with_app(app, runtime)[0]
    client = app.test_client()
    sign_in(client, ALICE)
    page = token(client, "/desk/two-factor")
    clock.advance(minutes=16)

    answer = client.post("/desk/two-factor", data={"csrf_token": page, "code": shown(totp, runtime)})

    assert answer.location == "/desk/sign-in"
    assert not is_in(client)


def test_a_code_cannot_be_given_without_the_password(client: FlaskClient) -> None:
    for address in ("/desk/two-factor", "/desk/two-factor/recovery", "/desk/two-factor/set-up"):
        assert client.get(address).location == "/desk/sign-in"
        assert post(client, address, page="/desk/sign-in", code="000000").status_code == 302


def test_nobody_enters_whose_account_was_reset_at_the_door(app: Flask, runtime: Runtime, clock, alice: User) -> None:  # type: ignore[no-untyped-def]
    totp = with_app(app, runtime)[0]
    clock.advance(minutes=5)
    client = app.test_client()
    sign_in(client, ALICE)
    page = token(client, "/desk/two-factor")
    with runtime.database.writing() as session:
        accounts.reset(session, ALICE, now=runtime.clock())

    client.post("/desk/two-factor", data={"csrf_token": page, "code": shown(totp, runtime)})

    assert not is_in(client)


def test_nothing_loads_from_elsewhere_and_no_script_runs_at_the_door(client: FlaskClient) -> None:
    page = client.get("/desk/sign-in")

    assert "<script" not in page.text
    assert "style=" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert not re.search(r'(src|href)="(https?:)?//', page.text)


def with_app(app: Flask, runtime: Runtime):  # type: ignore[no-untyped-def]
    """Alice sets an authenticator app up on her account page."""
    client = app.test_client()
    sign_in(client, ALICE)
    post(client, "/desk/account/second-factor", page="/desk/account", present=PASSWORD)
    return set_up_app(client, runtime)


def limited_client(environ: dict[str, str], limit: str) -> FlaskClient:
    environ["INBOX_SIGN_IN_LIMIT"] = limit
    return create_app(bootstrap(environ)).test_client()


def count_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every verification from now on is listed; it still takes place."""
    seen: list[str] = []
    verify = passwords.verify

    def counting(stored: str | None, password: str) -> bool:
        seen.append(password)
        return verify(stored, password)

    monkeypatch.setattr(passwords, "verify", counting)
    return seen
