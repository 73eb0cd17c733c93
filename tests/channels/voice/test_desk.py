"""What staff see of a call."""

import re

import pytest
from calling import CALLER, Call, stored, tell
from desk_work import address
from flask.testing import FlaskClient

from inbox.runtime import Runtime

MACHINE = "Written down by a machine"


def pages(client: FlaskClient, runtime: Runtime) -> tuple[str, str]:
    """The list and the page of the one submission."""
    (submission,) = stored(runtime)
    return client.get("/desk/").text, client.get(address(submission)).text


def test_a_voicemail_has_its_length_in_the_list_and_a_link_to_call_back(client, runtime, signed_in) -> None:
    tell(client, Call().ring(), Call().recording(), Call().ended())
    queue, page = pages(signed_in("alice"), runtime)
    assert re.search(r'class="nr-row-subject"[^>]*>Voicemail, 0:42</a>', queue)
    assert "Voice · 1 recording" in queue
    assert "Voicemail, 0:42" in page
    assert f'href="tel:{CALLER}"' in page
    assert "Call back" in page
    assert "Voicemail 2026-11-20 14.31.mp3" in page
    assert MACHINE not in page


def test_a_missed_call_says_so_and_can_be_called_back(client, runtime, signed_in) -> None:
    tell(client, Call().ring())
    assert "Call, no message yet" in pages(signed_in("alice"), runtime)[1]
    tell(client, Call().ended("no-answer"))
    queue, page = pages(signed_in("alice"), runtime)
    assert re.search(r'class="nr-row-subject"[^>]*>Missed call</a>', queue)
    assert "Missed call, no message" in page
    assert f'href="tel:{CALLER}"' in page


def test_a_failed_recording_is_a_missed_call_with_its_reason(client, runtime, signed_in) -> None:
    tell(client, Call().ring(), Call().recording("failed", "0"))
    assert "Missed call: the recording failed" in pages(signed_in("alice"), runtime)[1]


def test_a_transcript_is_shown_as_the_work_of_a_machine(client, runtime, signed_in) -> None:
    tell(client, Call().ring(), Call().recording(), Call().transcription("<b>Rents</b> on Dihua Street"))
    queue, page = pages(signed_in("alice"), runtime)
    assert "&lt;b&gt;Rents&lt;/b&gt; on Dihua Street" in page
    assert MACHINE in page
    assert "&lt;b&gt;Rents&lt;/b&gt; on Dihua Street" in queue


def test_a_failed_transcription_is_told(client, runtime, signed_in) -> None:
    tell(client, Call().ring(), Call().recording(), Call().transcription(""))
    assert "No text could be made of it." in pages(signed_in("alice"), runtime)[1]


@pytest.mark.parametrize("caller", ["anonymous", None])
def test_a_withheld_number_cannot_be_called_back(client, runtime, signed_in, caller) -> None:
    tell(client, Call(caller=caller).ring())
    page = pages(signed_in("alice"), runtime)[1]
    assert "tel:" not in page
    assert "cannot be called back" in page


def test_the_chosen_kind_stands_in_the_history(client, runtime, signed_in) -> None:
    tell(client, Call().ring(), Call().choose("1"))
    page = pages(signed_in("alice"), runtime)[1]
    assert "<b>The sender</b> chose: Story tip" in page


def test_a_call_is_answered_by_calling_and_not_in_the_composer(client, runtime, signed_in) -> None:
    tell(client, Call().ring(), Call().recording())
    assert 'id="reply-text"' not in pages(signed_in("alice"), runtime)[1]
