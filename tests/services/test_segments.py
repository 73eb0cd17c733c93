"""How many parts an SMS takes: what the composer shows is what will be paid."""

import pytest

from inbox.services.segments import GSM, GSM_DOUBLE, count


@pytest.mark.parametrize(
    ("text", "parts", "room"),
    [
        ("", 1, 160),
        ("a" * 160, 1, 160),
        ("a" * 161, 2, 153),
        ("a" * 306, 2, 153),
        ("a" * 307, 3, 153),
        ("€" * 80, 1, 160),
        ("€" * 81, 2, 153),
        ("a" * 152 + "€" + "a" * 152, 3, 153),
        ("謝" * 70, 1, 70),
        ("謝" * 71, 2, 67),
        ("a" * 69 + "謝", 1, 70),
        ("😀" * 35, 1, 70),
        ("😀" * 36, 2, 67),
        ("謝" * 66 + "😀" + "謝" * 66, 3, 67),
        ("line\nline", 1, 160),
        ("çé", 1, 70),
    ],
)
def test_a_text_is_cut_as_operators_cut_it(text: str, parts: int, room: int) -> None:
    counted = count(text)
    assert (counted.characters, counted.parts, counted.room) == (len(text), parts, room)


def test_the_alphabet_has_as_many_letters_as_the_standard_says() -> None:
    assert len(GSM) == 127, "128 places, of which one is the escape"
    assert len(GSM_DOUBLE) == 10
    assert not GSM & GSM_DOUBLE
