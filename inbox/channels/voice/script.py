"""What a caller hears, step by step, as TwiML. Pure: the words are in templates/messages/voice/.

Nobody says which language they speak, so everything is said in each of the newsroom's languages, the first
one first.
"""

from collections.abc import Iterator
from typing import Any

from twilio.twiml.voice_response import Gather, VoiceResponse

from inbox import kinds
from inbox.kinds import Kind
from inbox.profile import Profile
from inbox.rendering import message as render

VOICES = {"en": "en-US", "zh-Hant": "cmn-TW"}
"""The languages that are spoken, as Twilio names them. Of others the newsroom has no words yet."""
MOST_KEYS = 9
LONGEST_SECONDS = 180
SILENCE_SECONDS = 10
NOTHING = str(VoiceResponse())


def menu(profile: Profile) -> tuple[Kind, ...]:
    """The kinds that are offered by key, the first one by the 1."""
    return tuple(kinds.BY_NAME[name] for name in profile.kinds)[:MOST_KEYS]


def greeting(profile: Profile, address: str) -> str:
    """Say who is here and that the call is recorded, and ask for a key; go on without one after some seconds."""
    response = VoiceResponse()
    # Silence leads on too: by itself a <Gather> without a key goes to the next verb.
    keys = Gather(
        input="dtmf",
        num_digits=1,
        timeout=5,
        action=f"{address}/choice",
        method="POST",
        action_on_empty_result=True,
    )
    for language in _languages(profile):
        _say(keys, language, "greeting", newsroom=profile.name)
        for key, kind in enumerate(menu(profile), 1):
            _say(keys, language, "key", kind=kind.spoken[language], key=key)
    response.append(keys)
    return str(response)


def recording(profile: Profile, address: str, *, transcribe: bool) -> str:
    """Record a message. What follows the recording is heard only where nothing was said (Twilio docs, "Record")."""
    response = VoiceResponse()
    for language in _languages(profile):
        _say(response, language, "record", minutes=LONGEST_SECONDS // 60)
    response.record(
        max_length=LONGEST_SECONDS,
        timeout=SILENCE_SECONDS,
        finish_on_key="#",
        play_beep=True,
        trim="trim-silence",
        action=address,
        method="POST",
        recording_status_callback=f"{address}/recording",
        recording_status_callback_method="POST",
        # "failed" is no event that can be asked for; a wrong one may cost us all (Twilio, error 13621).
        recording_status_callback_event="completed absent",
        **({"transcribe": True, "transcribe_callback": f"{address}/transcription"} if transcribe else {}),
    )
    return _end(response, profile, "nothing")


def thanks(profile: Profile) -> str:
    """Confirm that the message is here, and hang up."""
    return _end(VoiceResponse(), profile, "thanks")


def _end(response: VoiceResponse, profile: Profile, form: str) -> str:
    for language in _languages(profile):
        _say(response, language, form, newsroom=profile.name)
    response.hangup()
    return str(response)


def _languages(profile: Profile) -> Iterator[str]:
    spoken = [language for language in profile.languages if language in VOICES]
    yield from spoken or ["en"]


def _say(verb: Any, language: str, form: str, **values: Any) -> None:
    verb.say(render("voice", form, language, **values), language=VOICES[language])
