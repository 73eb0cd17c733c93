"""The virus scanner is believed only when it says something."""

import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from clamd_peer import EICAR, ClamdPeer

from inbox.antivirus import Clamd
from inbox.errors import ScannerSilent


@pytest.fixture
def peer() -> Iterator[ClamdPeer]:
    with ClamdPeer() as peer:
        yield peer


def test_a_file_is_sent_whole_in_pieces(peer: ClamdPeer, tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(content)
    assert Clamd(peer.url).scan(tmp_path / "a") == ""
    assert peer.scanned == [content]


def test_a_virus_has_a_name(peer: ClamdPeer, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"before " + EICAR)
    assert Clamd(peer.url).scan(tmp_path / "a") == "Eicar-Test-Signature"


@pytest.mark.parametrize(("mood", "code"), [("silent", "scanner"), ("broken", "scanner"), ("full", "scanner-size")])
def test_anything_else_is_no_answer(mood: str, code: str, peer: ClamdPeer, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"harmless")
    peer.mood = mood
    with pytest.raises(ScannerSilent) as told:
        Clamd(peer.url).scan(tmp_path / "a")
    assert told.value.code == code


def test_nobody_there_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"harmless")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for url in (f"tcp://127.0.0.1:{port}", f"unix://{tmp_path}/missing"):
        with pytest.raises(ScannerSilent):
            Clamd(url).scan(tmp_path / "a")


def test_it_may_listen_on_a_socket_in_the_file_system(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="inbox-") as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/clamd")
        listener.listen()
        clamd = Clamd(f"unix://{folder}/clamd")

        def answer() -> None:
            with listener.accept()[0] as heard:
                assert heard.recv(6) == b"zPING\0"
                heard.sendall(b"PONG\0")

        thread = threading.Thread(target=answer)
        thread.start()
        assert clamd.ping()
        thread.join()


def test_it_says_whether_it_is_there(peer: ClamdPeer) -> None:
    assert Clamd(peer.url).ping()
