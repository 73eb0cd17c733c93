"""A watch in a process of its own, whose memory can be measured: python -m mail_catch_up COUNT

It stops when the inbox has so many mails, and prints its memory in MB: after the first, and at its highest.
"""

import json
import resource
import sys
from datetime import timedelta

from dovecot import until
from sqlalchemy import func, select

from inbox.bootstrap import bootstrap
from inbox.channels.email import watch
from inbox.models import Mail
from inbox.runtime import Runtime


def count(runtime: Runtime) -> int:
    with runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Mail)) or 0


def highest_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(expected: int) -> None:
    watch.FIRST_PAUSE = timedelta(seconds=0.05)
    watch.OTHERS_PAUSE = timedelta(seconds=0.05)
    runtime = bootstrap()
    before = count(runtime)
    (each,) = watch.make(runtime)
    each.start()
    until(lambda: count(runtime) > before or count(runtime) >= expected, seconds=1800)
    first = highest_mb()
    until(lambda: count(runtime) >= expected, seconds=1800)
    each.stop()
    each.join()
    print(json.dumps({"first": first, "highest": highest_mb()}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
