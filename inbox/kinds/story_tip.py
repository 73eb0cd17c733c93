"""Story tip: something people should know. Anonymous unless the source chooses otherwise."""

from dataclasses import replace

from inbox.kinds import shared
from inbox.kinds.base import Field, Kind, Question, Section, Widget
from inbox.text import N_

_CONTACT = ("may_contact", "yes")


def _private(field: Field) -> Field:
    """The same question, but the browser is asked not to remember the answer."""
    return replace(field, autocomplete="off")


KIND = Kind(
    name="story_tip",
    slug="story-tip",
    prefix="ST",
    icon="bulb",
    title=N_("Story tip"),
    plural=N_("Story tips"),
    invite=N_("A story tip"),
    blurb=N_("You saw, heard or know something that people should know."),
    spoken={"en": "a story tip", "zh-Hant": "提供新聞線索"},
    heading=N_("Tell us what you know"),
    standfirst=N_("You need not say who you are. Every tip is read by an editor, and we protect our sources."),
    button=N_("Send the tip"),
    next_steps=N_(
        "You get a receipt code. With it you come back to read our questions and answer them, without a name."
    ),
    who_sees=N_(
        "Our editors. Advertising staff cannot open tips. Your network address is not stored with the tip. "
        "We cannot promise to publish it."
    ),
    sections=(
        Section(
            N_("The tip"),
            (
                _private(shared.body(N_("What happened?"), N_("Write as you would tell it. It need not be tidy."))),
                Field(
                    "where", N_("Where?"), help=N_("A place, an address, a company, a web page."), autocomplete="off"
                ),
                Field("when", N_("When?"), help=N_("A date, or “most nights since May”."), autocomplete="off"),
                Field(
                    "source_of_knowledge",
                    N_("How do you know?"),
                    Widget.CHOICE,
                    options=(
                        ("saw", N_("I saw or heard it myself")),
                        ("documents", N_("I have documents, pictures or recordings")),
                        ("told", N_("Somebody told me")),
                        ("unsaid", N_("I would rather not say")),
                    ),
                    default="unsaid",
                ),
            ),
        ),
        Section(
            N_("Files"),
            (_private(shared.FILES),),
            N_(
                "Files can carry your name, place or device inside. "
                "If that worries you, send the text first and ask us how."
            ),
        ),
        Section(
            N_("May we contact you?"),
            (
                Field(
                    "may_contact",
                    N_("How may we ask you something?"),
                    Widget.CHOICE,
                    required=True,
                    options=(
                        ("no", N_("Only here, with the receipt code")),
                        ("yes", N_("You may also write to me or call me")),
                    ),
                    default="no",
                ),
                *(
                    replace(_private(field), only_if=_CONTACT)
                    for field in (
                        shared.name(N_("What shall we call you?"), help=N_("It need not be your name.")),
                        shared.email(),
                        shared.phone(),
                    )
                ),
            ),
        ),
        Section(
            N_("Send it"),
            (
                shared.consent(
                    N_("You may use this for your reporting. Ask me first about anything that could point to me."),
                    required=False,
                ),
            ),
        ),
    ),
    confidential=True,
    said_as=(
        "story tip",
        "tip",
        "news tip",
        "tip off",
        "爆料",
        "新聞線索",
        "線索",
        "投訴",
    ),
    questions=(
        Question("where_when", N_("Where and when?")),
        Question("how_known", N_("How do you know?")),
        Question("contact", N_("May we contact you?")),
    ),
)
