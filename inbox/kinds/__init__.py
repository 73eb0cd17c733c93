"""The kinds of submission, one file each. To add a kind, add a file and name it here."""

from inbox.kinds import advertising, event, message, photo_video, press_release, reader_reply, story_tip
from inbox.kinds.base import COMMON, Field, Kind, Money, Question, Section, Values, Widget

ALL: tuple[Kind, ...] = (
    story_tip.KIND,
    press_release.KIND,
    photo_video.KIND,
    event.KIND,
    reader_reply.KIND,
    advertising.KIND,
    message.KIND,
)
BY_NAME: dict[str, Kind] = {kind.name: kind for kind in ALL}
BY_SLUG: dict[str, Kind] = {kind.slug: kind for kind in ALL}

__all__ = ["ALL", "BY_NAME", "BY_SLUG", "COMMON", "Field", "Kind", "Money", "Question", "Section", "Values", "Widget"]
