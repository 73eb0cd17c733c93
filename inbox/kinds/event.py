"""Event: something a reader wants listed, and perhaps promoted."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from inbox.kinds import shared
from inbox.kinds.base import Field, Kind, Question, Section, Values, Widget
from inbox.text import N_


def check(values: Values, now: datetime) -> dict[str, str]:
    start, end = values.get("starts_at"), values.get("ends_at")
    if start and start <= now:
        return {"starts_at": N_("This time has already passed. Give the next date of the event.")}
    if start and end and end <= start:
        return {"ends_at": N_("The end comes before the start. Choose a later time.")}
    if not values.get("venue") and not values.get("link"):
        return {"venue": N_("Say where it takes place: a venue, or a link if it is online.")}
    return {}


def also(values: Values) -> tuple[str, dict[str, Any]] | None:
    """An event that its organiser wants promoted opens an advertising enquiry as well."""
    if not values.get("promote"):
        return None
    start = values.get("starts_at")
    return "advertising", {
        **{name: values.get(name) for name in ("name", "email", "phone", "consent", "subject", "body")},
        "organisation": values.get("organisation") or values.get("name"),
        "format": "event_promotion",
        "end_date": start.date() if start else None,
    }


def read_start(words: str, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    start = shared.read_moment(words, now, zone)
    return {"starts_at": start} if start else {}


KIND = Kind(
    name="event",
    slug="event",
    prefix="EV",
    icon="calendar-event",
    title=N_("Event"),
    plural=N_("Events"),
    invite=N_("An event"),
    blurb=N_("What, where and when, for our listings."),
    spoken={"en": "an event", "zh-Hant": "活動訊息"},
    heading=N_("Tell us about an event"),
    standfirst=N_("We list events that our readers can attend. Listing is free; an editor chooses."),
    button=N_("Send the event"),
    next_steps=N_("You get a receipt code. With it you can see whether we list the event, and tell us of changes."),
    who_sees=N_("Our editors. What you write about the event may be printed; how to reach you is not."),
    sections=(
        Section(
            N_("The event"),
            (
                Field("subject", N_("Title"), required=True, max_length=300, wide=True),
                shared.organisation(N_("Organiser"), required=True),
                Field("starts_at", N_("Start"), Widget.MOMENT, required=True),
                Field("ends_at", N_("End"), Widget.MOMENT),
                Field("venue", N_("Venue"), help=N_("Name and address."), wide=True),
                Field("link", N_("Link"), Widget.URL, help=N_("Tickets, or the address of an online event.")),
                Field("price", N_("Price"), help=N_("For example: free, or NT$300."), max_length=200),
                shared.body(N_("Description")),
            ),
        ),
        Section(N_("Files"), (shared.FILES,)),
        Section(
            N_("Your contact"),
            (shared.name(N_("Your name"), required=True), shared.email(required=True), shared.phone()),
        ),
        Section(
            N_("Send it"),
            (
                Field(
                    "promote",
                    N_("I would also like to promote it. Ask your advertising staff to write to me."),
                    Widget.TICK,
                ),
                shared.consent(N_("You may publish what I wrote about the event and the pictures I sent with it.")),
            ),
        ),
    ),
    check=check,
    also=also,
    said_as=(
        "event",
        "events",
        "an event",
        "活動",
        "活動訊息",
        "活動資訊",
    ),
    questions=(
        Question("when", N_("Start"), read=read_start),
        Question("where", N_("Venue"), field="venue"),
        Question("organiser", N_("Organiser")),
    ),
)
