"""What a mail says itself, what it quotes, and which subjects are the same."""

import pytest

from inbox.services.quoting import bare_subject, pieces

QUOTED = "> Dear Ms Lin,\n>\n> which bridge do you mean?\n> The newsroom"
LONG_AGO = "On Tue, 24 Nov 2026 at 10:00, Newsroom <news@newsroom.example> wrote:"


def parts(text: str) -> list[tuple[str, bool]]:
    return [(piece.text, piece.quoted) for piece in pieces(text)]


def test_a_long_quotation_is_a_part_of_its_own_wherever_it_stands():
    found = parts(f"Tuesday works.\n\n{QUOTED}\n\nBest wishes\nLin")
    assert found == [("Tuesday works.", False), (QUOTED, True), ("Best wishes\nLin", False)]


def test_a_short_quotation_stays_where_it_is_answered():
    assert parts("> which bridge?\nThe long one.") == [("> which bridge?", False), ("The long one.", False)]


@pytest.mark.parametrize(
    "line",
    [
        LONG_AGO,
        "On Tue, 24 Nov 2026 at 10:00, Newsroom\n<news@newsroom.example> wrote:",
        "於 2026年11月24日 週二 上午10:00 Newsroom 寫道：",
        "Newsroom <news@newsroom.example> 於 2026年11月24日 週二 上午10:00 寫道：",
        "在 2026年11月24日，Newsroom 写道：",
        "Am 24.11.2026 um 10:00 schrieb Newsroom:",
        "Le 24 novembre 2026 à 10:00, Newsroom a écrit :",
    ],
)
def test_the_line_that_says_who_wrote_belongs_to_what_it_introduces(line):
    assert parts(f"Yes.\n\n{line}\n{QUOTED}") == [("Yes.", False), (f"{line}\n{QUOTED}", True)]
    unmarked = "Dear Ms Lin,\nwhich bridge?\nThere are three.\nThe newsroom"
    assert parts(f"Yes.\n\n{line}\n\n{unmarked}") == [("Yes.", False), (f"{line}\n\n{unmarked}", True)]


@pytest.mark.parametrize("line", ["On its website the ministry wrote:", "On and on they wrote:", "In 2026 she wrote:"])
def test_a_sentence_that_only_looks_alike_hides_nothing(line):
    assert not any(quoted for _, quoted in parts(f"{line}\na\nb\nc\nd\ne"))


def test_what_was_forwarded_is_not_hidden():
    text = "---------- Forwarded message ---------\nFrom: A\nTo: B\nSubject: C\n\nThe news itself."
    assert not any(quoted for _, quoted in parts(text))


def test_a_mail_that_is_nothing_but_quotation_is_shown():
    assert parts(f"{LONG_AGO}\n{QUOTED}") == [(f"{LONG_AGO}\n{QUOTED}", False)]


def test_every_line_is_in_one_of_the_parts():
    text = f"A\n\n{QUOTED}\nB\n> c\n{LONG_AGO}\n\nD\nE\nF\nG"
    said = [line for line in text.splitlines() if line.strip()]
    assert [line for part, _ in parts(text) for line in part.splitlines() if line.strip()] == said


@pytest.mark.parametrize(
    "subject",
    ["Re: The bridge", "RE : the  bridge", "Fwd: Re: The bridge", "回覆：The bridge", "轉寄: 回复：The bridge", "AW: WG: The bridge",
     "Re[2]: The bridge", "  The bridge "],
)  # fmt: skip
def test_an_answer_has_the_subject_of_what_it_answers(subject):
    assert bare_subject(subject) == bare_subject("The bridge")


@pytest.mark.parametrize("subject", ["The bridges", "Regarding: The bridge", "Restaurant: The bridge", ""])
def test_another_subject_is_another(subject):
    assert bare_subject(subject) != bare_subject("The bridge")
