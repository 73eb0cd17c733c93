"""Filters written into the search mean what they say, on both databases, and hits are marked."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from desk_work import reload, send

from inbox.models import Channel, Status
from inbox.services import filters, search, search_hits, search_text, triage
from inbox.services.contacts import Facts, Sender
from inbox.services.filters import Filters
from inbox.services.media import RemoteFile

TAIPEI = ZoneInfo("Asia/Taipei")


def found(runtime, cast, text: str, who: str = "alice") -> set[str]:
    asked = filters.read(Filters(words=text), list(cast.values()), TAIPEI)
    with runtime.database.reading() as session:
        return {s.subject for s in search.find_page(session, cast[who], asked).submissions}


@pytest.fixture
def few(runtime, cast, clock):
    """Five submissions, each of another sort, an hour after one another."""
    sent = {
        "advert": send(
            runtime, "Our spring fair", subject="advert", kind="advertising", facts=Facts("Mei", "m@x.example")
        ),
        "tip": send(runtime, "The bridge", subject="tip", kind="story_tip"),
    }
    clock.advance(days=1)
    reader = Sender(Channel.WHATSAPP, "+886912345678", "Ling Chen")
    photo = RemoteFile("https://x", "image/jpeg", "bridge.jpg")
    sent["chat"] = send(
        runtime,
        "The bridge again",
        subject="chat",
        channel=Channel.WHATSAPP,
        sender=reader,
        recipient="+886963563485",
        remote_files=(photo,),
    )
    sent["closed"] = send(runtime, "The bridge is open", subject="closed")
    with runtime.database.writing() as session:
        triage.move(
            session,
            session.merge(reload(runtime, sent["closed"])),
            Status.CLOSED,
            actor=cast["alice"],
            seen=1,
            now=clock(),
        )
        triage.claim(session, session.merge(reload(runtime, sent["tip"])), actor=cast["bob"], now=clock())
        triage.label(
            session, session.merge(reload(runtime, sent["chat"])), "Front page", actor=cast["alice"], now=clock()
        )
    return sent


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("kind:advertising", {"advert"}),
        ("kind:story-tip", {"tip"}),
        ("KIND:Advertising", {"advert"}),
        ("bridge", {"tip", "chat", "closed"}),
        ("bridge is:closed", {"closed"}),
        ("bridge is:waiting", {"tip", "chat"}),
        ("is:unassigned is:waiting", {"advert", "chat"}),
        ("assignee:bob", {"tip"}),
        ("channel:whatsapp", {"chat"}),
        ('label:"front page"', {"chat"}),
        ("has:photo", {"chat"}),
        ("has:video", set()),
        ("from:+8869", {"chat"}),
        ("from:0912345678", {"chat"}),
        ("from:ling", {"chat"}),
        ('from:"Ling Chen" bridge', {"chat"}),
        ("from:m@x.example", {"advert"}),
        ("from:bridge", set()),  # it is said, but not by somebody of that name
        ("before:2026-11-25", {"advert", "tip"}),
        ("after:2026-11-25", {"chat", "closed"}),
        ("after:2026-11-25 before:2026-11-25", set()),
        ("kind:advertising from:mei is:unassigned", {"advert"}),
    ],
)
def test_a_written_filter_narrows_the_list(runtime, cast, few, text, subjects):
    assert found(runtime, cast, text) == subjects


@pytest.mark.parametrize("text", ["kind:cheese", "before:tomorrow", "is:", "colour:red", 'from:""', "after:2026-02-31"])
def test_what_means_nothing_stays_a_word_to_look_for(text):
    asked = filters.read(Filters(words=text), [], TAIPEI)
    assert (asked.words, asked.kind, asked.before, asked.sender) == (text, None, None, "")


def test_a_day_begins_in_the_newsrooms_zone():
    asked = filters.read(Filters(words="before:2026-11-01"), [], TAIPEI)
    assert asked.before == datetime(2026, 10, 31, 16, tzinfo=UTC)


def test_menus_and_writing_work_together(runtime, cast, few):
    asked = filters.read(Filters(words="bridge", status=Status.CLOSED), [], TAIPEI)
    with runtime.database.reading() as session:
        page = search.find_page(session, cast["alice"], asked)
    assert [each.subject for each in page.submissions] == ["closed"]


def test_advertising_staff_find_advertising_only_whatever_they_write(runtime, cast, few):
    assert found(runtime, cast, "is:waiting", who="carol") == {"advert"}
    assert found(runtime, cast, "kind:story-tip", who="carol") == set()


@pytest.mark.parametrize("strange", ["%", "_", "from:%", "from:_", 'from:"\\"', "from:'; drop", "before:99999-01-01"])
def test_signs_with_a_meaning_elsewhere_have_none_here(runtime, cast, few, strange):
    assert found(runtime, cast, strange) == set()


@pytest.mark.parametrize(
    ("words", "text", "hits"),
    [
        ("brid", "The Bridge is closed", ["Brid"]),
        ("cafe", "Le CAFÉ ferme", ["CAFÉ"]),
        ("選舉", "地方選舉結果", ["選舉"]),
        ("方選舉", "地方選舉結果", ["方選舉"]),
        ("選", "選舉", ["選"]),
        ("strasse", "Hauptstraße, Straße", ["Straße"]),
        ("x", "<b>x</b>", ["x"]),
        ("absent", "nothing here", []),
    ],
)
def test_hits_are_marked_where_they_stand(words, text, hits):
    cut = search_hits.pieces(text, search_text.query_terms(words))
    assert [part for part, hit in cut if hit] == hits
    assert "".join(part for part, _ in cut) == text


def test_the_list_shows_the_piece_of_text_with_the_words_marked(runtime, signed_in):
    send(runtime, f"{'Many words come first. ' * 20}Then the lighthouse <keeper> spoke.", subject="A letter")
    page = signed_in("alice").get("/desk/", query_string={"q": "lighthouse"}).text
    assert "<mark>lighthouse</mark> &lt;keeper&gt; spoke." in page
    assert 'value="kind:advertising"' in page


def test_dates_are_of_the_newest_message(runtime, cast, clock):
    submission = send(runtime, "First", subject="alive")
    clock.advance(days=2)
    with runtime.database.writing() as session:
        session.merge(reload(runtime, submission)).active_at = clock() - timedelta(hours=1)
    assert found(runtime, cast, "after:2026-11-26") == {"alive"}
