"""Finding: the same words find the same things on both databases, at once, and for whom they may."""

import pytest
from desk_work import reload, send

from inbox.models import Channel, User
from inbox.services import search, triage
from inbox.services.contacts import Facts, Sender
from inbox.services.filters import Filters
from inbox.services.intake import Incoming, receive_more
from inbox.services.media import RemoteFile


def find(runtime, user: User, words: str, **filters) -> list[str]:
    with runtime.database.reading() as session:
        return [s.reference for s in search.find_page(session, user, Filters(words=words, **filters)).submissions]


@pytest.fixture
def found(runtime, cast):
    """`found("words")` is whether Alice finds the one submission that these words are in."""
    send(runtime, "Something else entirely, 完全不同的內容", subject="Other")
    submission = send(
        runtime,
        "The café on Île Street closed. 地方選舉結果出爐，里長說不清楚。 Straße ＡＢＣ１２３ x",
        subject="Harbour Museum reopens",
        facts=Facts("Margaret Okafor", "margaret.okafor@mail.example", "+886 2 2345 6789", "臺中港博物館"),
        remote_files=(RemoteFile("https://x", "application/pdf", "Budget_2026-final.PDF"),),
        details={"where": "Keelung hospital"},
    )
    with runtime.database.writing() as session:
        item = session.merge(reload(runtime, submission))
        triage.label(session, item, "Breaking 颱風", actor=cast["alice"], now=runtime.clock())
        triage.note(session, item, "Ask the lighthouse keeper", actor=cast["alice"], now=runtime.clock())

    def check(words: str) -> bool:
        return find(runtime, cast["alice"], words) == [submission.reference]

    check.submission = submission
    return check


@pytest.mark.parametrize(
    "words",
    [
        "選舉",  # two characters inside a sentence
        "地方選舉結果",
        "選",
        "cafe",
        "CAFÉ",
        "ile str",
        "strasse",
        "abc123",
        "muse",  # a beginning
        "museum reop harb",
        "okafor",
        "margaret.okafor@mail.example",
        "2345",  # inside a number
        "456789",
        "88622345",
        "博物館",
        "breaking",
        "颱風",
        "lighthouse",
        "budget",
        "2026 final pdf",
        "keelung",
        "“選舉”",
        "選舉 cafe 2345",
    ],
)
def test_words_are_found_wherever_they_stand(found, words):
    assert found(words)


@pytest.mark.parametrize("words", ["選方", "useum", "closed opened", "9999999", "zzz", "結果地方"])
def test_what_is_not_there_is_not_found(found, words):
    assert not found(words)


def test_a_reference_is_found_in_any_writing(found):
    reference = found.submission.reference
    for words in (reference, reference.lower(), reference.replace("-", " "), reference[3:]):
        assert found(words), words


@pytest.mark.parametrize("words", ["!!!", "***", '"', "' & |", "( )", "\x00", "-", "。，"])
def test_words_without_a_letter_find_nothing(found, runtime, cast, words):
    assert find(runtime, cast["alice"], words) == []


@pytest.mark.parametrize(
    "words", ["a" * 5000, "選" * 5000, "a b " * 500, "x" * 41 + " y", "NOT cafe", "cafe OR", "tokens:cafe", "\\", "'a'"]
)
def test_strange_words_break_nothing(found, runtime, cast, words):
    find(runtime, cast["alice"], words)


def test_a_new_item_and_a_new_message_are_found_at_once(runtime, cast):
    submission = send(runtime, "First words")
    assert find(runtime, cast["alice"], "first") == [submission.reference]
    with runtime.database.writing() as session:
        item = session.merge(reload(runtime, submission))
        receive_more(session, item, Incoming(Channel.WEB, "web", "m", "Second words"), now=runtime.clock())
    assert find(runtime, cast["alice"], "second") == [submission.reference]


AS_TYPED = [
    "0912345678",
    "0912-345",
    "0912 345 678",
    "(0912) 345-678",
    "0912 34 56 78",
    "+886912345678",
    "+886 912 345 678",
    "+886 (0)912 345 678",
    "912345678",
    "345678",
    "０９１２３４５６７８",
]


