"""What a mail says is found, however it is written."""

import base64
import tracemalloc
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from inbox.channels.email import calendars
from inbox.channels.email.parse import parse
from inbox.errors import Unreadable


def mail(body: bytes | str = "Words", **fields: str) -> bytes:
    """A mail with these header fields, content_type for Content-Type."""
    given = {
        "from": "Reader <reader@reader.example>",
        "subject": "A subject",
        "message_id": "<m1@reader.example>",
    } | fields
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items() if value is not None)
    return head.encode() + b"\r\n" + (body.encode() if isinstance(body, str) else body)


def parts(*bodies: str, kind: str = "mixed") -> bytes:
    """A mail of these parts, each with its own header fields."""
    lines = "".join(f"--edge\r\n{body}\r\n" for body in bodies)
    return mail(f"{lines}--edge--\r\n", content_type=f'multipart/{kind}; boundary="edge"')


def plain(text: str, more: str = "") -> str:
    return f"Content-Type: text/plain; charset=utf-8\r\n{more}\r\n{text}"


def html(text: str) -> str:
    return f"Content-Type: text/html; charset=utf-8\r\n\r\n{text}"


def test_a_subject_is_read_through_folds_encoded_words_and_characters_cut_in_two():
    first, second = base64.b64encode("遊行".encode()[:4]).decode(), base64.b64encode("遊行".encode()[4:]).decode()
    subject = f"Re:\r\n\t=?utf-8?B?{first}?=\r\n =?utf-8?b?{second}?=\r\n =?iso-8859-1*fr?q?_caf=E9?= now"
    assert parse(mail(subject=subject)).subject == "Re: 遊行 café now"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?utf-8?Q?two words?=", "two words"),
        ("=?utf-8?B?6YGK6KGM?", "=?utf-8?B?6YGK6KGM?"),
        ("=?x-none?B?aGVsbG8?=", "hello"),
        ("=?utf-8?B?*&^%?=", ""),
        ("a=?utf-8?Q?=C3=A9?=b", "aéb"),
        ("raw 遊行", "raw 遊行"),
        ("one\r\n two\r\n\tthree", "one two\tthree".replace("\t", " ")),
        ("tab\tand \x07bell", "tab and bell"),
    ],
)
def test_a_broken_subject_is_read_as_far_as_it_can_be(written, read):
    assert parse(mail(subject=written)).subject == read


def test_a_subject_in_raw_big5_is_read_by_the_label_of_the_mail():
    raw = mail(subject="?", content_type="text/plain; charset=big5").replace(
        b"subject: ?", "subject: 遊行通知".encode("big5")
    )
    assert parse(raw).subject == "遊行通知"


@pytest.mark.parametrize(
    ("field", "name", "address"),
    [
        ('"Lin, Ya-ting" <ya@reader.example>', "Lin, Ya-ting", "ya@reader.example"),
        ("Lin, Ya-ting <ya@reader.example>", "Lin, Ya-ting", "ya@reader.example"),
        ("ya@reader.example (Ya-ting)", "Ya-ting", "ya@reader.example"),
        ('"=?utf-8?B?6YGK6KGM?=" <ya@reader.example>', "遊行", "ya@reader.example"),
        ("=?utf-8?Q?Ya_=3Cya=40reader=2Eexample=3E?=", "Ya", "ya@reader.example"),
        ("<ya@reader.example>, b@reader.example", "", "ya@reader.example"),
        ("'ya@reader.example' <ya@reader.example>", "ya@reader.example", "ya@reader.example"),
        ("The Desk", "The Desk", ""),
        ("", "", ""),
    ],
)
def test_the_sender_is_found(field, name, address):
    read = parse(mail(**{"from": field}))
    assert (read.sender_name, read.sender) == (name, address)


def test_recipients_are_told_once_in_lower_case_and_hidden_ones_are_nobody():
    read = parse(mail(to="News <NEWS@newsroom.example>, team: a@b.example;", cc="news@newsroom.example, c@d.example"))
    assert read.recipients == ("news@newsroom.example", "a@b.example", "c@d.example")
    assert parse(mail(to="undisclosed-recipients:;")).recipients == ()


