"""The newsletter's subscribers at the desk: who sees them, what is written down, and the table for the mailing tool."""

import csv
import io
import re
from pathlib import Path

import pytest
from desk_work import counted_statements, token
from sqlalchemy import select
from subscribing import PROFILE

from inbox.models import AuditEntry, Channel, Consent, Letter, Subscriber, SubscriberState
from inbox.services import letters, newsletter, subscriber_list, subscribers

PAGE = "/desk/subscribers"


@pytest.fixture
def environ(environ, tmp_path: Path):
    profile = tmp_path / "inbox.toml"
    profile.write_text(PROFILE, encoding="utf-8")
    return {**environ, "INBOX_CONFIG": str(profile)}


@pytest.fixture
def subscribe(runtime):
    """`subscribe("ling@example.org", "confirmed")` returns the id of a subscriber in that state."""

    def make(address: str, state: str = "confirmed", channel: Channel = Channel.EMAIL) -> int:
        now = runtime.clock()
        text = f"Yes, send me the weekly, {address.partition('@')[0]}."
        with runtime.database.writing() as session:
            consent = subscribers.make_consent(
                channel, address, language="en", way="form", text=text, text_language="en", now=now
            )
            subscriber = subscribers.find_or_make(session, consent)
            consent.subscriber, consent.answered_at = subscriber, now
            session.add(consent)
            session.flush()
            if state != "pending":
                subscribers.record_yes(session, subscriber, consent, now=now)
            if state == "unsubscribed":
                subscribers.leave(session, subscriber.id, now=now)
            return subscriber.id

    return make


def trace(runtime, actor: str) -> list[tuple[str, dict]]:
    with runtime.database.reading() as session:
        found = select(AuditEntry).where(AuditEntry.actor == actor, AuditEntry.verb.startswith("subscriber:"))
        return [(entry.verb, entry.facts) for entry in session.scalars(found.order_by(AuditEntry.id))]


def addresses(page: str) -> list[str]:
    return re.findall(r'<a class="nr-link" href="/desk/subscribers/\d+">([^<]+)</a>', page)


def post(client, path: str, **fields: str):
    return client.post(path, data={"csrf_token": token(client.get("/desk/").text), **fields})


def table(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.get_data(as_text=True))))


@pytest.mark.parametrize(
    ("who", "sees", "removes"), [("alice", 1, 0), ("ada", 1, 1), ("victor", 0, 0), ("carol", 0, 0)]
)
def test_editors_and_administrators_see_them_and_only_administrators_remove(
    signed_in, subscribe, who: str, sees: int, removes: int
) -> None:
    number = subscribe("ling@example.org")
    client = signed_in(who)
    wanted = 200 if sees else 403
    assert client.get(PAGE).status_code == wanted
    assert client.get(f"{PAGE}/{number}").status_code == wanted
    assert post(client, f"{PAGE}/export", way="email").status_code == wanted
    assert (f'href="{PAGE}"' in client.get("/desk/").text) == bool(sees)
    assert post(client, f"{PAGE}/{number}/remove").status_code == (303 if removes else 403)
    assert client.get(f"{PAGE}/{number}").status_code == (404 if removes else wanted)


def test_the_list_shows_each_with_state_way_language_and_time(signed_in, subscribe) -> None:
    subscribe("ling@example.org")
    subscribe("+886900000001", "pending", Channel.WHATSAPP)
    page = signed_in("alice").get(PAGE).text
    assert addresses(page) == ["+886900000001", "ling@example.org"]
    for words in ("WhatsApp", "E-mail", "Not confirmed yet", "Subscribed", "English", "14:00"):
        assert words in page


def test_the_list_is_narrowed_by_state_and_by_a_part_of_the_address(signed_in, subscribe) -> None:
    subscribe("ling@example.org")
    subscribe("wu_an@example.org", "pending")
    subscribe("mei@example.org", "unsubscribed")
    subscribe("+886900000001", "confirmed", Channel.WHATSAPP)
    alice = signed_in("alice")
    assert addresses(alice.get(f"{PAGE}?state=pending").text) == ["wu_an@example.org"]
    assert addresses(alice.get(f"{PAGE}?state=confirmed&q=LING").text) == ["ling@example.org"]
    assert addresses(alice.get(f"{PAGE}?q=%2B886+900").text) == ["+886900000001"]
    assert addresses(alice.get(f"{PAGE}?q=_").text) == ["wu_an@example.org"], "a sign of the database's own is a sign"
    assert "Nothing found" in alice.get(f"{PAGE}?q=nobody").text
    counts = re.findall(r'<span class="nr-count">(\d+)</span></a>', alice.get(PAGE).text.partition("nr-filters")[2])
    assert counts[:4] == ["4", "1", "2", "1"]


def test_a_long_list_comes_in_pages_without_gaps_or_doubles(signed_in, subscribe, monkeypatch) -> None:
    monkeypatch.setattr(subscriber_list, "PAGE_SIZE", 3)
    names = [f"reader{number}@example.org" for number in range(8)]
    for name in names[:7]:
        subscribe(name)
    alice, seen, path = signed_in("alice"), [], PAGE
    while path:
        page = alice.get(path).text
        seen += addresses(page)
        found = re.search(r'href="(/desk/subscribers\?older=\d+)"', page)
        path = found[1] if found else ""
        if len(seen) == 3:
            subscribe(names[7])  # who comes meanwhile moves nobody
    assert seen == names[6::-1]
    for cursor in ("x", "-1", "9" * 30, "٣"):
        assert alice.get(f"{PAGE}?older={cursor}").status_code == 200


