"""Reply tokens: what they name, and that nobody can make one."""

import pytest

from inbox.runtime import Runtime
from inbox.services import mail_tokens

IDS = (1, 255, 256, 2**31 - 1)


def test_a_token_names_its_submission_in_any_case_of_letters(runtime: Runtime):
    for number in IDS:
        text = mail_tokens.token(number, runtime.derive)
        assert len(text) <= mail_tokens.LONGEST
        assert mail_tokens.read(text, runtime.derive) == number
        assert mail_tokens.read(text.upper(), runtime.derive) == number
        assert mail_tokens.in_address(f"news+{text.title()}@newsroom.example", runtime.derive) == number


def test_one_letter_changed_makes_it_nobodys(runtime: Runtime):
    text = mail_tokens.token(7, runtime.derive)
    for place, letter in enumerate(text):
        other = "a" if letter != "a" else "b"
        assert mail_tokens.read(text[:place] + other + text[place + 1 :], runtime.derive) is None


def test_a_token_of_another_installation_is_nobodys(runtime: Runtime):
    theirs = mail_tokens.token(7, lambda purpose, text: b"\1" * 32)
    assert mail_tokens.read(theirs, runtime.derive) is None


@pytest.mark.parametrize("text", ["", "a", "abc", "ß", "陳", "0189", "a" * 31, "a" * 6000, "a=b", " "])
def test_what_is_no_token_names_nothing(runtime: Runtime, text: str):
    assert mail_tokens.read(text, runtime.derive) is None
    assert mail_tokens.in_address(f"news+{text}@newsroom.example", runtime.derive) is None
    assert mail_tokens.submission_of(f"<{text}.{text}@newsroom.example>", runtime.derive) is None


def test_a_message_id_is_the_same_each_time_and_tells_its_submission(runtime: Runtime):
    made = mail_tokens.message_id(7, "out:key-1", "newsroom.example", runtime.derive)
    assert made == mail_tokens.message_id(7, "out:key-1", "newsroom.example", runtime.derive)
    assert made != mail_tokens.message_id(7, "out:key-2", "newsroom.example", runtime.derive)
    assert made.startswith("<")
    assert made.endswith("@newsroom.example>")
    assert mail_tokens.submission_of(made, runtime.derive) == 7
    assert mail_tokens.submission_of("<CAF12re@reader.example>", runtime.derive) is None


def test_an_address_without_a_token_names_nothing(runtime: Runtime):
    for address in ("news@newsroom.example", "news+press@newsroom.example", "+@x", "+", ""):
        assert mail_tokens.in_address(address, runtime.derive) is None