@pytest.mark.parametrize("typed", AS_TYPED)
def test_a_phone_number_is_found_however_it_is_typed(runtime, cast, typed):
    other = send(runtime, facts=Facts("Other", phone="0922-111-333"))
    form = send(runtime, facts=Facts("Reader", phone="0912-345-678"))
    whatsapp = send(runtime, channel=Channel.WHATSAPP, sender=Sender(Channel.WHATSAPP, "+886912345678"))
    found = find(runtime, cast["alice"], typed)
    assert set(found) == {form.reference, whatsapp.reference}
    assert other.reference not in found


@pytest.mark.parametrize("typed", ["020 7946 0018", "+44 20 7946 0018", "7946 0018"])
def test_a_number_abroad_is_found_as_it_is_dialled_there(runtime, cast, typed):
    form = send(runtime, facts=Facts("Reader", phone="+44 20 7946 0018"))
    assert find(runtime, cast["alice"], typed) == [form.reference]


def test_the_number_a_message_came_from_is_found_by_any_part(runtime, cast):
    submission = send(runtime, channel=Channel.SMS, sender=Sender(Channel.SMS, "+886912345678", "Yu"))
    for part in ("886912345678", "912345", "5678", "345"):
        assert find(runtime, cast["alice"], part) == [submission.reference], part


def test_a_label_that_was_taken_off_is_no_longer_found(runtime, cast):
    submission = send(runtime, "The harbour", facts=Facts("Margaret", phone="0912345678"))
    with runtime.database.writing() as session:
        item = session.merge(reload(runtime, submission))
        triage.label(session, item, "Typhoon", actor=cast["alice"], now=runtime.clock())
        triage.note(session, item, "Lighthouse", actor=cast["alice"], now=runtime.clock())
    assert find(runtime, cast["alice"], "typhoon") == [submission.reference]
    with runtime.database.writing() as session:
        item = session.merge(reload(runtime, submission))
        triage.unlabel(session, item, "typhoon", actor=cast["alice"], now=runtime.clock())
    assert find(runtime, cast["alice"], "typhoon") == []
    for words in ("harbour", "margaret", "912345", "lighthouse", submission.reference):
        assert find(runtime, cast["alice"], words) == [submission.reference], words


def test_paging_through_hits_has_no_gap_and_no_repeat_while_new_ones_arrive(runtime, cast):
    wanted = [send(runtime, f"harbour {number}", minutes_ago=number).reference for number in range(120)]
    got, older = [], None
    while True:
        with runtime.database.reading() as session:
            page = search.find_page(session, cast["alice"], Filters(words="harbour"), older)
            got += [submission.reference for submission in page.submissions]
        send(runtime, "harbour, later")
        older = page.older
        if older is None:
            break
    assert got == wanted[::-1]


def test_words_and_filters_work_together(runtime, cast):
    event = send(runtime, "harbour", kind="event")
    tip = send(runtime, "harbour", kind="story_tip")
    assert find(runtime, cast["alice"], "harbour", kind="event") == [event.reference]
    assert find(runtime, cast["alice"], "harbour") == [tip.reference, event.reference]


def test_advertising_staff_never_find_a_tip(runtime, cast):
    tip = send(runtime, "harbour affair", kind="story_tip")
    banner = send(runtime, "harbour banner", kind="advertising")
    for words in ("harbour", "affair", tip.reference):
        assert tip.reference not in find(runtime, cast["carol"], words)
    assert find(runtime, cast["carol"], "harbour") == [banner.reference]
    assert find(runtime, cast["carol"], "harbour", kind="story_tip") == []


def test_common_words_are_found_newest_first_too(runtime, cast, monkeypatch):
    """PostgreSQL looks rare and common words up in two ways; both give the same."""
    from inbox.services import search_index

    monkeypatch.setattr(search_index, "_RARE", 10)
    wanted = [send(runtime, f"harbour {n}").reference for n in range(60)]
    assert find(runtime, cast["alice"], "harbour") == wanted[::-1][:50]
