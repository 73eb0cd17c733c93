"""After an outage everything arrives, once, and neither many mails nor a huge one take memory.

`INBOX_TEST_MAILS=5000` asks for the long form; the same happens with fewer.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dovecot import Account, Proxy, mail, until
from mail_catch_up import count
from sqlalchemy import select, update

from inbox.models import Mail, MailboxPosition
from inbox.runtime import Runtime

MAILS = int(os.environ.get("INBOX_TEST_MAILS", "500"))
ROOT = Path(__file__).parents[3]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def proxy(account: Account) -> Iterator[Proxy]:
    with Proxy(account.server.port) as proxy:
        yield proxy


@pytest.fixture
def start(environ: dict[str, str], account: Account, proxy: Proxy) -> Iterator[Start]:
    """`start(count)` begins to read the account in a process of its own, until so many mails are here."""
    begun = []

    def start(expected: int) -> "subprocess.Popen[str]":
        settings = {**os.environ, **environ, "INBOX_IMAP_URL": account.server.url(account.user, port=proxy.port)}
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        command = [sys.executable, "-m", "mail_catch_up", str(expected)]
        begun.append(
            subprocess.Popen(command, env={**settings, "PYTHONPATH": path}, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        )
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.wait()


def memory(process: "subprocess.Popen[str]") -> tuple[int, int]:
    """The memory of a process that ends well: after its first mail, and at its highest."""
    said, _ = process.communicate(timeout=1800)
    assert process.returncode == 0
    told = json.loads(said.splitlines()[-1])
    return told["first"], told["highest"]


def here(runtime: Runtime) -> list[str]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(Mail.mail_id)))


def test_after_ten_days_away_the_exact_set_arrives_once(start: Start, runtime: Runtime, account: Account, proxy: Proxy):
    known, missed = range(1, 21), range(21, 21 + MAILS)
    account.append(*map(mail, known))
    memory(start(len(known)))
    account.fill([mail(number)] for number in missed)
    account.create("Elsewhere")
    uids = account.uids()
    account.flag(",".join(map(str, uids[::3])), r"(\Seen)")
    taken = uids[len(known) :: 7]  # by people, meanwhile
    account.move(",".join(map(str, taken)), "Elsewhere")
    expected = [f"<{number}.@example.org>" for number in (*known, *missed) if number not in taken]

    proxy.cut_after = 60_000
    killed = start(len(expected))
    until(lambda: count(runtime) > len(known) + MAILS // 3, seconds=1800)
    killed.kill()
    killed.wait()
    cuts = proxy.connections
    with runtime.database.writing() as session:
        session.execute(update(MailboxPosition).values(leased_until=None))  # a minute later
    account.new_uid_validity()
    proxy.cut_after = MAILS * 300
    first, highest = memory(start(len(expected)))

    assert uids == [*known, *missed]
    assert sorted(here(runtime)) == sorted(expected)
    assert cuts > 2
    assert highest - first < 40
    assert account.uids(criteria="SEEN") == [uid for uid in uids[::3] if uid not in taken]


def test_a_mail_of_200_mb_between_good_ones_takes_no_memory(start: Start, runtime: Runtime, account: Account):
    line = b"There is no end of it.\r\n"
    huge = (piece for part in ([mail(2)], (line * 40_000 for _ in range(220))) for piece in part)
    account.fill([[mail(1)], huge, [mail(3)]])

    first, highest = memory(start(3))

    with runtime.database.reading() as session:
        mails = session.scalars(select(Mail).order_by(Mail.id)).all()
    assert [each.mail_id for each in mails] == [f"<{number}.@example.org>" for number in (1, 2, 3)]
    assert mails[1].original_size > 200_000_000
    assert mails[1].problem
    assert not mails[0].problem
    assert not mails[2].problem
    assert highest < 300
    assert highest - first < 60
