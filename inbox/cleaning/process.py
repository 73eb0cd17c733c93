"""The parent's side: start a child for one file, wait for its answer, take over what it made.

Nothing of a foreign file is read in this process; it handles paths and one short line of JSON.
"""

import contextlib
import json
import math
import os
import shutil
import signal
import stat
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from inbox.cleaning.refusals import refusal
from inbox.cleaning.sandbox.answers import Cleaned, Reason
from inbox.cleaning.sandbox.confine import Limits

_ANSWER_BYTES = 1024
_MADE_OF_OTHERS = frozenset({"image/jpeg", "video/mp4", "video/quicktime", "video/3gpp", "video/x-matroska"})
_HERE = Path(__file__).parent
# The sandbox is a package of its own there, so that nothing of the application is loaded with it.
_COMMAND = (sys.executable, "-P", "-s", "-B", "-X", "utf8", "-m", "sandbox")


def clean(original: Path, content_type: str, copy: Path, preview: Path, limits: Limits | None = None) -> Cleaned:
    """Make a clean copy of an untrusted file, and a preview where one makes sense, in a confined child process.

    `content_type` is what the content proved to be. `copy` and `preview` are written whole or not at all; a
    preview is there only if the answer says so, and it is WebP. The copy's content type may differ from the
    original's. Raises NoCleanCopy, HarmfulFile or UnreadableFile with words for staff, and RuntimeError if
    the child could not be confined, which is a fault of this machine and not of the file.
    """
    limits = limits or Limits()
    with TemporaryDirectory(prefix=".cleaning-", dir=copy.parent) as name:
        folder = Path(name)
        cleaned = _understood(_ask(original, content_type, folder, limits), content_type)
        _take(folder / "copy", copy)
        if cleaned.has_preview:
            _take(folder / "preview", preview)
    return cleaned


def _ask(original: Path, content_type: str, folder: Path, limits: Limits) -> bytes:
    """Run the child and return what it said, cut at what an answer can be long."""
    arguments = (str(original.resolve()), content_type, str(folder.resolve()), json.dumps(asdict(limits)))
    with (folder / "answer").open("w+b") as answer:
        child = subprocess.Popen(  # noqa: S603 - our own program; the arguments are ours and no shell reads them
            [*_COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={"PYTHONPATH": str(_HERE), "TMPDIR": str(folder.resolve())},
            start_new_session=True,
        )
        _wait(child, limits.wall_seconds)
        answer.seek(0)
        return answer.read(_ANSWER_BYTES)


def _wait(child: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for the child; kill it and all it started when it takes too long or this thread is interrupted."""
    try:
        code = child.wait(seconds)
    except subprocess.TimeoutExpired:
        _kill(child)
        raise refusal(Reason.TOO_SLOW) from None
    except BaseException:
        _kill(child)
        raise
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        raise refusal(Reason.TOO_SLOW)
    if code < 0:  # a reader crashed
        raise refusal(Reason.DAMAGED)
    if code > 0:
        raise RuntimeError(f"the sandbox for files could not start (exit code {code})")


def _kill(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says so of one that just ended
        os.killpg(child.pid, signal.SIGKILL)  # it is not waited for yet, so the group is still its own
    child.wait()


def _understood(answer: bytes, asked: str) -> Cleaned:
    """The answer, which a file that took over the child may have written: only what we know is believed."""
    try:
        said = json.loads(answer)
        if "refused" in said:
            raise refusal(Reason(said["refused"]))
        made, duration = str(said["content_type"]), said["duration_seconds"]
        if made not in _MADE_OF_OTHERS | {asked} or not (duration is None or 0 <= duration < math.inf):
            raise ValueError(made)
        return Cleaned(made, said["has_preview"] is True, duration)
    except (ValueError, TypeError, KeyError):
        raise refusal(Reason.DAMAGED) from None


def _take(made: Path, place: Path) -> None:
    """Move what the child made to its place, if it is a plain file and not a way to another one."""
    try:
        status = made.lstat()
    except FileNotFoundError:
        raise refusal(Reason.DAMAGED) from None
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        raise refusal(Reason.DAMAGED)
    shutil.move(made, place)
