"""The doctor says in words what is wrong, names the setting, and says how to mend it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clamd_peer import ClamdPeer
from conftest import PUBLIC_URL
from dovecot import Account, mail
from smtp_peer import SmtpPeer
from sqlalchemy import text
from twilio_peer import TwilioPeer

from inbox import migrations
from inbox.bootstrap import bootstrap
from inbox.doctor import Finding, Level, examine
from inbox.models import JobKind, Role
from inbox.runtime import Runtime
from inbox.services import accounts, jobs

Examine = Callable[..., dict[str, Finding]]


@pytest.fixture
def peer() -> Iterator[TwilioPeer]:
    with TwilioPeer() as peer:
        peer.owns("+886900000001", sms_url=OURS, voice_url=OUR_VOICE)
        yield peer


@pytest.fixture
def find(environ: dict[str, str], tmp_path: Path, peer: TwilioPeer) -> Examine:
    """`find(NAME=value)` examines an inbox with these settings besides the test's own; None takes one away."""

    def find(profile: str = "", **settings: str | None) -> dict[str, Finding]:
        path = tmp_path / "inbox.toml"
        path.write_text(profile)
        own = {"INBOX_CONFIG": str(path), "INBOX_TWILIO_API_BASE": peer.url, "INBOX_TWILIO_MEDIA_HOSTS": None}
        given = {**environ, **own, **settings}
        runtime = bootstrap({name: value for name, value in given.items() if value is not None})
        findings = list(examine(runtime))
        runtime.database.engine.dispose()
        assert all("\n" not in finding.words for finding in findings)
        return {finding.subject: finding for finding in findings}

    return find


def wrong(findings: dict[str, Finding]) -> list[str]:
    return [subject for subject, finding in findings.items() if finding.level is Level.WRONG]


OURS, OUR_VOICE = f"{PUBLIC_URL}/hooks/twilio/messages", f"{PUBLIC_URL}/hooks/twilio/voice"
NUMBER = '[[numbers]]\nnumber = "+886900000001"\nlabel = "News"\nchannels = ["{}"]\n'


def test_nothing_is_wrong_with_a_good_installation(find: Examine):
    assert wrong(find()) == []
    assert (
        wrong(find(NUMBER.format("whatsapp"), INBOX_PUBLIC_URL="https://inbox.example", INBOX_TRUSTED_PROXIES="1"))
        == []
    )


def test_a_scanner_is_asked_whether_it_is_there(find: Examine):
    assert find()["virus scanner"].level is Level.NOTE
    with ClamdPeer() as clamd:
        assert find(INBOX_CLAMD_URL=clamd.url)["virus scanner"].level is Level.OK
    finding = find(INBOX_CLAMD_URL="tcp://127.0.0.1:1")["virus scanner"]
    assert finding.level is Level.WRONG
    assert "INBOX_CLAMD_URL" in finding.words


def test_hosts_of_media_that_do_not_exist_are_wrong(find: Examine):
    assert find()["media"].level is Level.OK
    assert find(INBOX_TWILIO_MEDIA_HOSTS="127.0.0.1:8081,[::1]")["media"].level is Level.NOTE
    assert wrong(find(INBOX_TWILIO_MEDIA_HOSTS="no-such-host.invalid:8081")) == ["media"]


def test_a_machine_that_can_make_no_clean_copies_is_told(find: Examine, monkeypatch: pytest.MonkeyPatch):
    assert find()["clean copies"].level is Level.OK
    monkeypatch.setattr("inbox.cleaning.process._COMMAND", ("/bin/false",))
    assert wrong(find()) == ["clean copies"]


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


# The Twilio account


def test_twilio_accepts_our_sign_in_and_the_number_calls_us(find: Examine):
    findings = find(NUMBER.format('sms", "voice'))

    assert wrong(findings) == []
    assert "accepts our sign-in" in findings["twilio account"].words
    assert "+886 900 000 001: Twilio knows it" in findings["number"].words


def test_a_token_that_twilio_does_not_accept_is_wrong_and_never_shown(find: Examine):
    findings = find(TWILIO_AUTH_TOKEN="hunter22 hunter22")

    assert wrong(findings) == ["twilio account"]
    assert "TWILIO_AUTH_TOKEN" in findings["twilio account"].words
    assert "hunter22" not in findings["twilio account"].words


def test_a_twilio_that_does_not_answer_is_wrong(find: Examine, peer: TwilioPeer):
    peer.down = True
    assert "try again later" in find()["twilio account"].words

    findings = find(INBOX_TWILIO_API_BASE="http://127.0.0.1:1")

    assert wrong(findings) == ["twilio account"]
    assert "127.0.0.1:1 cannot be reached" in findings["twilio account"].words


