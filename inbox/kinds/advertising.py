"""Advertising: an enquiry about a banner, an article, a film or a post."""

from datetime import datetime

from inbox.kinds import shared
from inbox.kinds.base import Field, Kind, Question, Section, Values, Widget
from inbox.text import N_

FORMATS = (
    ("banner", N_("Banner")),
    ("sponsored_article", N_("Sponsored article")),
    ("video", N_("Video")),
    ("social", N_("Social media")),
    ("event_promotion", N_("Event promotion")),
    ("unsure", N_("Not sure yet")),
)


def check(values: Values, now: datetime) -> dict[str, str]:
    problems = {}
    budget = values.get("budget")
    if budget and budget.low is not None and budget.high is not None and budget.low > budget.high:
        problems["budget"] = N_("The first amount is larger than the second. Put the smaller one first.")
    start, end = values.get("start_date"), values.get("end_date")
    if start and end and end < start:
        problems["end_date"] = N_("The last day comes before the first. Choose a later day.")
    return problems


KIND = Kind(
    name="advertising",
    slug="advertising",
    prefix="AD",
    icon="speakerphone",
    title=N_("Advertising enquiry"),
    plural=N_("Advertising"),
    invite=N_("An advertising enquiry"),
    blurb=N_("Banners, sponsored articles, video, promotion of events."),
    spoken={"en": "advertising", "zh-Hant": "刊登廣告"},
    heading=N_("Advertise with us"),
    standfirst=N_("Tell us what you want to promote. We answer with what we can offer and what it costs."),
    button=N_("Send the enquiry"),
    next_steps=N_("You get a receipt code, and our advertising staff write to you."),
    who_sees=N_("Our advertising staff and editors in charge."),
    sections=(
        Section(
            N_("Your company"),
            (
                shared.organisation(N_("Company"), required=True),
                shared.name(N_("Your name"), required=True),
                shared.email(required=True),
                shared.phone(),
            ),
        ),
        Section(
            N_("The campaign"),
            (
                Field("subject", N_("What do you want to promote?"), required=True, max_length=300, wide=True),
                Field("format", N_("In which form?"), Widget.CHOICE, required=True, options=FORMATS, default="unsure"),
                shared.body(N_("Tell us more"), N_("Whom should it reach? What must it say?"), required=False),
                Field("budget", N_("Budget"), Widget.MONEY, help=N_("A rough range is enough.")),
                Field("start_date", N_("First day"), Widget.DATE),
                Field("end_date", N_("Last day"), Widget.DATE),
            ),
        ),
        Section(N_("Files"), (shared.FILES,)),
        Section(N_("Send it"), (shared.consent(N_("You may keep these details to answer this enquiry.")),)),
    ),
    check=check,
    said_as=(
        "advertising",
        "advertisement",
        "advert",
        "ad",
        "ads",
        "advertise",
        "advertising enquiry",
        "廣告",
        "刊登廣告",
        "廣告刊登",
        "廣告合作",
        "業配",
    ),
    questions=(
        Question("company", N_("Company")),
        Question("campaign", N_("What, and when?")),
        Question("budget", N_("Budget")),
    ),
)