def test_a_blind_copy_is_known_by_what_the_server_added():
    read = parse(
        mail(
            to="x@y.example",
            delivered_to="News@newsroom.example",
            received="from a by b\r\n for <tips@newsroom.example>; now",
        )
    )
    assert read.delivered_to == ("news@newsroom.example", "tips@newsroom.example")


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("Fri, 20 Nov 2026 09:15:00 +0800", datetime(2026, 11, 20, 1, 15, tzinfo=UTC)),
        ("20 Nov 2026 01:15:00 -0000", datetime(2026, 11, 20, 1, 15, tzinfo=UTC)),
        ("Fri, 20 Nov 1926 09:15:00 +0800", None),
        ("Fri, 20 Nov 2926 09:15:00 +0800", None),
        ("31 Dec 9999 23:59:59 -2359", None),
        ("Fri, 99 Nov 2026 09:15:00 +0800", None),
        ("yesterday", None),
        ("9" * 5000, None),
        ("", None),
    ],
)
def test_an_absurd_date_is_none(written, at):
    assert parse(mail(date=written)).sent_at == at


def test_a_message_id_is_found_without_its_brackets_too():
    assert parse(mail(message_id="m2@reader.example")).mail_id == "<m2@reader.example>"
    assert parse(mail(message_id="<m2\r\n @reader.example> (comment)")).mail_id == "<m2@reader.example>"
    assert parse(mail(message_id=None)).mail_id == ""


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="plan.pdf"', "plan.pdf"),
        ("attachment; filename=the plan.pdf", "the plan.pdf"),
        ("attachment; filename*=big5''%A6W%B3%E6.pdf", "名單.pdf"),
        ("attachment; filename*=utf-8'zh'%E5%90%8D.pdf; filename=\"x.pdf\"", "名.pdf"),
        ("attachment; filename*1=two.pdf; filename*0=one-", "one-two.pdf"),
        ('attachment; filename="=?big5?B?ple z5i5wZGY=?="', "名單.pdf"),
        ('attachment; filename="a\\"b.pdf"', 'a"b.pdf'),
        ('attachment; filename="a\x07\r\n b\x9f.pdf"', "a b .pdf"),
        ("attachment; filename*=%%%", "%%%"),
        ("attachment; filename***=x; *=y; =z; filename=w.pdf", "w.pdf"),
        ("attachment", ""),
    ],
)
def test_a_file_keeps_its_name_without_control_characters(disposition, name):
    read = parse(
        parts(
            plain("See the file."), f"Content-Type: application/pdf\r\nContent-Disposition: {disposition}\r\n\r\n%PDF"
        )
    )
    assert [file.filename for file in read.files] == [name]


def test_a_long_name_keeps_its_ending():
    read = parse(parts(plain("x"), f"Content-Type: image/png; name={'n' * 999}.png\r\n\r\npng"))
    assert len(read.files[0].filename) == 255
    assert read.files[0].filename.endswith("n.png")


def test_of_alternatives_the_plain_one_is_the_text_and_what_follows_is_added():
    alternative = 'Content-Type: multipart/alternative; boundary="in"\r\n\r\n--in\r\n{}\r\n--in\r\n{}\r\n--in--'
    read = parse(
        parts(alternative.format(plain("Hello"), html("<p>Hello in <b>bold</b></p>")), plain("The list's footer"))
    )
    assert read.text == "Hello\n\nThe list's footer"
    assert "<p>Hello in <b>bold</b></p>" in read.html
    assert "footer" in read.html
    assert read.files == ()


def test_an_empty_plain_alternative_does_not_hide_what_the_html_says():
    assert parse(parts(plain(" \r\n"), html("<p>The news</p>"), kind="alternative")).text == "The news"


def test_text_between_pictures_is_all_read():
    read = parse(parts(plain("Before"), "Content-Type: image/png\r\n\r\npng", plain("After")))
    assert read.text == "Before\n\nAfter"
    assert [file.content for file in read.files] == [b"png"]