def test_without_an_account_nothing_is_asked(find: Examine, peer: TwilioPeer):
    assert find(TWILIO_ACCOUNT_SID=None)["twilio account"].level is Level.NOTE
    assert peer.requests == []


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (
            {"sms_url": "http://inbox.example/hooks/twilio/messages"},
            f"is http://inbox.example/hooks/twilio/messages; set it to {OURS}",
        ),
        ({"sms_url": ""}, f"is empty; set it to {OURS}"),
        ({"sms_url": OURS + "/"}, f"set it to {OURS}"),
        ({"sms_url": OURS, "sms_method": "GET"}, "uses GET; set it to POST"),
        ({"sms_url": OURS, "sms_application_sid": "AP1"}, "application (AP1)"),
        ({"sms_url": OURS, "voice_url": OURS}, "A call comes in"),
        ({"sms_url": OURS, "voice_url": OUR_VOICE, "trunk_sid": "TK1"}, "calls go to TK1"),
        ({"sms_url": "https://user:hunter22@old.example/a?key=hunter22"}, "is https://old.example/a; set"),
    ],
)
def test_a_number_that_calls_somebody_else_is_wrong(find: Examine, peer: TwilioPeer, number: dict, said: str):
    peer.numbers.clear()
    peer.owns("+886900000001", **{"voice_url": OUR_VOICE, **number})

    findings = find(NUMBER.format('sms", "voice'))

    assert wrong(findings) == ["number"]
    assert said in findings["number"].words
    assert "hunter22" not in findings["number"].words


def test_options_of_twilios_own_behind_the_address_are_fine(find: Examine, peer: TwilioPeer):
    peer.numbers.clear()
    peer.owns("+886900000001", sms_url=f"{OURS}#rc=3&rp=all", sms_method="POST")
    assert wrong(find(NUMBER.format("sms"))) == []


def test_a_number_that_the_account_does_not_have_is_wrong(find: Examine, peer: TwilioPeer):
    peer.numbers.clear()
    findings = find(NUMBER.format("sms"))
    assert wrong(findings) == ["number"]
    assert "this account does not have it" in findings["number"].words


def test_whatsapp_senders_are_not_listed_and_the_doctor_says_so(find: Examine, peer: TwilioPeer):
    peer.numbers.clear()
    findings = find(NUMBER.format("whatsapp"))
    assert wrong(findings) == []
    assert OURS in findings["whatsapp"].words
    assert "cannot be looked up" in findings["whatsapp"].words


def test_a_worker_that_does_not_run_is_wrong(find: Examine, runtime: Runtime):
    assert find()["worker"].level is Level.OK
    with runtime.database.writing() as session:
        jobs.promise(session, JobKind.SEND, 1, due_at=runtime.clock(), now=runtime.clock())

    findings = find()  # by the real clock, which is behind or ahead of the test's

    assert findings["worker"].level is Level.WRONG
    assert "inbox worker" in findings["worker"].words


TEMPLATE = """
[[templates]]
name = "follow_up"
label = "Follow up"
content_sid = "HX0123456789abcdef0123456789abcdef"
text = "Hello {{1}}, about {{2}}: may we call you?"
variables = ["name", "subject"]
"""
SID = "HX0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("content", "level", "words"),
    [
        ({"variables": {"1": "a", "2": "b"}, "status": "approved"}, Level.OK, "is approved"),
        ({"variables": {"1": "a", "2": "b"}, "status": "pending"}, Level.WRONG, "waits for WhatsApp's approval"),
        ({"variables": {"1": "a", "2": "b"}, "status": "unsubmitted"}, Level.WRONG, "never handed in"),
        (
            {"variables": {"1": "a", "2": "b"}, "status": "rejected", "reason": "too pushy"},
            Level.WRONG,
            "rejected by WhatsApp (too pushy)",
        ),
        ({"variables": {"1": "a"}, "status": "approved"}, Level.WRONG, "variables differ: Twilio has {{1}}"),
        (None, Level.WRONG, "does not know this content_sid"),
    ],
)
def test_a_template_is_compared_with_what_twilio_knows(find: Examine, content, level: Level, words: str):
    with TwilioPeer() as peer:
        peer.contents = {SID: content} if content else {}
        finding = find(TEMPLATE, INBOX_TWILIO_API_BASE=peer.url)["template follow_up"]
    assert finding.level is level
    assert words in finding.words


def test_a_twilio_that_does_not_answer_is_said_of_the_template(find: Examine):
    finding = find(TEMPLATE, INBOX_TWILIO_API_BASE="http://127.0.0.1:9")["template follow_up"]
    assert finding.level is Level.WRONG
    assert "did not answer" in finding.words


def test_without_an_account_templates_cannot_be_checked(find: Examine):
    finding = find(TEMPLATE, TWILIO_ACCOUNT_SID=None)["templates"]
    assert finding.level is Level.NOTE


