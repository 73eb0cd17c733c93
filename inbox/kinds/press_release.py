"""Press release: an organisation's own statement, perhaps under embargo."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from inbox.kinds import shared
from inbox.kinds.base import Field, Kind, Question, Section, Values, Widget
from inbox.text import N_, plain

NO = frozenset(
    {"no", "none", "no embargo", "at once", "immediately", "沒有", "没有", "無", "否", "不用", "沒有禁發", "立即"}
)


def check(values: Values, now: datetime) -> dict[str, str]:
    until = values.get("embargo_until")
    if values.get("embargo") != "hold":
        return {}
    if until is None:
        return {"embargo_until": N_("Give the date and the time, or choose “Yes, at once”.")}
    if until <= now:
        return {"embargo_until": N_("This time has already passed. Choose a later time, or “Yes, at once”.")}
    return {}


def read_embargo(words: str, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    if plain(words) in NO:
        return {"embargo": "none"}
    until = shared.read_moment(words, now, zone)
    return {"embargo": "hold", "embargo_until": until} if until else {}


KIND = Kind(
    name="press_release",
    slug="press-release",
    prefix="PR",
    icon="news",
    title=N_("Press release"),
    plural=N_("Press releases"),
    invite=N_("A press release"),
    blurb=N_("From an organisation, with pictures and an embargo if there is one."),
    spoken={"en": "a press release", "zh-Hant": "新聞稿"},
    heading=N_("Send a press release"),
    standfirst=N_("An editor reads it. If we want to know more, we write to the media contact you name below."),
    button=N_("Send the press release"),
    next_steps=N_("You get a receipt code. With it you can see whether we use the release, and add to it."),
    who_sees=N_("Our editors. The media contact is not printed unless you say so in the text."),
    sections=(
        Section(
            N_("The release"),
            (
                Field("subject", N_("Headline"), required=True, max_length=300, wide=True),
                shared.organisation(required=True),
                Field("dateline", N_("Place and date of issue"), help=N_("For example: Taipei, 24 November 2026")),
                shared.body(
                    N_("Text of the release"),
                    N_("Paste it here even if it is also in a file: text is what we can search and quote."),
                ),
                Field("website", N_("Website"), Widget.URL, autocomplete="url"),
            ),
        ),
        Section(
            N_("Embargo"),
            (
                Field(
                    "embargo",
                    N_("May we publish it at once?"),
                    Widget.CHOICE,
                    required=True,
                    help=N_("If you choose a time, only our editors see it until then."),
                    options=(
                        ("none", N_("Yes, at once")),
                        ("hold", N_("No, hold it until a date and time")),
                    ),
                    default="none",
                ),
                Field("embargo_until", N_("Embargo until"), Widget.MOMENT, only_if=("embargo", "hold")),
            ),
        ),
        Section(N_("Files"), (shared.FILES,)),
        Section(
            N_("Media contact"),
            (shared.name(required=True), shared.email(required=True), shared.phone()),
        ),
        Section(
            N_("Send it"),
            (
                shared.consent(
                    N_(
                        "I may send this on behalf of the organisation, "
                        "and you may quote it and publish the files with it."
                    )
                ),
            ),
        ),
    ),
    check=check,
    said_as=(
        "press release",
        "pressrelease",
        "news release",
        "release",
        "for immediate release",
        "新聞稿",
        "發稿",
    ),
    questions=(
        Question("organisation", N_("Organisation")),
        Question("embargo", N_("Embargo"), read=read_embargo),
    ),
)
