"""The second line of a list says something that the first one does not."""

import pytest
from desk_work import send

from inbox.models import Channel
from inbox.services.contacts import Sender

LONG = "I have watched the harbour from my window for thirty years and never seen anything like what happened there last night."


@pytest.mark.parametrize(
    ("text", "subject", "below"),
    [
        ("The bridge is closed", "The bridge is closed", ""),
        ("The bridge is closed\n\nSince noon.", "The bridge is closed", "Since noon."),
        ("  \n大橋封閉了\n中午以後", "大橋封閉了", "中午以後"),
    ],
)
def test_words_that_are_the_subject_are_not_repeated(runtime, text, subject, below):
    submission = send(runtime, text)
    assert (submission.subject, submission.preview) == (subject, below)


def test_a_subject_that_was_cut_goes_on_below(runtime):
    submission = send(runtime, LONG)
    assert f"{submission.subject.removesuffix('…')} {submission.preview}" == LONG


def test_a_headline_of_its_own_has_the_text_below(runtime):
    assert send(runtime, "The east wing opens.", subject="Museum reopens").preview == "The east wing opens."


def test_files_without_words_are_named_once(runtime):
    sender = Sender(Channel.WHATSAPP, "+886900000001")
    submission = send(runtime, "", channel=Channel.WHATSAPP, sender=sender, gist="3 photos")
    assert (submission.subject, submission.preview) == ("3 photos", "")


def test_a_further_message_is_what_the_list_shows(runtime):
    sender = Sender(Channel.WHATSAPP, "+886900000001")
    for text in ("The bridge is closed", "It is open again"):
        submission = send(runtime, text, channel=Channel.WHATSAPP, sender=sender)
    assert submission.preview == "It is open again"
