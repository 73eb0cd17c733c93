"""Taking mails in: exactly once, whatever they hold, with nothing left over."""

import io
from pathlib import Path

from sqlalchemy import func, select

from inbox.channels.email.take_in import Outcome, take_in
from inbox.models import Mail, Message, Submission
from inbox.runtime import Runtime

NEWS = "news@newsroom.example"
SAMPLES = Path(__file__).parents[2] / "samples/email"


def test_it_comes_in(runtime: Runtime):
    raw = (SAMPLES / "01_plain_press_release.eml").read_bytes()
    assert take_in(runtime, io.BytesIO(raw), NEWS) is Outcome.TAKEN_IN
    assert take_in(runtime, io.BytesIO(raw), NEWS) is Outcome.HERE_ALREADY
    assert take_in(runtime, io.BytesIO(raw), "tips@newsroom.example") is Outcome.TAKEN_IN
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 1
        assert session.scalar(select(func.count()).select_from(Message)) == 2
        assert session.scalars(select(Mail.joined_by).order_by(Mail.id)).all() == ["", "copy"]
