"""The doctor says in words what is wrong, names the setting, and says how to mend it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from inbox import migrations
from inbox.bootstrap import bootstrap
from inbox.doctor import Finding, Level, examine
from inbox.models import Role
from inbox.runtime import Runtime
from inbox.services import accounts

Examine = Callable[..., dict[str, Finding]]


@pytest.fixture
def find(environ: dict[str, str], tmp_path: Path) -> Examine:
    """`find(NAME=value)` examines an inbox with these settings besides the test's own; None takes one away."""

    def find(profile: str = "", **settings: str | None) -> dict[str, Finding]:
        path = tmp_path / "inbox.toml"
        path.write_text(profile)
        given = {**environ, "INBOX_CONFIG": str(path), **settings}
        runtime = bootstrap({name: value for name, value in given.items() if value is not None})
        findings = list(examine(runtime))
        runtime.database.engine.dispose()
        assert all("\n" not in finding.words for finding in findings)
        return {finding.subject: finding for finding in findings}

    return find


def wrong(findings: dict[str, Finding]) -> list[str]:
    return [subject for subject, finding in findings.items() if finding.level is Level.WRONG]


NUMBER = '[[numbers]]\nnumber = "+886900000001"\nlabel = "News"\nchannels = ["{}"]\n'


def test_nothing_is_wrong_with_a_good_installation(find: Examine):
    assert wrong(find()) == []
    assert (
        wrong(find(NUMBER.format("whatsapp"), INBOX_PUBLIC_URL="https://inbox.example", INBOX_TRUSTED_PROXIES="1"))
        == []
    )


def test_tables_of_another_version_are_wrong_and_upgrade_mends_them(runtime: Runtime, find: Examine):
    migrations.downgrade(runtime.database.engine, "base")

    finding = find()["database"]

    assert finding.level is Level.WRONG
    assert "inbox upgrade" in finding.words


def test_tables_of_a_later_version_are_not_to_be_upgraded(runtime: Runtime, find: Examine):
    with runtime.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    finding = find()["database"]

    assert finding.level is Level.WRONG
    assert "later version" in finding.words
    assert "inbox upgrade" not in finding.words


@pytest.mark.parametrize("url", ["sqlite:////there/is/no/folder/inbox.db", "postgresql://user:hunter22@127.0.0.1:1/x"])
def test_a_database_that_does_not_answer_is_wrong_and_no_password_is_shown(find: Examine, url: str):
    findings = find(INBOX_DATABASE_URL=url)

    assert wrong(findings) == ["database"]
    assert findings["database"].words.startswith("INBOX_DATABASE_URL: does not answer")
    assert "hunter22" not in findings["database"].words


def test_a_redis_that_does_not_answer_is_wrong(find: Examine):
    findings = find(INBOX_REDIS_URL="redis://:hunter22@127.0.0.1:1/0")

    assert wrong(findings) == ["redis"]
    assert "INBOX_REDIS_URL" in findings["redis"].words
    assert "hunter22" not in findings["redis"].words


def test_a_folder_of_files_that_cannot_be_written_is_wrong(find: Examine, tmp_path: Path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "originals").write_text("a file where the folder should be")

    findings = find(INBOX_STORAGE_URL=str(folder))

    assert wrong(findings) == ["files"]
    assert "INBOX_STORAGE_URL" in findings["files"].words


def test_a_disk_too_full_for_two_uploads_is_wrong(find: Examine):
    findings = find(INBOX_MAX_UPLOAD_MB="100000")

    assert wrong(findings) == ["disk"]
    assert "INBOX_MAX_UPLOAD_MB" in findings["disk"].words


def test_a_secret_key_that_others_can_read_is_wrong(find: Examine, environ: dict[str, str]):
    assert wrong(find(INBOX_SECRET_KEY=None)) == []
    (Path(environ["INBOX_DATA_DIR"]) / "secret_key").chmod(0o644)

    findings = find(INBOX_SECRET_KEY=None)

    assert wrong(findings) == ["secret key"]
    assert "chmod 600" in findings["secret key"].words


def test_a_public_address_without_encryption_is_wrong(find: Examine):
    assert wrong(find(INBOX_PUBLIC_URL="http://inbox.example")) == ["public address"]


def test_https_without_a_trusted_proxy_gets_a_hint(find: Examine):
    finding = find(INBOX_PUBLIC_URL="https://inbox.example")["proxies"]

    assert finding.level is Level.NOTE
    assert "INBOX_TRUSTED_PROXIES" in finding.words


def test_a_public_desk_without_second_factor_gets_a_hint(find: Examine):
    finding = find(INBOX_PUBLIC_URL="https://inbox.example", INBOX_REQUIRE_MFA="off")["second factor"]

    assert finding.level is Level.NOTE
    assert "INBOX_REQUIRE_MFA" in finding.words


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
def test_a_number_for_messages_needs_an_auth_token(find: Examine, channel: str):
    findings = find(NUMBER.format(channel), TWILIO_AUTH_TOKEN=None)

    assert wrong(findings) == ["twilio"]
    assert "TWILIO_AUTH_TOKEN is not set" in findings["twilio"].words
    assert "closed" in findings["twilio"].words


@pytest.mark.parametrize("profile", ["", NUMBER.format("voice")])
def test_without_such_a_number_a_closed_webhook_is_only_noted(find: Examine, profile: str):
    finding = find(profile, TWILIO_AUTH_TOKEN=None)["twilio"]

    assert finding.level is Level.NOTE
    assert "closed" in finding.words


def test_an_inbox_that_nobody_can_sign_in_to_is_noted(find: Examine, runtime: Runtime):
    assert find()["staff"].level is Level.NOTE

    with runtime.database.writing() as session:
        accounts.add_staff(
            session, "ada@newsroom.example", "Ada Kao", Role.ADMIN, "nine green umbrellas", now=runtime.clock()
        )

    assert find()["staff"].level is Level.OK


def test_the_profile_is_read_back(find: Examine):
    findings = find(f'name = "The Paper"\n{NUMBER.format("whatsapp")}')

    assert "The Paper" in findings["profile"].words
    assert "+886 900 000 001" in findings["profile"].words


def test_looking_leaves_nothing_behind(find: Examine, environ: dict[str, str]):
    find()
    before = sorted(Path(environ["INBOX_DATA_DIR"]).rglob("*"))
    find()

    assert [
        path for path in sorted(Path(environ["INBOX_DATA_DIR"]).rglob("*")) if path.is_file() and path not in before
    ] == []
