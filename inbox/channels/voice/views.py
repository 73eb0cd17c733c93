"""The webhooks of a telephone call: Twilio asks what to say next, and tells what became of it.

The addresses that Twilio is to call are built from the settings, never from what the request says.
"""

from flask import Blueprint, Response

from inbox import edge
from inbox.channels.twilio_account import parameters, twilio_signed
from inbox.channels.voice import parse, script
from inbox.services import calls
from inbox.services.calls import ENDED, Told
from inbox.text import clean

PATH = "/hooks/twilio/voice"

bp = Blueprint("voice", __name__, url_prefix=PATH)
edge.csrf.exempt(bp)


@bp.post("")
@twilio_signed
def answer() -> Response:
    """Greet a call that rings, and thank for one that was recorded. Where a call has ended, nobody listens."""
    profile = edge.current_runtime().profile
    told = _take_in()
    if told and told.recording_sid:
        return _speak(script.thanks(profile))
    if told is None or told.status in ENDED:
        return _speak(script.NOTHING)
    return _speak(script.greeting(profile, _address()))


@bp.post("/choice")
@twilio_signed
def record() -> Response:
    """Note which key was pressed, if any, and record."""
    profile = edge.current_runtime().profile
    told = _take_in(parse.chosen(_given().get("Digits", ""), script.menu(profile)))
    number = profile.number(told.number) if told else None
    return _speak(script.recording(profile, _address(), transcribe=number is not None and number.transcribe))


@bp.post("/recording")
@twilio_signed
def note_recording() -> Response:
    _take_in()
    return _speak(script.NOTHING)


@bp.post("/transcription")
@twilio_signed
def note_transcription() -> Response:
    _take_in()
    return _speak(script.NOTHING)


def _take_in(kind: str = "") -> Told | None:
    """Store what the request says of a call, and return it; None if it says nothing that we understand."""
    told = parse.told(_given(), kind)
    if told:
        profile, now = edge.current_runtime().profile, edge.now()
        edge.exactly_once(lambda session: calls.take_in(session, told, profile, now=now))
    return told


def _given() -> dict[str, str]:
    return {clean(name): clean(value) for name, value in parameters().items()}


def _address() -> str:
    return edge.current_runtime().settings.public_url + PATH


def _speak(twiml: str) -> Response:
    return Response(twiml, mimetype="text/xml")
