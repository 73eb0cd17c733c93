"""Whatever arrives, it is read as well as it can be and nothing is raised but what is announced."""

import random
from email.base64mime import header_encode
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP

import pytest
from fuzzing import mutating
from fuzzing.mutating import check_mail
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.channels.email import addresses, charsets, words
from inbox.channels.email.parse import parse
from inbox.text import clean

BUDGET = settings(max_examples=150, deadline=None)

words_of_any_kind = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
names = st.text(st.sampled_from("ab漢é .'\"\\/(),;=?*%"), min_size=1, max_size=30).filter(str.strip)
charset_names = st.sampled_from([*sorted(charsets._KNOWN), "x-unknown", "us-ascii", "'", ""])


@BUDGET
@given(st.binary(max_size=2000))
def test_any_bytes(data):
    check_mail(data)
    check_mail(b"From: a@b.example\r\n" + data)
    check_mail(b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" + data)


@BUDGET
@given(st.integers(0, 2**32))
def test_any_sample_made_worse(seed):
    chance = random.Random(seed)
    target = chance.choice(mutating.targets())
    target.feed(mutating.mutated(chance, target.samples))


def text_part(text, encoding):
    part = MIMEPart()
    part.set_content(text, cte=encoding)
    return part, [text], []


def file_part(content, name):
    part = MIMEPart()
    part.set_content(content, "application", "octet-stream", filename=name)
    return part, [], [(name, content)]


def several(children):
    part, texts, files = MIMEPart(), [], []
    part.make_mixed()
    for child, their_texts, their_files in children:
        part.attach(child)
        texts, files = texts + their_texts, files + their_files
    return part, texts, files


mails = st.recursive(
    st.builds(text_part, words_of_any_kind, st.sampled_from(["base64", "quoted-printable"]))
    | st.builds(file_part, st.binary(max_size=60), names),
    lambda parts: st.lists(parts, min_size=1, max_size=4).map(several),
    max_leaves=12,
)
"""Parts of well-formed mails, with the texts and the files that are in them."""


@BUDGET
@given(mails, words_of_any_kind)
def test_a_well_formed_mail_gives_all_its_words_and_files(built, subject):
    part, texts, files = built
    message = EmailMessage()
    message["From"], message["Subject"] = "a@b.example", subject
    message.make_mixed()
    message.attach(part)
    read = parse(message.as_bytes(policy=SMTP))
    assert read.subject.split() == subject.split()
    assert read.text.split() == " ".join(texts).split()
    assert [(file.filename, file.content) for file in read.files] == [
        (" ".join(name.split()), content) for name, content in files
    ]
    assert read.defects == ()


@BUDGET
@given(st.binary(max_size=300), charset_names)
def test_any_bytes_with_any_label_are_text(data, label):
    text = charsets.decode(data, label)
    assert text == clean(text)


@BUDGET
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=4))
def test_an_encoded_word_says_what_was_encoded(text):
    assert words.decode(header_encode(text.encode(), "utf-8")) == text


@BUDGET
@given(st.text(max_size=200))
def test_any_field_of_addresses_gives_addresses_or_nothing(field):
    for _, address in addresses.parse(field):
        assert address == "" or (address.count("@") == 1 and not any(character.isspace() for character in address))


@pytest.mark.parametrize(
    "piece", ["a", "a,", "a ", '"', '\\"', "<", "(", "a@", "@", "=?a?q?x", "<a>", "\\", ";a=", "\t"]
)
@pytest.mark.parametrize("field", ["From", "To", "Subject", "References", "Received: for", "Content-Type: text/plain;"])
def test_a_field_of_the_same_again_and_again_takes_no_time(field, piece):
    """Where it does, this seems to hang: no step over a field may begin anew at each of its characters."""
    check_mail(f"{field}: {piece * 60_000}\r\n\r\nWords".encode())
