"""What a caller hears."""

from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from calling import NUMBER, PATH, Call, tell
from conftest import PUBLIC_URL
from flask.testing import FlaskClient
from signing import sign

from inbox import kinds
from inbox.bootstrap import bootstrap
from inbox.channels.voice import script
from inbox.models import Submission
from inbox.profile import Number, Profile
from inbox.runtime import Runtime

ADDRESS = "https://news.example/inbox/hooks/twilio/voice"
BOTH = Profile(name="DCO Global News", languages=("en", "zh-Hant"))


def read(twiml: str) -> Element:
    response = ElementTree.fromstring(twiml)
    assert response.tag == "Response"
    return response


def said(element: Element, language: str = "en-US") -> list[str]:
    return [say.text or "" for say in element.iter("Say") if say.get("language") == language]


def test_a_caller_hears_who_is_here_and_that_the_call_is_recorded_in_each_language() -> None:
    gather = read(script.greeting(BOTH, ADDRESS))[0]
    english, chinese = said(gather), said(gather, "cmn-TW")
    assert "DCO Global News" in english[0]
    assert "DCO Global News" in chinese[0]
    assert "recorded" in english[0]
    assert "錄音" in chinese[0]
    assert [say.get("language") for say in gather].index("cmn-TW") == len(english)


def test_one_key_is_asked_for_and_silence_leads_on() -> None:
    response = read(script.greeting(BOTH, ADDRESS))
    (gather,) = response
    asked = {"input": "dtmf", "numDigits": "1", "actionOnEmptyResult": "true", "method": "POST"}
    assert asked.items() <= gather.attrib.items()
    assert gather.get("action") == f"{ADDRESS}/choice"


@pytest.mark.parametrize("offered", [("story_tip",), ("message", "event"), tuple(kinds.BY_NAME)])
@pytest.mark.parametrize(
    ("language", "voice", "key"), [("en", "en-US", "press {}."), ("zh-Hant", "cmn-TW", "請按 {}。")]
)
def test_the_menu_offers_the_newsrooms_kinds_and_no_others(
    offered: tuple[str, ...], language: str, voice: str, key: str
) -> None:
    profile = Profile(kinds=offered, languages=(language,))
    lines = said(read(script.greeting(profile, ADDRESS)), voice)[1:]
    assert len(lines) == len(offered)
    for number, (name, line) in enumerate(zip(offered, lines, strict=True), 1):
        assert kinds.BY_NAME[name].spoken[language] in line
        assert line.endswith(key.format(number))


@pytest.mark.parametrize("kind", kinds.ALL, ids=lambda kind: kind.name)
def test_every_kind_has_a_name_in_each_language_that_is_spoken(kind: kinds.Kind) -> None:
    assert set(kind.spoken) == set(script.VOICES)
    assert len(set(kind.spoken.values())) == len(script.VOICES)


def test_a_key_chooses_what_the_menu_said(client: FlaskClient, runtime: Runtime) -> None:
    for key, kind in enumerate(script.menu(runtime.profile), 1):
        call = Call(key, f"+88690000003{key}")
        tell(client, call.ring(), call.choose(str(key)))
        with runtime.database.reading() as session:
            assert session.get_one(Submission, key).kind == kind.name


def test_the_message_is_recorded_and_every_address_is_the_configured_one() -> None:
    response = read(script.recording(BOTH, ADDRESS, transcribe=False))
    record = response.find("Record")
    assert record is not None
    assert record.attrib == {
        "maxLength": "180",
        "timeout": "10",
        "finishOnKey": "#",
        "playBeep": "true",
        "trim": "trim-silence",
        "action": ADDRESS,
        "method": "POST",
        "recordingStatusCallback": f"{ADDRESS}/recording",
        "recordingStatusCallbackMethod": "POST",
        "recordingStatusCallbackEvent": "completed absent",
    }
    assert response[-1].tag == "Hangup"
    assert "up to 3 minutes" in said(response)[0]


def test_the_caller_is_thanked_and_the_line_is_hung_up() -> None:
    response = read(script.thanks(BOTH))
    assert "has your message" in said(response)[0]
    assert "已收到" in said(response, "cmn-TW")[0]
    assert response[-1].tag == "Hangup"


@pytest.mark.parametrize("name", ["Smith & Sons <News>", '"quoted"', "新聞 & ]]> 報"])
def test_the_newsrooms_name_is_said_as_it_is_written(name: str) -> None:
    profile = BOTH.model_copy(update={"name": name})
    for twiml in (script.greeting(profile, ADDRESS), script.thanks(profile)):
        assert name in said(read(twiml))[0]


@pytest.mark.parametrize(
    ("languages", "voices"), [(("zh-Hant", "en"), ["cmn-TW", "en-US"]), (("fr",), ["en-US"]), ((), ["en-US"])]
)
def test_a_language_without_words_is_left_out(languages: tuple[str, ...], voices: list[str]) -> None:
    response = read(script.thanks(Profile(languages=languages)))
    assert [say.get("language") for say in response.iter("Say")] == voices


@pytest.mark.parametrize("wanted", [True, False])
def test_only_a_number_that_asks_for_it_is_transcribed(
    environ: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest, wanted: bool
) -> None:
    path = tmp_path / "inbox.toml"
    path.write_text(f'[[numbers]]\nnumber = "{NUMBER}"\nlabel = "Desk"\ntranscribe = {str(wanted).lower()}\n')
    environ["INBOX_CONFIG"] = str(path)
    client = request.getfixturevalue("client")
    for call, transcribed in ((Call(1), wanted), (Call(2, to="+886970840314"), False)):
        record = read(tell(client, call.choose()).text).find("Record")
        assert record is not None
        address = f"{PUBLIC_URL}{PATH}/transcription" if transcribed else None
        assert record.get("transcribeCallback") == address
        assert (record.get("transcribe") == "true") == transcribed


def test_no_number_is_transcribed_unless_the_profile_says_so() -> None:
    assert not Number(number=NUMBER, label="Desk").transcribe


def test_a_call_that_has_ended_or_is_not_understood_is_told_nothing(client: FlaskClient) -> None:
    path, fields = Call().ring()
    for callback in (Call().ended(), Call().ended("no-answer"), Call().recording(), (path, {**fields, "CallSid": ""})):
        assert len(read(tell(client, callback).text)) == 0


def test_a_call_goes_from_greeting_to_recording_to_thanks(client: FlaskClient) -> None:
    steps = [Call().ring(), Call().choose("1"), Call().action()]
    assert [read(tell(client, step).text)[-1].tag for step in steps] == ["Gather", "Hangup", "Hangup"]
    assert read(tell(client, steps[0]).text)[0].get("action") == f"{PUBLIC_URL}{PATH}/choice"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("under", ["", "/inbox"])
def test_addresses_carry_the_public_path_and_not_what_the_request_says(
    environ: dict[str, str], clock, under: str
) -> None:
    from inbox import create_app

    environ |= {"INBOX_PUBLIC_URL": "https://news.example/inbox", "INBOX_TRUSTED_PROXIES": "1"}
    runtime = bootstrap(environ, clock)
    path, fields = Call().ring()
    headers = {"X-Twilio-Signature": sign(fields, ADDRESS), "Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    answer = create_app(runtime).test_client().post(under + path, data=fields, headers=headers)
    assert read(answer.text)[0].get("action") == f"{ADDRESS}/choice"
    runtime.database.engine.dispose()
