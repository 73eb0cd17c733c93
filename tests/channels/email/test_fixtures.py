"""Each real-shaped mail gives what the list beside it says."""

import hashlib
import json
from pathlib import Path

import pytest

from inbox.channels.email.parse import parse
from inbox.services.mail import MailFile, ReadMail

SAMPLES = Path(__file__).parents[2] / "samples" / "email"
EXPECTED = {entry["file"]: entry["expect"] for entry in json.loads((SAMPLES / "index.json").read_text())["messages"]}
NOT_OF_READING = {"stored", "suggested_kind", "same_thread_as", "subject_must_be_escaped"}
"""What is decided later: whether it becomes an item, of which kind and where, and how a page shows it."""


def read(name: str) -> ReadMail:
    return parse((SAMPLES / name).read_bytes())


def file_facts(file: MailFile) -> dict[str, object]:
    return {
        "filename": file.filename or None,
        "content_type": file.content_type or None,
        "size": len(file.content),
        "sha256": hashlib.sha256(file.content).hexdigest(),
        "inline": file.inline,
        "content_id": f"<{file.content_id}>" if file.content_id else None,
    }


def check_files(found: list[MailFile], expected: list[dict[str, object]]) -> None:
    facts = [file_facts(file) for file in found]
    assert [{name: fact[name] for name in each} for fact, each in zip(facts, expected, strict=True)] == expected


CHECKS = {
    "parse_error": lambda mail, error: not error,
    "from_addr": lambda mail, address: mail.sender == address,
    "from_name": lambda mail, name: mail.sender_name == name,
    "to": lambda mail, addresses: list(mail.recipients) == addresses,
    "to_count": lambda mail, count: len(mail.recipients) == count,
    "subject": lambda mail, subject: mail.subject == subject,
    "subject_starts_with": lambda mail, words: mail.subject.startswith(words) and len(mail.subject) >= 2000,
    "message_id": lambda mail, mail_id: mail.mail_id == (mail_id or ""),
    "message_id_generated": lambda mail, missing: (not mail.mail_id) == missing,
    "in_reply_to": lambda mail, mail_id: mail.in_reply_to == (mail_id or ""),
    "references": lambda mail, mail_ids: list(mail.references) == mail_ids,
    "reply_to": lambda mail, address: mail.reply_to == address,
    "text_contains": lambda mail, texts: all(text in mail.text for text in texts),
    "text_not_contains": lambda mail, texts: not any(text in mail.text for text in texts),
    "has_html": lambda mail, has: bool(mail.html) == has,
    "html_contains": lambda mail, texts: all(text in mail.html for text in texts),
    "html_must_not_contain": lambda mail, texts: not any(text in mail.html.lower() for text in texts),
    "html_must_not_load_remote": lambda mail, urls: not any(url in mail.html for url in urls),
    "auto_generated": lambda mail, automatic: mail.automatic == automatic,
    "bulk": lambda mail, bulk: mail.bulk == bulk,
    "bounce": lambda mail, bounce: bool(mail.bounce) == bounce,
    "auto_reply_allowed": lambda mail, allowed: (not (mail.automatic or mail.bulk or mail.bounce)) == allowed,
    "bounce_recipient": lambda mail, address: mail.bounce.recipient == address,
    "bounce_status": lambda mail, status: mail.bounce.status == status and mail.bounce.final,
    "bounce_of": lambda mail, mail_id: mail.bounce.original_id == mail_id,
    "parse_defects": lambda mail, defects: bool(mail.defects) == defects,
    "duplicate_of": lambda mail, name: mail.digest == read(name).digest,
    "message_id_conflict_with": lambda mail, name: (
        mail.mail_id == read(name).mail_id and mail.digest != read(name).digest
    ),
    "attachments": lambda mail, files: check_files([file for file in mail.files if not file.taken_from], files) is None,
    "tnef_contents": lambda mail, files: check_files([file for file in mail.files if file.taken_from], files) is None,
    "inner_message": lambda mail, inner: (
        {
            "from_addr": (read_inner := parse(mail.files[0].content)).sender,
            "subject": read_inner.subject,
        }
        == inner
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_mail_is_understood(name):
    mail = read(name)
    unknown = EXPECTED[name].keys() - CHECKS.keys() - NOT_OF_READING
    assert not unknown
    wrong = {key: value for key, value in EXPECTED[name].items() if key in CHECKS and not CHECKS[key](mail, value)}
    assert wrong == {}


def test_a_mail_without_message_id_is_the_same_when_it_is_fetched_again():
    raw = (SAMPLES / "09_missing_message_id.eml").read_bytes()
    assert parse(raw).digest == parse(raw.replace(b"4TxQ1", b"9ZzZ9")).digest


def test_only_the_mail_with_a_wrong_boundary_is_called_damaged():
    damaged = {name: read(name).defects for name in EXPECTED if read(name).defects}
    assert damaged == {"10_malformed_boundary.eml": ("boundary",)}
