"""What a form understands, what it says when it does not, and that rubbish never loses the text."""

import string

import pytest
from channels.webform.conftest import ANSWERS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reader import Reader, page_of

from inbox import kinds
from inbox.kinds import Widget

PRESS = ANSWERS["press-release"]
LISTS = ("embargo", "starts_at_zone", "budget_currency")  # a list cannot show a choice that it does not have


@pytest.mark.parametrize(
    ("slug", "answers", "wrong", "words"),
    [
        ("press-release", {"email": "press@ocean-trust"}, {"email"}, "“press@ocean-trust” looks cut short"),
        ("press-release", {"phone": "+886"}, {"phone"}, "“+886” looks cut short"),
        (
            "press-release",
            {"website": "javascript:alert(1)"},
            {"website"},
            "“javascript:alert(1)” is not a web address",
        ),
        ("press-release", {"website": "data:text/html,x"}, {"website"}, "is not a web address"),
        ("press-release", {"website": "http://[::1"}, {"website"}, "is not a web address"),
        ("press-release", {"website": "our web site"}, {"website"}, "is not a web address"),
        ("press-release", {"embargo": "perhaps"}, {"embargo"}, "“perhaps” is none of the answers"),
        ("press-release", {"subject": "x" * 301}, {"subject"}, "301 characters long, and 300 fit"),
        ("press-release", {"consent": None}, {"consent"}, "Tick the box"),
        ("press-release", {"body": " \n "}, {"body"}, "still empty"),
        ("event", {"starts_at_date": "soon"}, {"starts_at_date"}, "“soon” is not a date"),
        ("event", {"starts_at_date": "2026-02-30"}, {"starts_at_date"}, "“2026-02-30” is not a date"),
        ("event", {"starts_at_date": "20266-01-01"}, {"starts_at_date"}, "The year in “20266-01-01” looks mistyped"),
        ("event", {"starts_at_date": "0001-01-01"}, {"starts_at_date"}, "looks mistyped"),
        ("event", {"starts_at_time": "25:00"}, {"starts_at_time"}, "“25:00” is not a time"),
        ("event", {"starts_at_time": ""}, {"starts_at_time"}, "The time is still empty"),
        ("event", {"starts_at_zone": "Mars/Olympus"}, {"starts_at_zone"}, "“Mars/Olympus” is not a time zone"),
        ("event", {"venue": ""}, {"venue"}, "Say where it takes place"),
        ("advertising", {"budget_low": "plenty"}, {"budget_low"}, "“plenty” is not an amount"),
        ("advertising", {"budget_high": "9" * 30}, {"budget_high"}, "is not an amount"),
        ("advertising", {"budget_low": "-5"}, {"budget_low"}, "“-5” is not an amount"),
        (
            "advertising",
            {"budget_low": "9", "budget_high": "1"},
            {"budget_low", "budget_high"},
            "Put the smaller one first",
        ),
        ("advertising", {"budget_low": "9", "budget_currency": "QQQ"}, {"budget_currency"}, "“QQQ” is not a currency"),
        ("reply", {"article_url": "story"}, {"article_url"}, "“story” is not a web address"),
    ],
)
def test_an_answer_we_cannot_take_is_quoted_beside_its_field(slug, answers, wrong, words, reader, stored):
    page = reader.send(reader.open(f"/send/{slug}"), **(ANSWERS[slug] | answers))
    assert page.status == 422
    assert page.title.startswith("Error: ")
    assert page.wrong == wrong
    assert words in page.text
    typed = {name: value for name, value in (ANSWERS[slug] | answers).items() if value and name not in LISTS}
    assert {name: page.answers.get(name) for name in typed} == typed
    assert stored() == []


def test_an_embargo_in_the_past_is_told_in_words_with_day_and_city(reader):
    past = {"embargo": "hold", "embargo_until_date": "2026-11-20", "embargo_until_time": "09:00"}
    page = reader.send(reader.open("/send/press-release"), **PRESS, **past)
    assert "Friday 20 November 2026, 09:00 in Taipei: This time has already passed." in page.text
    assert page.wrong == {"embargo_until_date", "embargo_until_time"}


def test_fields_of_a_choice_that_was_not_made_are_ignored_and_stay_as_typed(reader, stored):
    ignored = {"embargo": "none", "embargo_until_date": "rubbish", "embargo_until_time": "99:99"}
    page = reader.send(reader.open("/send/press-release"), **(PRESS | ignored | {"email": "nobody"}))
    assert page.wrong == {"email"}
    assert page.answers["embargo_until_date"] == "rubbish"
    reader.send(page, email="press@ocean-trust.example")
    assert "embargo_until" not in stored()[0].details


