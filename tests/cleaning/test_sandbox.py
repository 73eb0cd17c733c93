"""The child process has no network, starts nothing, and costs the parent nothing."""

import json
import os
import subprocess
import sys
import tracemalloc
import wave
from dataclasses import asdict
from pathlib import Path

import pytest

from inbox import cleaning
from inbox.cleaning import Cleaned, Limits, clean, process
from inbox.errors import UnreadableFile

HERE = Path(cleaning.__file__).parent
LINUX = sys.platform == "linux"
MIB = 1024 * 1024


def inside(code: str, limits: Limits | None = None) -> str:
    """Run some Python behind the walls and return what it printed."""
    start = "import os, sys\nfrom sandbox.confine import Limits, confine\nconfine(Limits(**{}))\n"
    program = start.format(asdict(limits or Limits())) + code
    run = subprocess.run(
        [sys.executable, "-P", "-s", "-c", program], env={"PYTHONPATH": str(HERE)}, capture_output=True
    )
    return (run.stdout + run.stderr).decode()


@pytest.mark.skipif(not LINUX, reason="only Linux has seccomp; docs/media.md says so")
@pytest.mark.parametrize(
    "deed",
    [
        "import socket; socket.socket()",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import socket; socket.socketpair()",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "os.execv('/bin/true', ['true'])",
        "import subprocess; subprocess.run(['/bin/true'], check=True)",
        "os.kill(os.getppid(), 0)",
        "import ctypes; c = ctypes.CDLL(None, use_errno=True); c.syscall(425, 1, 0) < 0 and sys.exit(str(OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))))",
    ],
)
def test_the_child_can_reach_no_network_and_start_no_program(deed: str) -> None:
    assert "Operation not permitted" in inside(deed)


@pytest.mark.skipif(not LINUX, reason="only Linux has seccomp; docs/media.md says so")
def test_threads_of_the_child_are_confined_too() -> None:
    deed = "import threading, socket\nt = threading.Thread(target=socket.socket)\nt.start()\nt.join()"

    assert "Operation not permitted" in inside(deed)


def test_the_child_has_limits_on_memory_time_and_files() -> None:
    names = ("AS", "CPU", "FSIZE", "CORE", "NOFILE")
    code = f"import json, resource\nprint(json.dumps([resource.getrlimit(getattr(resource, 'RLIMIT_' + n)) for n in {names}]))"

    found = json.loads(inside(code, Limits(512 * MIB, 7, 60, 9 * MIB, 50)))

    assert found == [[512 * MIB] * 2, [7] * 2, [9 * MIB] * 2, [0] * 2, [50] * 2]


def test_the_child_knows_nothing_of_the_application_or_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INBOX_SECRET_KEY", "planted")
    seen: dict[str, object] = {}
    real = subprocess.Popen

    def noting(command: list[str], **options: object) -> object:
        seen.update(options)
        return real(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(process.subprocess, "Popen", noting)
    (tmp_path / "a").write_text("words")
    clean(tmp_path / "a", "text/plain", tmp_path / "b", tmp_path / "c")

    assert set(seen["env"]) == {"PYTHONPATH", "TMPDIR"}  # type: ignore[call-overload]
    assert seen["start_new_session"]
    assert "False" in inside(
        "from sandbox import kinds, pictures, pdf, office, recordings\nprint('flask' in sys.modules or 'inbox' in sys.modules)"
    )


def test_a_large_recording_is_streamed_and_the_parent_stays_flat(tmp_path: Path) -> None:
    original = tmp_path / "original"
    with wave.open(str(original), "wb") as sound:
        sound.setparams((2, 2, 48_000, 0, "NONE", ""))
        for _ in range(150):
            sound.writeframesraw(bytes(MIB))

    tracemalloc.start()
    try:
        answer = clean(original, "audio/wav", tmp_path / "copy", tmp_path / "preview", Limits(memory_bytes=400 * MIB))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert answer == Cleaned("audio/wav", duration_seconds=round(150 * MIB / 192_000, 3))
    assert (tmp_path / "copy").stat().st_size >= 150 * MIB
    assert peak < MIB


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"not json",
        b"[]",
        b'{"refused": "of my own making"}',
        b'{"content_type": "text/html", "has_preview": false, "duration_seconds": null}',
        b'{"content_type": "image/png", "has_preview": false, "duration_seconds": NaN}',
        b'{"content_type": "image/png", "has_preview": false, "duration_seconds": null}',
    ],
)
def test_a_child_that_a_file_took_over_is_not_believed(
    said: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_ask", lambda *_: said)  # the last answer is in order, but there is no copy

    with pytest.raises(UnreadableFile):
        clean(tmp_path / "a", "image/png", tmp_path / "b", tmp_path / "c")


@pytest.mark.parametrize("way", [os.symlink, os.link])
def test_a_copy_that_is_a_way_to_another_file_is_not_taken(
    way: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("secret")

    def betray(original: Path, content_type: str, folder: Path, limits: Limits) -> bytes:
        way(tmp_path / "secret", folder / "copy")  # type: ignore[operator]
        return json.dumps(asdict(Cleaned("image/png"))).encode()

    monkeypatch.setattr(process, "_ask", betray)

    with pytest.raises(UnreadableFile):
        clean(tmp_path / "a", "image/png", tmp_path / "b", tmp_path / "c")
    assert not (tmp_path / "b").exists()


def test_a_sandbox_that_cannot_stand_is_a_fault_of_the_machine_and_not_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_COMMAND", (sys.executable, "-c", "raise SystemExit(1)"))

    with pytest.raises(RuntimeError, match="could not start"):
        clean(tmp_path / "a", "text/plain", tmp_path / "b", tmp_path / "c")