def test_a_text_that_is_sent_as_a_file_is_a_file():
    read = parse(
        parts(plain("Words"), plain("a,b", "Content-Disposition: attachment; filename=a.csv\r\n"), plain("notes", ""))
    )
    assert read.text == "Words\n\nnotes"
    assert [(file.filename, file.content) for file in read.files] == [("a.csv", b"a,b")]


def test_a_forwarded_mail_without_a_name_is_named_by_its_subject():
    inner = "Content-Type: message/rfc822\r\n\r\nSubject: Figures 3/4\r\nFrom: owl@reader.example\r\n\r\nInner words"
    read = parse(parts(plain("See below"), inner))
    assert [file.filename for file in read.files] == ["Figures 3-4.eml"]
    assert parse(read.files[0].content).text == "Inner words"
    assert "Inner" not in read.text


@pytest.mark.parametrize(
    "body",
    [
        "Only words, and no part at all",
        "--other\r\nContent-Type: text/plain\r\n\r\nOnly words\r\n--other--",
        "--edge\r\n\r\nOnly words",
        "--edge\r\nOnly words\r\n--edge--",
        "\r\n--edge  \r\n\r\nOnly words\r\n--edge-- \r\n",
    ],
)
def test_a_wrong_or_missing_boundary_loses_no_text(body):
    read = parse(mail(body, content_type="multipart/mixed; boundary=edge"))
    assert "Only words" in read.text
    assert "edge" not in read.text


def test_a_mail_that_was_cut_off_says_so():
    raw = parts(plain("First"), plain("Second"))
    assert parse(raw).defects == ()
    read = parse(raw[: raw.index(b"ond")])
    assert read.text == "First\n\nSec"
    assert read.defects == ("unfinished",)


def test_parts_a_hundred_and_fifty_deep_are_read():
    depth = 150
    opening = "".join(f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n\r\n" for n in range(depth))
    closing = "".join(f"--b{n}--\r\n" for n in range(depth, -1, -1))
    raw = mail(f"{opening}--b{depth}\r\n\r\nDeep down\r\n{closing}", content_type="multipart/mixed; boundary=b0")
    read = parse(raw)
    assert (read.text, read.defects) == ("Deep down", ())


def test_a_mail_within_a_mail_a_hundred_and_fifty_deep_is_a_file():
    inner = (
        "".join(f"Subject: level {n}\r\nContent-Type: message/rfc822\r\n\r\n" for n in range(150))
        + "Subject: last\r\n\r\nEnd"
    )
    read = parse(parts(plain("See below"), f"Content-Type: message/rfc822\r\n\r\n{inner}"))
    assert [file.filename for file in read.files] == ["level 0.eml"]


def test_five_hundred_parts_are_five_hundred_files():
    many = [f"Content-Type: application/pdf; name={n}.pdf\r\n\r\n%PDF{n}" for n in range(500)]
    assert [file.filename for file in parse(parts(plain("x"), *many)).files] == [f"{n}.pdf" for n in range(500)]


def test_beyond_a_thousand_parts_the_rest_is_one_file():
    many = [f"Content-Type: application/pdf; name={n}.pdf\r\n\r\n%PDF{n}" for n in range(1200)]
    read = parse(parts(plain("x"), *many))
    assert "too_many_parts" in read.defects
    assert len(read.files) == 998
    assert b"%PDF1199" in read.files[-1].content


def test_a_very_long_text_is_shown_in_part_and_whole_as_a_file():
    long = "word " * 200_000
    read = parse(mail(long))
    assert len(read.text) <= 500_000
    assert [file.content for file in read.files] == [long.encode()]
    assert read.defects == ("long_text",)


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("base64", "VGhl IHdv*cmRz"),
        ("base64", "VGhlIA==d29yZHM="),
        ("BASE64 ", "VGhlIHdvcmRz\r\n\r\n"),
        ("quoted-printable", "The=20wor=\r\nds"),
        ("x-uuencode", "begin 644 a.txt\r\n)5&AE('=O<F1S\r\n`\r\nend\r\n"),
        ("8bit", "The words"),
        ("who knows", "The words"),
    ],
)
def test_a_transfer_encoding_is_taken_off_even_if_it_is_broken(encoding, written):
    assert parse(mail(written, content_transfer_encoding=encoding)).text == "The words"


