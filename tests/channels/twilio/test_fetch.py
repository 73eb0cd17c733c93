"""Media are fetched from where the provider keeps them, and from nowhere else."""

import io
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from conftest import ACCOUNT, TOKEN
from media_peer import MediaPeer

from inbox.channels import pinned
from inbox.channels.pinned import Forbidden, Hosts, is_public
from inbox.channels.twilio import fetch
from inbox.channels.twilio.fetch import TWILIO, Media
from inbox.config import load_settings
from inbox.services.jobs import NotNow, Refused

MEGABYTE = 1024 * 1024


@pytest.fixture
def peer() -> Iterator[MediaPeer]:
    with MediaPeer() as peer:
        yield peer


def media(peer: MediaPeer, most_bytes: int = MEGABYTE, seconds: float = 30, **changed: object) -> Media:
    given = {"hosts": Hosts.of(peer.hosts, TWILIO, False), "credentials": [(ACCOUNT, TOKEN)], **changed}
    return Media(most_bytes=most_bytes, total_seconds=seconds, **given)


def fetched(media: Media, url: str) -> bytes:
    file = io.BytesIO()
    media.fetch(url, file)
    return file.getvalue()


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Let every name lead to the next of these addresses, for ever to the last; what was connected to is returned."""
    left, connected = list(answers), []

    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple]:
        address = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def create_connection(address: tuple[str, int], *_: object) -> socket.socket:
        connected.append(address[0])
        raise OSError("no network in tests")

    monkeypatch.setattr(pinned.socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(pinned.socket, "create_connection", create_connection)
    return connected


@pytest.mark.parametrize(
    "url",
    [
        "http://api.twilio.com/x",  # not encrypted
        "https://api.twilio.com:8443/x",
        "https://user:password@api.twilio.com/x",
        "https://twilio.com.evil.example/x",
        "https://eviltwilio.com/x",
        "https://evil.example/https://api.twilio.com/",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://[::1]/x",
        "https://[::ffff:169.254.169.254]/x",
        "http://169.254.169.254/latest/meta-data/",
        "ftp://api.twilio.com/x",
        "file:///etc/passwd",
        "https://api.twilio.com:99999/x",
        "https://api.twilio.com/x y",
        "https://",
        "//api.twilio.com/x",
        "",
    ],
)
def test_other_addresses_are_not_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connected = resolve_to(monkeypatch, "93.184.216.34")
    with pytest.raises(Refused, match="host"):
        fetched(Media(Hosts(TWILIO), [], MEGABYTE), url)
    assert connected == []


@pytest.mark.parametrize(
    "host", ["api.twilio.com", "API.TWILIO.COM", "mms.twiliocdn.com", "s3-external-1.amazonaws.com"]
)
def test_twilios_own_hosts_are(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connected = resolve_to(monkeypatch, "93.184.216.34")
    with pytest.raises(NotNow, match="unreachable"):
        fetched(Media(Hosts(TWILIO), [], MEGABYTE), f"https://{host}/x")
    assert connected == ["93.184.216.34"]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::"),
    ],
)
def test_a_name_that_leads_into_a_private_network_is_not_followed(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = resolve_to(monkeypatch, address)
    with pytest.raises(Refused, match="address"):
        fetched(Media(Hosts(TWILIO), [], MEGABYTE), "https://api.twilio.com/x")
    assert connected == []


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_addresses_on_the_internet_are_public(address: str) -> None:
    assert is_public(address)


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    connected = resolve_to(monkeypatch, "93.184.216.34", "127.0.0.1")
    with pytest.raises(NotNow):
        fetched(Media(Hosts(TWILIO), [], MEGABYTE), "https://api.twilio.com/x")
    assert connected == ["93.184.216.34"]


@pytest.mark.parametrize(
    "to",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:{other}/x",
        "http://10.0.0.1/x",
        "http://[::ffff:127.0.0.1]:{other}/x",
        "https://evil.example/x",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_to_somewhere_else_is_not_followed(to: str, peer: MediaPeer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        url = peer.add(b"secret")
        peer.next(url, "redirect", to=to.format(other=other.getsockname()[1]))
        with pytest.raises(Refused, match="host"):
            fetched(media(peer), url)


def test_a_redirect_by_a_name_that_leads_inside_is_not_followed(
    peer: MediaPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = peer.add(b"secret")
    peer.next(url, "redirect", to="https://inside.example/x")
    hosts = Hosts(("inside.example",), peer.hosts.split(","))
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *others: int, **more: int) -> list:
        return real("10.0.0.1" if host == "inside.example" else host, *others, **more)

    monkeypatch.setattr(pinned.socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(Refused, match="address"):
        fetched(media(peer, hosts=hosts), url)


def test_redirects_without_end_are_given_up(peer: MediaPeer) -> None:
    url = peer.add(b"x")
    peer.next(url, "redirect", times=20, to=url)
    with pytest.raises((Refused, NotNow)):
        fetched(media(peer), url)
    assert len(peer.asked) <= 6
    assert [known for _, _, known in peer.asked] == [True] + [False] * (len(peer.asked) - 1)


def test_an_api_key_that_may_not_is_followed_by_the_token(peer: MediaPeer) -> None:
    url = peer.add(b"content")
    assert fetched(media(peer, credentials=[("SK" + "0" * 32, "secret"), (ACCOUNT, TOKEN)]), url) == b"content"


def test_wrong_credentials_are_words_for_staff_and_no_hurry(peer: MediaPeer) -> None:
    with pytest.raises(NotNow, match="sign-in") as told:
        fetched(media(peer, credentials=[(ACCOUNT, "wrong")]), peer.add(b"x"))
    assert told.value.after
    assert told.value.after.total_seconds() >= 600


@pytest.mark.parametrize("fault", ["endless", "huge"])
def test_more_than_the_limit_is_not_taken(fault: str, peer: MediaPeer) -> None:
    url, file = peer.add(b"x"), io.BytesIO()
    peer.next(url, fault)
    with pytest.raises(Refused, match="too-large"):
        media(peer).fetch(url, file)
    assert len(file.getvalue()) <= MEGABYTE


@pytest.mark.parametrize("fault", ["slow", "slow-head"])
def test_who_dribbles_is_cut_off(fault: str, peer: MediaPeer) -> None:
    url = peer.add(b"x")
    peer.next(url, fault)
    with pytest.raises(NotNow, match="too-slow"):
        fetched(media(peer, seconds=0.3), url)


@pytest.mark.parametrize(("fault", "code"), [("short", "cut-short"), ("drop", "cut-short|unreachable")])
def test_half_a_file_is_no_file(fault: str, code: str, peer: MediaPeer) -> None:
    url = peer.add(b"content")
    peer.next(url, fault)
    with pytest.raises(NotNow, match=code):
        fetched(media(peer), url)


@pytest.mark.parametrize(("text", "seconds"), [("120", 120), ("0", 5), ("999999", 3600), ("soon", None), ("", None)])
def test_how_long_to_wait_is_heeded_within_reason(text: str, seconds: int | None, peer: MediaPeer) -> None:
    url = peer.add(b"x")
    peer.next(url, "busy", Retry_After=text)
    with pytest.raises(NotNow, match="busy") as told:
        fetched(media(peer), url)
    assert told.value.after == (None if seconds is None else timedelta(seconds=seconds))


def test_forgetting_twice_is_no_error(peer: MediaPeer) -> None:
    url = peer.add(b"x")
    for _ in range(2):
        media(peer).forget(url)
        assert not peer.has(url)


def test_without_permission_nothing_is_forgotten(peer: MediaPeer) -> None:
    url = peer.add(b"x")
    with pytest.raises(NotNow, match="sign-in"):
        media(peer, credentials=[(ACCOUNT, "wrong")]).forget(url)
    assert peer.has(url)


def test_a_host_without_a_port_is_any_port_of_it(peer: MediaPeer) -> None:
    assert fetched(media(peer, hosts=Hosts.of("127.0.0.1", TWILIO, False)), peer.add(b"content")) == b"content"


def test_only_a_rehearsal_asks_this_machine(environ: dict[str, str], peer: MediaPeer) -> None:
    trial = {name: value for name, value in environ.items() if not name.startswith("TWILIO_")}
    for given, allowed in (
        (trial, True),
        (environ, False),
        ({**trial, "INBOX_PUBLIC_URL": "https://a.example"}, False),
    ):
        settings = load_settings(given)
        hosts = Hosts.of(settings.twilio_media_hosts, TWILIO, settings.rehearses)
        if allowed:
            hosts.place(peer.add(b"x"))
        else:
            with pytest.raises(Forbidden):
                hosts.place(peer.add(b"x"))


def test_credentials_are_those_that_the_settings_hold(environ: dict[str, str]) -> None:
    key = {"TWILIO_API_KEY": "SK" + "0" * 32, "TWILIO_API_SECRET": "secret"}
    assert fetch.credentials(load_settings(environ)) == [(ACCOUNT, TOKEN)]
    assert fetch.credentials(load_settings({**environ, **key})) == [("SK" + "0" * 32, "secret"), (ACCOUNT, TOKEN)]
