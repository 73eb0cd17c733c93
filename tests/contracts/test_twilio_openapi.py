"""Our requests to Twilio hold to its published OpenAPI document: Prism checks each against it."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest
import requests
from conftest import ACCOUNT

from inbox.bootstrap import bootstrap
from inbox.channels.twilio import send
from inbox.models import Channel
from inbox.services.provider import Outgoing

INSTALLED = Path(__file__).parents[2] / "build" / "prism" / "node_modules"
DOCUMENT = INSTALLED / "@twilio" / "cli-core" / "src" / "services" / "twilio-api" / "twilio_api_v2010.json"
PROGRAM = INSTALLED / ".bin" / "prism"
PATIENCE_SECONDS = 60

pytestmark = pytest.mark.xdist_group("prism")


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prism that serves Twilio's document."""
    if not PROGRAM.exists() or shutil.which("node") is None:
        pytest.skip("Prism is not installed (script/prism, which needs npm)")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    log = (tmp_path_factory.mktemp("prism") / "log").open("w+")
    process = subprocess.Popen([PROGRAM, "mock", "-p", str(port), DOCUMENT], stdout=log, stderr=log)
    try:
        wait_until_up(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def wait_until_up(process: "subprocess.Popen[bytes]", port: int) -> None:
    for _ in range(PATIENCE_SECONDS * 10):
        assert process.poll() is None, "Prism ended at its start"
        try:
            HTTPConnection("127.0.0.1", port, timeout=5).request("GET", "/")
            return
        except OSError:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
    raise AssertionError("Prism did not come up")


@pytest.fixture
def twilio(prism: str, tmp_path: Path) -> Iterator[send.Twilio]:
    environ = {
        "INBOX_DATA_DIR": str(tmp_path),
        "INBOX_PUBLIC_URL": "https://inbox.example.org",
        "INBOX_TWILIO_API_BASE": prism,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": "test-token-for-fixtures-only",
    }
    runtime = bootstrap(environ)
    api = send.make_client(runtime.settings)
    assert api is not None
    yield send.Twilio(api, runtime.settings.twilio_account_sid, "")
    runtime.database.engine.dispose()


@pytest.mark.parametrize("channel", [Channel.WHATSAPP, Channel.SMS, Channel.RCS])
def test_a_message_is_a_request_as_twilio_describes_it(twilio: send.Twilio, channel: Channel) -> None:
    sent = twilio.send(Outgoing(channel, "+886963563485", "+886900000001", "謝謝 & thank you"))
    assert sent.account == ACCOUNT
    assert sent.external_id


def test_a_messaging_service_may_send(twilio: send.Twilio) -> None:
    assert twilio.send(Outgoing(Channel.SMS, "MG" + "0" * 32, "+886900000001", "Thank you")).external_id


def test_looking_a_message_up_is_a_request_as_twilio_describes_it(twilio: send.Twilio) -> None:
    outgoing = Outgoing(Channel.WHATSAPP, "+886963563485", "+886900000001", "no such text")
    assert twilio.find(outgoing, datetime(2026, 11, 24, 6, 0, tzinfo=UTC)) == []


def test_prism_does_refuse_what_twilio_does_not_describe(prism: str) -> None:
    url = f"{prism}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    answer = requests.post(url, {"Body": "to nobody"}, auth=(ACCOUNT, "token"), timeout=30)
    assert answer.status_code == 422
