"""The guide's steps without a database: every state is legal, every step has a way out, and words are short."""

import re
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox import kinds
from inbox.kinds import shared
from inbox.models import GuideStage
from inbox.rendering import message as render
from inbox.rendering import template_folder
from inbox.services import guide_steps
from inbox.services.guide_steps import Said, Say, State
from inbox.text import plain

OFFERED = tuple(kinds.BY_NAME)
LANGUAGES = ("", "zh-Hant")
NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
MOST = 1 + 1 + 3 + 1
"""Menu, menu again, three questions, thanks."""

words = st.one_of(
    st.sampled_from(["", "0", "1", "７", "8", "99", "9" * 50, "press release", "新聞稿", "just send it", "直接送出"]),
    st.sampled_from(["Harbour Authority", "no", "yes", "\n", "event\nmore", "２", "²", "٣"]),
    st.text(max_size=20),
)
said = st.builds(
    Said, words, st.sampled_from(["", "", "event", "story-tip", "0", "nonsense"]), st.booleans(), st.booleans()
)


@given(said, st.lists(said, max_size=30), st.sampled_from([OFFERED, ("event",), ("story_tip", "message")]))
def test_whatever_is_said_the_state_is_legal_and_the_guide_says_little(first, others, offered) -> None:
    steps = [guide_steps.start(first, "message", offered)]
    for each in others:
        steps.append(guide_steps.step(steps[-1].state, each, offered))

    for before, after in pairwise(steps):
        state = after.state
        assert state.kind in offered or state.kind == "message"
        assert (state.question is not None) == (state.stage is GuideStage.ASKING)
        assert before.state.stage.at_work or after == guide_steps.Step(before.state), "what is over stays over"
        assert (after.say is not None) >= (not state.stage.at_work and before.state.stage.at_work)
    assert sum(each.say is Say.MENU for each in steps) <= 1
    assert sum(each.say is Say.AGAIN for each in steps) <= 1
    assert sum(each.say is not None for each in steps) <= MOST


@given(st.sampled_from(OFFERED), st.integers(0, 2), st.booleans(), st.sampled_from(sorted(guide_steps.WAYS_OUT)))
def test_there_is_a_way_out_of_every_state(kind, place, repeated, way_out) -> None:
    for stage in (GuideStage.CHOOSING, GuideStage.ASKING):
        out = guide_steps.step(State(stage, kind, place, repeated), Said(f" {way_out.upper()}. "), OFFERED)
        assert (out.state.stage, out.say) == (GuideStage.LEFT, Say.THANKS)


def test_a_second_message_right_after_the_first_is_no_wrong_answer_but_a_number_is() -> None:
    choosing = State(GuideStage.CHOOSING, "message")
    assert guide_steps.step(choosing, Said("and there is smoke", early=True), OFFERED).say is None
    assert guide_steps.step(choosing, Said("9", early=True), OFFERED).say is Say.AGAIN
    assert guide_steps.step(choosing, Said("1", early=True), OFFERED).say is Say.QUESTION


@pytest.mark.parametrize("kind", kinds.ALL, ids=lambda kind: kind.name)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_short_words_in_both_languages(kind, language) -> None:
    folder = template_folder() / "messages" / "guide"
    ending = f".{language}.txt" if language else ".txt"
    names = ["choice", *(question.name for question in kind.questions)]
    assert len(kind.questions) <= 3
    for name in names:
        assert (folder / kind.name / f"{name}{ending}").is_file()
    choice = render(f"guide/{kind.name}", "choice", language)
    assert 0 < len(choice) <= 24, "the most that a row of a WhatsApp list holds"
    assert guide_steps.start(Said(choice), "message", OFFERED).state.kind == kind.name or kind.name == "message"
    assert guide_steps.step(State(GuideStage.CHOOSING, "message"), Said(choice), OFFERED).state.kind == kind.name
    for question in kind.questions:
        text = render(f"guide/{kind.name}", question.name, language, zone="Taipei", example="2026-12-01 09:00")
        assert len(text) <= 200
        assert not re.search(r"https?:|www\.", text)


def test_no_two_kinds_share_a_name_and_every_name_can_be_said() -> None:
    said = [word for kind in kinds.ALL for word in kind.said_as]
    assert len(said) == len(set(said))
    assert [plain(word) for word in said] == said


def test_the_menu_with_a_long_name_and_every_kind_fits_into_one_message() -> None:
    for language in LANGUAGES:
        welcome = render("acknowledgement", "sms", language, newsroom="N" * 200, reference="MS-7K3M9Q")
        choices = [render(f"guide/{kind}", "choice", language) for kind in OFFERED]
        assert len(f"{welcome}\n\n{render('guide', 'menu', language, choices=choices)}") <= 1024
    assert len(OFFERED) <= 10, "the rows of a WhatsApp list"


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("2026-12-01 09:00", "2026-12-01T09:00:00+08:00"),
        ("2026/12/1 9:00.", "2026-12-01T09:00:00+08:00"),
        ("２０２６－１２－０１ ０９：００", "2026-12-01T09:00:00+08:00"),
        ("2026年12月1日 9點00分", "2026-12-01T09:00:00+08:00"),
        ("until 2026-12-01 09:00", None),
        ("2026-12-01 09:00 London", None),
        ("01/12/2026 09:00", None),
        ("2026-12-01", None),
        ("2026-13-01 09:00", None),
        ("2026-12-01 24:00", None),
        ("9999-12-31 23:59", "9999-12-31T23:59:00+08:00"),
        ("0000-01-01 00:00", None),
        ("2026-11-24 13:00", None),  # passed already
        ("tomorrow at nine", None),
    ],
)
def test_a_time_is_read_only_if_it_can_mean_nothing_else(words, at) -> None:
    fact = shared.read_moment(words, NOW, ZoneInfo("Asia/Taipei"))
    assert fact == (at and {"at": at, "zone": "Asia/Taipei"})


@pytest.mark.parametrize("words", ["2027-03-28 02:30", "2027-10-31 02:30"])
def test_a_time_while_the_clocks_change_is_not_read(words) -> None:
    assert shared.read_moment(words, NOW, ZoneInfo("Europe/Berlin")) is None