def test_the_list_costs_the_same_however_long_it_is(signed_in, subscribe, runtime) -> None:
    alice = signed_in("alice")
    subscribe("first@example.org")
    with counted_statements(runtime) as few:
        alice.get(PAGE)
    for number in range(30):
        subscribe(f"reader{number}@example.org")
    with counted_statements(runtime) as many:
        alice.get(PAGE)
    assert len(few) == len(many)


def test_every_look_and_every_export_is_written_down_without_addresses(signed_in, subscribe, runtime) -> None:
    number = subscribe("ling@example.org")
    alice = signed_in("alice")
    alice.get(f"{PAGE}?q=ling&state=confirmed")
    alice.get(f"{PAGE}/{number}")
    post(alice, f"{PAGE}/export", way="email")
    assert trace(runtime, "Alice Lin") == [
        ("subscriber:list", {"state": "confirmed", "searched": True, "shown": 1}),
        ("subscriber:read", {"subscriber": number}),
        ("subscriber:export", {"channel": "email", "number": 1}),
    ]


def test_the_page_of_one_shows_the_words_that_were_agreed_to(signed_in, subscribe, runtime) -> None:
    number = subscribe("ling@example.org")
    page = signed_in("alice").get(f"{PAGE}/{number}").text
    assert "Yes, send me the weekly, ling." in page
    with runtime.database.reading() as session:
        assert session.scalars(select(Consent.digest)).one()[:12] in page
    assert "Remove" not in page


def test_removing_forgets_everything_but_the_act(signed_in, subscribe, runtime) -> None:
    number = subscribe("ling@example.org")
    with runtime.database.writing() as session:
        key, now = subscribers.letter_key(session.scalars(select(Consent)).one()), runtime.clock()
        letters.write(
            session, key=key, domain="x", recipient="ling@example.org", subject="x", text="x", due_at=now, now=now
        )
    assert post(signed_in("ada"), f"{PAGE}/{number}/remove").status_code == 303
    with runtime.database.reading() as session:
        for model in (Subscriber, Consent, Letter):
            assert session.scalars(select(model)).all() == []
    assert trace(runtime, "Ada Kao") == [("subscriber:remove", {"subscriber": number, "state": "confirmed"})]


def test_the_id_of_who_was_removed_is_given_to_nobody_else(signed_in, subscribe) -> None:
    number = subscribe("ling@example.org")
    post(signed_in("ada"), f"{PAGE}/{number}/remove")
    assert subscribe("mei@example.org") != number


def test_the_table_holds_only_those_who_confirmed_with_the_link_that_ends_it(
    signed_in, subscribe, runtime, client
) -> None:
    subscribe("ling@example.org")
    subscribe("wu@example.org", "pending")
    subscribe("mei@example.org", "unsubscribed")
    subscribe("+886900000001", "confirmed", Channel.WHATSAPP)
    alice = signed_in("alice")
    answer = post(alice, f"{PAGE}/export", way="email")
    assert answer.mimetype == "text/csv"
    assert 'filename="subscribers-email-2026-11-24.csv"' in answer.headers["Content-Disposition"]
    head, *rows = table(answer)
    assert head == ["email", "language", "confirmed_at", "consent", "unsubscribe_url"]
    assert [row[:3] for row in rows] == [["ling@example.org", "en", "2026-11-24T06:00:00+00:00"]]
    link = rows[0][4].removeprefix("http://127.0.0.1:8000")
    assert client.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert table(post(alice, f"{PAGE}/export", way="email")) == [head]
    assert [row[0] for row in table(post(alice, f"{PAGE}/export", way="whatsapp"))] == [
        "whatsapp",
        "whatsapp:+886900000001",
    ]


@pytest.mark.parametrize("address", ["=cmd|calc@example.org", "+1+1@example.org", "-2@example.org"])
def test_an_address_that_a_spreadsheet_would_run_is_shown_instead(signed_in, subscribe, address: str) -> None:
    subscribe(address)
    assert table(post(signed_in("alice"), f"{PAGE}/export", way="email"))[1][0] == f"'{address}"


def test_a_long_table_is_whole(signed_in, subscribe, monkeypatch) -> None:
    monkeypatch.setattr(subscriber_list, "EXPORTED_AT_ONCE", 2)
    for number in range(5):
        subscribe(f"reader{number}@example.org")
    rows = table(post(signed_in("alice"), f"{PAGE}/export", way="email"))
    assert [row[0] for row in rows[1:]] == [f"reader{number}@example.org" for number in range(5)]


def test_a_way_that_is_none_is_refused(signed_in, cast) -> None:
    assert post(signed_in("alice"), f"{PAGE}/export", way="web").status_code == 400


class TestWithoutANewsletter:
    @pytest.fixture
    def environ(self, environ):
        Path(environ["INBOX_CONFIG"]).write_text('name = "DCO"', encoding="utf-8")
        return environ

    def test_the_views_do_not_name_the_list(self, signed_in) -> None:
        assert f'href="{PAGE}"' not in signed_in("alice").get("/desk/").text


def test_every_state_has_words_and_a_sign() -> None:
    icons = (Path(__file__).parents[2] / "inbox" / "static" / "icons.svg").read_text()
    for state in SubscriberState:
        assert state.label
        assert f'id="{state.icon}"' in icons


def test_the_link_in_the_table_is_the_one_of_the_mails(subscribe, runtime) -> None:
    number = subscribe("ling@example.org")
    with runtime.database.reading() as session:
        subscriber = session.get_one(Subscriber, number)
        link = newsletter.leave_link(runtime, subscriber)
        assert newsletter.find_leaving(session, runtime, link.rpartition("/")[2]) == number
