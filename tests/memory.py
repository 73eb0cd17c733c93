"""The memory of a process at its highest.

`VmHWM` and not `getrusage().ru_maxrss`: Linux hands that one down through fork and exec, so a child would be charged
with the memory of the test process that started it (proc_pid_status(5), getrusage(2)).
"""

import re
from pathlib import Path

MEASURABLE = Path("/proc/self/status").exists()
WHY_NOT = "memory is read from /proc, which only Linux has"


def highest_kib(process: int | str = "self") -> int:
    """The most memory that a process, by its number, has held at once so far, in KiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1])
