"""`inbox import-mail`: mails from files, as if they had arrived."""

import json
import mailbox
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from inbox import logs
from inbox.cli import main

SAMPLES = Path(__file__).parent / "samples/email"
PROFILE = """
[[mailboxes]]
address = "news@newsroom.example"
label = "News"
default_kind = "press_release"

[[mailboxes]]
address = "tips@newsroom.example"
label = "Tips"
default_kind = "story_tip"
"""
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on a fresh machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "configure", lambda: None)  # for the life of a process, and this one runs other tests

    def run(*words: object, **settings: str) -> Result:
        environ = {"INBOX_DATA_DIR": str(tmp_path / "data"), **settings}
        return CliRunner().invoke(main, [str(word) for word in words], env=environ, catch_exceptions=False)

    return run


def exported(run: Run) -> list[dict]:
    return [json.loads(line) for line in run("export").stdout.splitlines()]


def accounts(run: Run) -> dict[str, str]:
    """The account of each message, by its submission's subject."""
    return {line["subject"]: message["account"] for line in exported(run) for message in line["messages"]}


def test_it_works_on_a_fresh_machine_and_says_what_became_of_each_file(run: Run):
    sample = SAMPLES / "01_plain_press_release.eml"
    assert run("import-mail", sample).stdout == f"{sample}: taken in\n"
    again = run("import-mail", sample, SAMPLES / "02_alternative_html.eml")
    assert again.exit_code == 0
    assert again.stdout == f"{sample}: here already\n{SAMPLES / '02_alternative_html.eml'}: taken in\n"
    first, _ = exported(run)
    assert first["messages"][0]["account"] == "import"
    assert first["messages"][0]["external_id"] == "<20261120.0915.a1@riverside-theatre.example>"


def test_a_reply_says_in_the_export_what_it_answers(run: Run):
    run("import-mail", SAMPLES / "02_alternative_html.eml", SAMPLES / "12_reply_in_thread.eml")
    (line,) = exported(run)
    assert line["messages"][1]["extra"]["in_reply_to"] == "<desk-reply-1@newsroom.example>"


def test_a_mail_goes_to_the_mailbox_that_it_was_delivered_or_written_to(run: Run, tmp_path: Path):
    (tmp_path / "inbox.toml").write_text(PROFILE)
    mails = {
        "written": "To: Desk <TIPS@newsroom.example>",
        "delivered": "To: list@elsewhere.example\nDelivered-To: tips@newsroom.example",
        "token": "To: tips+abc@newsroom.example",
        "neither": "To: somebody@elsewhere.example",
    }
    for name, head in mails.items():
        text = f"From: lin@reader.example\nSubject: {name}\nMessage-ID: <{name}@x.example>\n{head}\n\nHello\n"
        (tmp_path / f"{name}.eml").write_text(text)
    assert run("import-mail", *(tmp_path / f"{name}.eml" for name in mails)).exit_code == 0
    tips, news = "tips@newsroom.example", "news@newsroom.example"
    assert accounts(run) == {"written": tips, "delivered": tips, "token": tips, "neither": news}


def test_an_mbox_is_taken_in_mail_by_mail(run: Run, tmp_path: Path):
    path = tmp_path / "archive.mbox"
    archive = mailbox.mbox(path)
    names = sorted(SAMPLES.glob("*.eml"))
    for name in names:
        archive.add(name.read_bytes())
    archive.flush()
    assert run("import-mail", path).stdout == f"{path}: 21 taken in, 1 here already\n"
    assert run("import-mail", path).stdout == f"{path}: 22 here already\n"
    with_files = {f["sha256"] for line in exported(run) for m in line["messages"] for f in m["attachments"]}
    assert "98a3ac94c5e369dc49aa5cf3337711644d441af14744038b52deee312fa8d84b" in with_files


def test_a_mail_of_an_mbox_is_the_same_as_the_file_it_was(run: Run, tmp_path: Path):
    path = tmp_path / "archive.mbox"
    archive = mailbox.mbox(path)
    for name in sorted(SAMPLES.glob("*.eml")):
        archive.add(name.read_bytes())
    archive.flush()
    run("import-mail", *sorted(SAMPLES.glob("*.eml")))
    assert run("import-mail", path).stdout == f"{path}: 22 here already\n"


def test_a_mail_above_the_limit_is_kept_as_a_placeholder(run: Run, tmp_path: Path):
    path = tmp_path / "large.eml"
    path.write_bytes(b"From: lin@reader.example\nSubject: Large\n\n" + b"x" * 1024 * 1024 * 2)
    done = run("import-mail", path, INBOX_MAX_MAIL_MB="1")
    assert done.stdout.splitlines()[-1] == f"{path}: kept as a placeholder"


def test_a_file_that_cannot_be_read_holds_up_no_other_one(run: Run, tmp_path: Path):
    sample = SAMPLES / "01_plain_press_release.eml"
    done = run("import-mail", tmp_path / "missing.eml", tmp_path, sample)
    assert done.exit_code == 1
    assert f"{tmp_path / 'missing.eml'}: cannot be read: No such file or directory" in done.stderr
    assert f"{tmp_path}: cannot be read: Is a directory" in done.stderr
    assert done.stdout == f"{sample}: taken in\n"


def test_an_empty_file_holds_no_mail(run: Run, tmp_path: Path):
    (tmp_path / "empty").write_bytes(b"")
    assert run("import-mail", tmp_path / "empty").stdout == f"{tmp_path / 'empty'}: no mail in it\n"
