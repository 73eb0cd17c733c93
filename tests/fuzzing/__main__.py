"""`script/fuzz`: the long run. Feeds every parser of mails and webhooks with samples made worse, until time is up."""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from fuzzing import mutating


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/fuzz", description=__doc__)
    parser.add_argument("minutes", type=float, help="how long to go on")
    parser.add_argument("--only", action="append", default=[], choices=[target.name for target in mutating.targets()])
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeat the run with this number")
    chosen = parser.parse_args()
    until, tried, faults = time.monotonic() + chosen.minutes * 60, 0, {}
    for fault in mutating.run(chosen.seed, tuple(chosen.only)):
        tried += 1
        if fault and (fault.target, fault.what) not in faults:
            faults[fault.target, fault.what] = keep(fault)
        if time.monotonic() > until:
            break
    print(f"seed {chosen.seed}: {tried} samples, {len(faults)} faults")
    sys.exit(bool(faults))


def keep(fault: mutating.Fault) -> Path:
    """Write the sample down, for a test to be made of it."""
    with tempfile.NamedTemporaryFile(prefix=f"fuzz-{fault.target}-", delete=False) as file:
        file.write(fault.sample)
    print(f"{fault.target}: {fault.what}\n  {file.name}", flush=True)
    return Path(file.name)


main()