def test_lines_may_end_in_any_way():
    raw = parts(plain("One\r\nTwo"), plain("Three"))
    for ending in (b"\r\n", b"\n", b"\r"):
        assert parse(raw.replace(b"\r\n", ending)).text == "One\nTwo\n\nThree"


def test_a_mail_of_an_mbox_file_is_read_with_its_first_line():
    assert parse(b"From reader@reader.example Fri Nov 20 09:15:00 2026\n" + mail()).subject == "A subject"


@pytest.mark.parametrize(("raw", "code"), [(b"", "empty"), (b" \r\n", "empty"), (b"\x89PNG\r\n\x1a\n\0", "no_header")])
def test_only_what_has_no_header_at_all_cannot_be_read(raw, code):
    with pytest.raises(Unreadable) as refused:
        parse(raw)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "field",
    [
        {"auto_submitted": "auto-generated (by a rule)"},
        {"x_auto_response_suppress": "DR, OOF, AutoReply"},
        {"precedence": "auto_reply"},
        {"x_autoreply": "yes"},
        {"x_loop": "list@reader.example"},
        {"return_path": "<>"},
        {"from": "MAILER-DAEMON@mx.example.net"},
        {"from": "postmaster@mx.example.net"},
        {"content_type": "multipart/report; report-type=disposition-notification"},
    ],
    ids=str,
)
def test_what_a_machine_wrote_is_never_acknowledged(field):
    read = parse(mail(**field))
    assert read.automatic
    assert read.automatic or read.bounce


@pytest.mark.parametrize(
    "field",
    [
        {"list_id": "<a.b.example>"},
        {"list_unsubscribe": "<mailto:u@b.example>"},
        {"precedence": "Bulk"},
        {"precedence": "list"},
    ],
    ids=str,
)
def test_a_list_is_never_acknowledged(field):
    read = parse(mail(**field))
    assert (read.bulk, read.automatic) == (True, False)


def test_a_person_is_acknowledged():
    read = parse(mail(auto_submitted="no", return_path="<reader@reader.example>", precedence="normal"))
    assert not (read.automatic or read.bulk or read.bounce)


def report(action: str, original: str = "Message-ID: <ours@newsroom.example>", more: str = "") -> bytes:
    return parts(
        plain("It could not be delivered."),
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
        f"Final-Recipient: rfc822; Fine@reader.example\r\nAction: relayed\r\nStatus: 2.0.0\r\n\r\n{more}"
        f"Final-Recipient: rfc822;<Gone@reader.example>\r\nAction: {action}\r\nStatus: 4.4.1 (timeout)\r\n"
        "Diagnostic-Code: smtp; 450 4.4.1\r\n no answer",
        f"Content-Type: message/rfc822\r\n\r\n{original}\r\nSubject: Ours\r\n\r\nOur words",
        kind="report; report-type=delivery-status",
    )


def test_a_report_says_who_did_not_get_which_mail_of_ours_and_why():
    bounce = parse(report("failed")).bounce
    assert bounce.recipient == "gone@reader.example"
    assert (bounce.status, bounce.final) == ("4.4.1", True)
    assert bounce.original_id == "<ours@newsroom.example>"
    assert bounce.words == "450 4.4.1 no answer"


def test_a_delay_is_not_final_and_a_success_no_bounce():
    assert parse(report("Delayed (still trying)")).bounce.final is False
    assert parse(report("delivered")).bounce is None
    assert parse(report("delivered")).automatic


def test_the_one_that_failed_counts_more_than_the_one_that_is_late():
    late = "Final-Recipient: rfc822; late@reader.example\r\nAction: delayed\r\nStatus: 4.0.0\r\n\r\n"
    assert parse(report("failed", more=late)).bounce.recipient == "gone@reader.example"


def test_the_returned_mail_is_not_shown_as_a_file():
    assert parse(report("failed")).files == ()


def test_an_older_server_names_the_failure_in_a_field():
    body = "550 5.1.1 unknown\n\n------ This is a copy of the message ------\n\nMessage-ID: <ours@newsroom.example>\n"
    bounce = parse(mail(body, x_failed_recipients="gone@reader.example", return_path="<>")).bounce
    assert (bounce.recipient, bounce.status, bounce.original_id) == (
        "gone@reader.example",
        "5.1.1",
        "<ours@newsroom.example>",
    )


