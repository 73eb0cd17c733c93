"""Where the words that were looked for stand in a text, so that a page can mark them."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from inbox.models import Message, Submission
from inbox.services import search_text

BEFORE, LENGTH = 40, 200
"""How much of a text is shown before a hit, and in all (characters)."""
MOST_MESSAGES = 200
Terms = Sequence[tuple[str, bool]]


def pieces(text: str, terms: Terms) -> list[tuple[str, bool]]:
    """Cut a text into pieces that are hits and pieces that are none; together they are the text."""
    marks = bytearray(len(text))
    for start, run in search_text.runs(text):
        for begin, end in _hits(search_text.fold(run), len(run), terms):
            marks[start + begin : start + end] = b"\1" * (end - begin)
    cut: list[tuple[str, bool]] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or marks[place] != marks[start]:
            cut.append((text[start:place], bool(marks[start])))
            start = place
    return cut


def _hits(run: str, length: int, terms: Terms) -> list[tuple[int, int]]:
    """Where terms stand in one folded run of letters. If folding changed its length, the whole run is the hit."""
    found = []
    for token, prefix in terms:
        places = [0] if prefix and run.startswith(token) else []
        if not prefix or search_text.is_cjk(token):
            places = [at for at in range(len(run)) if run.startswith(token, at)]
        found += [(at, at + len(token)) if len(run) == length else (0, length) for at in places]
    return found


def snippets(session: Session, submissions: Sequence[Submission], terms: Terms) -> dict[int, str]:
    """Return a piece of the newest message in which one of the terms stands, for each submission that has one."""
    words = [token for token, _ in terms]
    if not words or not submissions:
        return {}
    lowered = func.lower(Message.text)
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    find, larger = (func.instr, func.max) if on_sqlite else (func.strpos, func.greatest)
    holds = [find(lowered, word) > 0 for word in words]
    place = find(lowered, words[0])
    piece = func.substr(Message.text, larger(place - BEFORE, 1), LENGTH)
    ids = [submission.id for submission in submissions]
    newest_first = select(Message.submission_id, place, piece).where(Message.submission_id.in_(ids), or_(*holds))
    rows = session.execute(newest_first.order_by(Message.id.desc()).limit(MOST_MESSAGES)).all()
    return {number: _whole_words(text, at > BEFORE) for number, at, text in reversed(rows)}


def _whole_words(text: str, is_cut: bool) -> str:
    line = " ".join(text.split())
    return f"… {line.partition(' ')[2] or line}" if is_cut else line
