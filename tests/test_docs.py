"""The documentation names what is there."""

import re
from pathlib import Path

from inbox.cli import main
from inbox.config import Profile, Settings

PROJECT = Path(__file__).parent.parent
SETTINGS = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    documented = set(re.findall(r"^\| `((?:INBOX|TWILIO)_\w+)` ", SETTINGS, re.MULTILINE))

    assert documented == {field.alias for field in Settings.model_fields.values()}


def test_every_key_of_the_profile_is_documented() -> None:
    documented = set(re.findall(r"^\| `([a-z_]+)` ", SETTINGS, re.MULTILINE))

    assert documented == set(Profile.model_fields)


def test_every_command_in_the_documentation_exists() -> None:
    texts = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *(PROJECT / "docs").glob("*.md")]
    named = {word for path in texts for word in re.findall(r"\binbox (serve|[a-z]+) *(?=[`\n\"-])", path.read_text())}

    assert named & {"serve", "doctor", "upgrade"}
    for line in "\n".join(path.read_text(encoding="utf-8") for path in texts).splitlines():
        for word in re.findall(r"(?:`|bin/|^    )inbox ([a-z]+)", line):
            assert word in main.commands, line