def test_only_the_topmost_verdict_is_told():
    read = parse(
        mail().replace(
            b"from:",
            b"Authentication-Results: mx.newsroom.example 1;\r\n spf=fail smtp.mailfrom=a.example (spf=pass is a lie);\r\n"
            b" dkim=fail header.d=x; dkim=pass header.d=y; dkim=fail header.d=z\r\n"
            b"Authentication-Results: mx.forger.example; spf=pass; dmarc=pass\r\nfrom:",
        )
    )
    assert read.verdicts == {"spf": "fail", "dkim": "pass", "by": "mx.newsroom.example"}


def test_other_fields_tell_a_verdict_where_there_is_no_better_one():
    assert parse(mail(arc_authentication_results="i=1; mx.a.example; dmarc=pass")).verdicts == {
        "dmarc": "pass",
        "by": "mx.a.example",
    }
    assert parse(mail(received_spf="Softfail (domain of a.example)")).verdicts == {"spf": "softfail"}
    assert parse(mail(authentication_results="mx.a.example; none")).verdicts == {}


INVITATION = """BEGIN:VCALENDAR
METHOD:{method}
BEGIN:VEVENT
DTSTART{start}
DTEND;TZID=Asia/Taipei:20261204T210000
SUMMARY:Opening
LOCATION:Riverside Theatre\\, Hall 2
URL:https://riverside-theatre.example/opening
END:VEVENT
END:VCALENDAR
"""


def invited(start: str = ";TZID=Asia/Taipei:20261204T193000", method: str = "REQUEST", zone: ZoneInfo | None = None):
    content = INVITATION.format(start=start, method=method).replace("\n", "\r\n")
    return parse(parts(plain("Come"), f"Content-Type: text/calendar; name=invite.ics\r\n\r\n{content}"), zone)


def test_a_calendar_file_tells_the_facts_of_an_event():
    read = invited()
    assert read.kind == "event"
    assert read.details == {
        "starts_at": {"at": "2026-12-04T11:30:00+00:00", "zone": "Asia/Taipei"},
        "ends_at": {"at": "2026-12-04T13:00:00+00:00", "zone": "Asia/Taipei"},
        "venue": "Riverside Theatre, Hall 2",
        "link": "https://riverside-theatre.example/opening",
    }
    assert [file.filename for file in read.files] == ["invite.ics"]


@pytest.mark.parametrize(
    ("start", "zone", "at"),
    [
        (":20261204T113000Z", None, {"at": "2026-12-04T11:30:00+00:00", "zone": "UTC"}),
        (":20261204T193000", ZoneInfo("Asia/Taipei"), {"at": "2026-12-04T11:30:00+00:00", "zone": "Asia/Taipei"}),
        (":20261204T193000", None, None),
        (";VALUE=DATE:20261204", ZoneInfo("Asia/Taipei"), {"at": "2026-12-03T16:00:00+00:00", "zone": "Asia/Taipei"}),
        (
            ";TZID=Taipei Standard Time:20261204T193000",
            None,
            {"at": "2026-12-04T11:30:00+00:00", "zone": "Asia/Taipei"},
        ),
        (":99990101T000000Z", None, None),
        (":soon", None, None),
    ],
)
def test_the_start_of_an_event_is_told_only_if_it_is_certain(start, zone, at):
    assert invited(start, zone=zone).details.get("starts_at") == at


@pytest.mark.parametrize("method", ["CANCEL", "REPLY", "COUNTER"])
def test_an_answer_or_a_cancellation_is_no_event(method):
    assert (invited(method=method).kind, invited(method=method).details) == ("", {})


def test_a_calendar_file_of_rubbish_is_only_a_file():
    read = parse(
        parts(plain("x"), "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;:;=\r\n")
    )
    assert (read.kind, len(read.files)) == ("", 1)