MAILBOXES = """
[[mailboxes]]
address = "news@example.org"
label = "News desk"
[[mailboxes]]
address = "press@example.org"
label = "Press"
"""


def test_a_mail_server_that_takes_our_mail_is_fine_and_gets_none(find: Examine):
    with SmtpPeer(password="right") as peer:
        found = find(MAILBOXES, INBOX_SMTP_URL=peer.url)["mail server"]
        assert (found.level, peer.contents) == (Level.OK, [])
        assert (
            found.words == f"127.0.0.1:{peer.port} lets us in and takes mail from news@example.org, press@example.org"
        )


def test_a_password_that_the_mail_server_does_not_accept_is_wrong_and_never_shown(find: Examine):
    with SmtpPeer(password="right") as peer:
        found = find(MAILBOXES, INBOX_SMTP_URL=peer.url.replace("right", "wrong-secret"))["mail server"]
    assert found.level is Level.WRONG
    assert "INBOX_SMTP_URL: " in found.words
    assert "does not accept the user and the password" in found.words
    assert "wrong-secret" not in found.words


def test_a_mail_server_that_does_not_answer_is_wrong(find: Examine):
    with SmtpPeer() as peer:
        peer.down()
        found = find(MAILBOXES, INBOX_SMTP_URL=peer.url)["mail server"]
    assert found.level is Level.WRONG
    assert "does not answer as a mail server" in found.words


def test_a_mailbox_that_the_mail_server_takes_nothing_from_is_named(find: Examine):
    with SmtpPeer() as peer:
        peer.next("sender", "553 5.7.1 Not yours")
        found = find(MAILBOXES, INBOX_SMTP_URL=peer.url)["mail server"]
    assert found.level is Level.WRONG
    assert "takes no mail from news@example.org; set" in found.words


@pytest.mark.parametrize(
    ("profile", "public", "level", "words"),
    [
        (MAILBOXES, PUBLIC_URL, Level.NOTE, "rehearsed-mail"),
        (MAILBOXES, "https://inbox.example.org", Level.WRONG, "whose mail cannot be answered; set it like smtp://"),
        ("", "https://inbox.example.org", Level.NOTE, "no mail is sent"),
    ],
)
def test_without_a_mail_server_it_depends_on_who_needs_one(find: Examine, profile, public, level: Level, words: str):
    found = find(profile, INBOX_PUBLIC_URL=public)["mail server"]
    assert found.level is level
    assert words in found.words


# The mail servers that mail is fetched from

MAILBOX = '[[mailboxes]]\naddress = "news@example.org"\nlabel = "News"\n'
MOVING = f'{MAILBOX}after_reading = "move"\nmove_to = "Done"\n'


def test_a_mailbox_that_can_be_read_is_fine_and_nothing_changes_there(find: Examine, account: Account):
    account.append(mail())
    url = f"{account.server.url(account.user)}?address=news@example.org"

    findings = find(MAILBOX, INBOX_IMAP_URL=url)

    assert wrong(findings) == []
    assert "folder INBOX on 127.0.0.1: can be read; the server says at once" in findings["mailbox"].words
    assert account.uids(criteria="UNSEEN") == [1]
    assert find()["mailbox"].level is Level.NOTE


def test_a_mailbox_that_cannot_be_read_is_wrong_in_words_and_no_password_is_shown(find: Examine, account: Account):
    url = account.server.url(account.user, password="hunter22")
    finding = find(INBOX_IMAP_URL=url)["mailbox"]
    assert finding.level is Level.WRONG
    assert "INBOX_IMAP_URL" in finding.words
    assert "does not accept the user name or the password" in finding.words
    assert "hunter22" not in finding.words
    assert "no such folder" in find(INBOX_IMAP_URL=account.server.url(account.user, folder="Nowhere"))["mailbox"].words


def test_a_folder_to_move_mails_to_must_be_there(find: Examine, account: Account):
    url = f"{account.server.url(account.user)}?address=news@example.org"
    finding = find(MOVING, INBOX_IMAP_URL=url)["mailbox"]
    assert finding.level is Level.WRONG
    assert "Done (move_to), and there is no such folder" in finding.words
    account.create("Done")
    assert find(MOVING, INBOX_IMAP_URL=url)["mailbox"].level is Level.OK


def test_mail_of_an_address_that_the_profile_does_not_list_is_wrong(find: Examine):
    finding = find(MAILBOX, INBOX_IMAP_URL="imaps://other%40example.org:hunter22@127.0.0.1:1")["mailbox"]
    assert finding.level is Level.WRONG
    assert "other@example.org is none of the profile's mailboxes" in finding.words


def test_a_newsletter_that_nobody_can_confirm_by_mail_is_pointed_out(find: Examine) -> None:
    found = find('[newsletter]\nname = "Weekly"\n')["newsletter"]
    assert found.level is Level.NOTE
    assert "INBOX_SMTP_URL" in found.words