@pytest.mark.parametrize(
    ("slug", "typed", "detail"),
    [
        ("press-release", {"website": "ocean.example"}, ("website", "https://ocean.example")),
        ("press-release", {"website": "ocean.example:8080/x"}, ("website", "https://ocean.example:8080/x")),
        ("press-release", {"website": "HTTP://ocean.example"}, ("website", "HTTP://ocean.example")),
        (
            "event",
            {"starts_at_date": "2027/1/5"},
            ("starts_at", {"at": "2027-01-05T10:30:00+00:00", "zone": "Asia/Taipei"}),
        ),
        (
            "event",
            {"starts_at_date": "2027年1月5日", "starts_at_zone": "Europe/London"},
            ("starts_at", {"at": "2027-01-05T18:30:00+00:00", "zone": "Europe/London"}),
        ),
        ("advertising", {"budget_high": "50,000.50"}, ("budget", {"low": None, "high": 50000, "currency": "TWD"})),
        (
            "advertising",
            {"budget_low": "$1'000", "budget_currency": "USD"},
            ("budget", {"low": 1000, "high": None, "currency": "USD"}),
        ),
        ("advertising", {"format": None}, ("format", "unsure")),
        ("message", {"name": "  林   育臻 "}, None),
    ],
)
def test_answers_are_understood_as_people_write_them(slug, typed, detail, reader, stored):
    receipt = reader.send(reader.open(f"/send/{slug}"), **(ANSWERS[slug] | typed))
    assert "Receipt code" in receipt.text
    [submission] = stored()
    if detail:
        assert submission.details[detail[0]] == detail[1]
    else:
        assert submission.contact.name == "林 育臻"


def test_every_wrong_field_is_marked_and_described_by_its_words(reader):
    page = reader.send(reader.open("/send/press-release"))
    for name in page.wrong:
        assert f'id="{name}-error"' in page.html
        assert f"{name}-error" in page.html.split(f'name="{name}"')[1].split(">")[0]
        assert f"#{name}" in page.links
    assert page.html.count('role="alert"') == 1
    assert 'action="/send/press-release#errors"' in page.html


@pytest.mark.parametrize("kind", kinds.ALL, ids=lambda kind: kind.slug)
def test_every_field_has_a_label_of_its_own(kind, reader):
    page = reader.open(f"/send/{kind.slug}")
    for field in kind.fields:
        if field.widget in (Widget.CHOICE, Widget.TICK):
            assert f'name="{field.name}"' in page.html
        elif field.widget not in (Widget.MOMENT, Widget.MONEY):
            assert f'<label for="{field.name}">' in page.html
    assert "placeholder=" not in page.html


def test_what_was_typed_is_shown_as_text_and_never_as_markup(reader):
    nasty = '"><script>alert(1)</script>'
    page = reader.send(
        reader.open("/send/press-release"), **(PRESS | {"email": nasty, "subject": nasty, "body": nasty})
    )
    assert "<script" not in page.html
    assert page.answers["subject"] == nasty
    assert page.answers["body"] == nasty


def test_line_breaks_at_the_beginning_of_a_text_survive_an_error(reader):
    page = reader.send(reader.open("/send/message"), body="\n\nSecond try\r\nof a poem")
    assert page.answers["body"] == "\n\nSecond try\nof a poem"


def test_nul_bytes_and_broken_utf8_are_taken_and_the_text_around_them_stays(client, reader, stored):
    form = reader.open("/send/message")
    rubbish = {**form.answers, **ANSWERS["message"], "body": "before\0after"}
    assert client.post(form.action, data=rubbish).status_code == 303
    broken = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in {
            **{name: value.encode() for name, value in reader.open("/send/message").answers.items()},
            "body": b"caf\xe9 \xff river",
            "consent": b"yes",
        }.items()
    )
    response = client.post(form.action, data=broken + b"--x--\r\n", content_type="multipart/form-data; boundary=x")
    assert response.status_code == 303
    first, second = stored()
    assert first.messages[0].text == "before\ufffdafter"
    assert second.messages[0].text == "caf\ufffd \ufffd river"


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\0", b"a=%ff%00&body=%E6", b"--x\r\nContent-Disposition: form-data"])
@pytest.mark.parametrize(
    "kind_of_body", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/plain", ""]
)
@pytest.mark.parametrize("path", ["/send/message", "/send/story-tip", "/status", "/status/answer", "/status/close"])
def test_a_body_that_is_no_form_is_an_ordinary_page(path, kind_of_body, body, client):
    assert client.post(path, data=body, content_type=kind_of_body).status_code in (400, 422)


anything = st.text(st.characters(codec="utf-8"), max_size=60) | st.text(
    string.punctuation + "0123456789-:/", max_size=12
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(kind=st.sampled_from(kinds.ALL), data=st.data())
def test_rubbish_in_any_field_is_never_a_fault_and_never_loses_the_text(kind, data, client):
    reader = Reader(client)
    form = reader.open(f"/send/{kind.slug}")
    names = sorted(set(form.answers) - {"csrf_token", "form_token"} | {"consent", "leave_out", "promote"})
    typed = data.draw(st.dictionaries(st.sampled_from(names), anything, max_size=8))
    response = client.post(form.action, data=form.answers | typed, content_type="multipart/form-data")
    assert response.status_code in (303, 422)
    if response.status_code == 422 and "body" in typed:
        said = typed["body"].replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
        assert page_of(response).answers["body"].replace("\r", "\n") == said