def own_zone(rule: str, offset: str = "+0200") -> str:
    """What stands in an invitation between its zone and its start, where the zone is called "Here"."""
    changes = "".join(
        f"BEGIN:{name}\nDTSTART:16010101T000000\nRRULE:{rule}BYMONTH={month}\nTZOFFSETFROM:{offset}\n"
        f"TZOFFSETTO:{offset}\nEND:{name}\n"
        for name, month in (("STANDARD", 10), ("DAYLIGHT", 3))
    )
    return (
        f"BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Here\n{changes}END:VTIMEZONE\nBEGIN:VEVENT\n"
        "DTSTART;TZID=Here:20261204T193000\nEND:VEVENT\nEND:VCALENDAR\n"
    )


YEARLY = "FREQ=YEARLY;BYDAY=-1SU;"


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY;", "FREQ=SEC\n ONDLY;", "FREQ=YEARLY;BYSECOND=1,2,3;BYDAY=SU,MO;"])
def test_no_time_zone_of_a_stranger_takes_for_ever(rule):
    kept = calendars._without_endless_rules(own_zone(rule))
    assert "RRULE" not in kept
    assert calendars._without_endless_rules(own_zone(YEARLY)).count("RRULE") == 2
    assert calendars._without_endless_rules(own_zone(YEARLY) * 90).count("RRULE") == calendars.MOST_RULES
    assert calendars.facts(own_zone(rule))["starts_at"]["at"] == "2026-12-04T17:30:00+00:00"


def test_what_one_mail_calls_its_time_zone_means_nothing_in_the_next():
    hours = [calendars.facts(own_zone(YEARLY, offset))["starts_at"]["at"][11:13] for offset in ("+0200", "+0900")]
    assert hours == ["17", "10"]


def test_the_same_mail_is_the_same_however_it_travelled():
    first = parts(plain("Wörter\r\nund mehr"), "Content-Type: text/csv; name=a.csv\r\n\r\na,b\r\n1,2")
    encoded = base64.b64encode("Wörter\r\nund mehr".encode()).decode()
    second = parts(
        f"Content-Transfer-Encoding: base64\r\n{plain(encoded)}",
        "Content-Type: text/csv; name=a.csv\r\n\r\na,b\n1,2",
    ).replace(
        b"subject: A subject",
        b"Received: from x\r\nDKIM-Signature: z\r\nDelivered-To: y@z.example\r\nsubject: A\r\n subject",
    )
    assert parse(first).digest == parse(second.replace(b"edge", b"EDGE")).digest
    assert parse(first).digest == parse(first.replace(b"\r\n", b"\n")).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Words", b"Other"),
        (b"A subject", b"Another"),
        (b"m1@", b"m2@"),
        (b"reader@", b"writer@"),
        (b"20 Nov 2026", b"20 Nov 2027"),
        (b"%PDF1", b"%PDF2"),
    ],
)
def test_another_content_makes_another_mail(old, new):
    raw = parts(plain("Words"), "Content-Type: application/pdf\r\n\r\n%PDF1").replace(
        b"subject:", b"date: 20 Nov 2026 09:00:00 +0000\r\nsubject:"
    )
    assert parse(raw).digest != parse(raw.replace(old, new)).digest


def test_the_kept_header_fields_are_few_and_clean():
    read = parse(
        mail(to="a@b.example," * 5000, x_mailer="Ma\0il", x_secret="no").replace(
            b"from:", b"Received: from \xff\r\n" * 500 + b"from:"
        )
    )
    assert read.headers["x-mailer"] == ["Ma\ufffdil"]
    assert "x-secret" not in read.headers
    assert len(read.headers["received"]) == 10
    assert sum(len(value) for values in read.headers.values() for value in values) < 17_000


def test_reading_a_large_mail_takes_a_small_multiple_of_its_size():
    content = base64.encodebytes(bytes(range(256)) * 16_000).replace(b"\n", b"\r\n")
    raw = parts(
        plain("See the file."), "Content-Type: video/mp4; name=v.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    ).replace(b"base64\r\n\r\n", b"base64\r\n\r\n" + content)
    tracemalloc.start()
    read = parse(raw)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(read.files[0].content) == 256 * 16_000
    assert len(raw) + most < 4.5 * len(raw)
