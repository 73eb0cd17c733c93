"""A watch in a process of its own, whose memory can be measured: python -m mail_catch_up COUNT

It stops when the inbox has so many mails, and prints its memory in MB: after the first, and at its highest.
"""

import json
import sys
from datetime import timedelta

from dovecot import until
from memory import highest_kib
from sqlalchemy import func, select

from inbox.bootstrap import bootstrap
from inbox.channels.email import watch
from inbox.models import Mail
from inbox.runtime import Runtime


def count(runtime: Runtime) -> int:
    with runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Mail)) or 0


def main(expected: int) -> None:
    watch.FIRST_PAUSE = timedelta(seconds=0.05)
    watch.OTHERS_PAUSE = timedelta(seconds=0.05)
    runtime = bootstrap()
    before = count(runtime)
    (each,) = watch.make(runtime)
    each.start()
    until(lambda: count(runtime) > before or count(runtime) >= expected, seconds=1800)
    first = highest_kib() // 1024
    until(lambda: count(runtime) >= expected, seconds=1800)
    each.stop()
    each.join()
    print(json.dumps({"first": first, "highest": highest_kib() // 1024}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
