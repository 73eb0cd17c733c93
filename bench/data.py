"""A large inbox, written straight into the tables: only the time to fill it differs from real arrivals."""

import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from inbox import kinds
from inbox.db import Database
from inbox.models import Channel, Direction, Message, Status, Submission
from inbox.services import receipts, search_text

BATCH = 5_000
RARE, ABSENT, COMMON = "zephyrine", "xylophagous", "council"
CHINESE = "選舉結果出爐地方議會颱風路線預算交通建設學校醫院社區活動音樂節慶市場價格水災地震救援志工記者會"


def fill(database: Database, up_to: int, now: datetime) -> None:
    """Bring the inbox to `up_to` submissions of 120 words, one message each; 3 % new, 5 % open.

    The common word is in 37 % of them, 選舉 in a fifth, the rare one in 20 however many there are.
    """
    with database.reading() as session:
        have = session.execute(text("SELECT count(*) FROM submission")).scalar_one()
    for first in range(have, up_to, BATCH):
        with database.writing() as session:
            _add(session, range(first + 1, min(first + BATCH, up_to) + 1), now)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _add(session: Session, ids: range, now: datetime) -> None:
    rng = random.Random(ids.start)
    vocabulary = [f"word{i}" for i in range(20_000)]
    weights = [1 / (i + 5) for i in range(20_000)]
    rows = [_row(rng, vocabulary, weights, number, now) for number in ids]
    session.execute(insert(Submission), [row["submission"] for row in rows])
    session.execute(insert(Message), [row["message"] for row in rows])
    session.execute(_index(session), [row["index"] for row in rows])
    if session.get_bind().dialect.name == "postgresql":
        for table in ("submission", "message"):
            session.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))


def _row(rng: random.Random, vocabulary: list[str], weights: list[float], number: int, now: datetime) -> dict[str, Any]:
    words = rng.choices(vocabulary, weights, k=110)
    start = 0 if rng.random() < 0.2 else rng.randrange(len(CHINESE) - 6)
    words += [CHINESE[start : start + 6]] + ([COMMON] if rng.random() < 0.37 else []) + ([RARE] if number <= 20 else [])
    rng.shuffle(words)
    body, kind = " ".join(words), rng.choice(kinds.ALL)
    at = now - timedelta(minutes=10 + (10_000_000 - number))
    status = rng.choices(list(Status), [3, 5, 30, 30, 25, 7])[0]
    reference = f"{kind.prefix}-{_six(number)}"
    submission = {
        "id": number, "reference": reference, "kind": kind.name, "status": status, "priority": "normal",
        "channel": rng.choice(list(Channel)), "subject": body[:80], "preview": body[:200], "sender": f"Sender {number}",
        "language": "", "details": {}, "spam_reasons": [], "message_count": 1, "waits_for_sender": False, "version": 1,
        "received_at": at, "active_at": at,
    }  # fmt: skip
    message = {
        "id": number, "submission_id": number, "direction": Direction.IN, "channel": submission["channel"],
        "account": "bench", "external_id": str(number), "recipient": "", "sender_name": "", "text": body,
        "extra": {}, "raw": {}, "delivery_state": "", "error_code": "", "at": at,
    }  # fmt: skip
    index = {"id": number, "tokens": " ".join(search_text.tokens(reference, body))}
    return {"submission": submission, "message": message, "index": index}


def _six(number: int) -> str:
    return "".join(receipts.ALPHABET[number >> 5 * i & 31] for i in range(6))


def _index(session: Session) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        return text("INSERT INTO submission_search (rowid, tokens) VALUES (:id, :tokens)")
    return text(
        "INSERT INTO submission_search (submission_id, tokens)"
        " VALUES (:id, array_to_tsvector(string_to_array(:tokens, ' ')))"
    )
