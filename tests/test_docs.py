"""The documentation names what is there."""

import re
from pathlib import Path

from inbox.cli import main
from inbox.config import Settings
from inbox.profile import Guide, Link, Mailbox, Newsletter, Number, Profile, QuietHours, Template

PROJECT = Path(__file__).parent.parent
SETTINGS = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
ALIASES = {field.alias for field in Settings.model_fields.values()}
COMMAND = re.compile(r"(?:`|bin/|^    )inbox ([a-z-]+)")


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    assert set(re.findall(r"^\| `((?:INBOX|TWILIO)_\w+)` ", SETTINGS, re.MULTILINE)) == ALIASES


def test_the_example_environment_names_every_setting_and_no_other() -> None:
    text = (PROJECT / ".env.example").read_text(encoding="utf-8")

    assert set(re.findall(r"^# (\w+)=", text, re.MULTILINE)) == ALIASES


def test_every_key_of_the_profile_is_documented() -> None:
    documented = set(re.findall(r"^\| `([a-z_]+)` ", SETTINGS, re.MULTILINE))

    assert documented == set(Profile.model_fields)


def test_every_key_of_the_profiles_tables_is_documented() -> None:
    tables = {
        "guide": Guide,
        "newsletter": Newsletter,
        "numbers": Number,
        "mailboxes": Mailbox,
        "social": Link,
        "templates": Template,
        "quiet_hours": QuietHours,
    }
    for table, part in tables.items():
        row = next(line for line in SETTINGS.splitlines() if line.startswith(f"| `{table}` "))
        keys = {field.alias or name for name, field in part.model_fields.items()}

        assert set(re.findall(r"`([a-z_]+)`", row)) == {table, *keys}


def test_every_command_in_the_documentation_exists() -> None:
    paths = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *(PROJECT / "docs").rglob("*.md")]
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    named = {word for line in lines for word in COMMAND.findall(line)}

    assert named > {"serve", "doctor", "upgrade", "simulate"}
    assert named <= set(main.commands)
