"""Reader reply: an answer to something that was published."""

from inbox.kinds import shared
from inbox.kinds.base import Field, Kind, Question, Section, Widget
from inbox.text import N_

KIND = Kind(
    name="reader_reply",
    slug="reply",
    prefix="RR",
    icon="message-reply",
    title=N_("Reader reply"),
    plural=N_("Reader replies"),
    invite=N_("A reply to a story"),
    blurb=N_("Correct us, add to it or disagree."),
    spoken={"en": "a reply to something we published", "zh-Hant": "回應我們的報導"},
    heading=N_("Reply to a story"),
    standfirst=N_("Corrections reach the editor of the story. We print a choice of replies, sometimes shortened."),
    button=N_("Send the reply"),
    next_steps=N_("You get a receipt code. With it you can see whether we print the reply."),
    who_sees=N_("Our editors. We print only the name that you give for printing."),
    sections=(
        Section(
            N_("Your reply"),
            (
                Field(
                    "article_url",
                    N_("Address of the story"),
                    Widget.URL,
                    required=True,
                    help=N_("Copy it from the address line of your browser."),
                    wide=True,
                ),
                shared.body(N_("Your reply")),
                Field(
                    "print_name",
                    N_("Name to print"),
                    help=N_("Leave it empty if no name should be printed."),
                    max_length=200,
                    autocomplete="nickname",
                ),
            ),
        ),
        Section(
            N_("Your contact"),
            (shared.name(N_("Your name")), shared.email(help=N_("Only for our questions. Never printed."))),
        ),
        Section(N_("Send it"), (shared.consent(N_("You may publish this reply, also shortened.")),)),
    ),
    said_as=(
        "reader reply",
        "reply to a story",
        "a reply to a story",
        "letter to the editor",
        "correction",
        "讀者回應",
        "讀者投書",
        "回應報導",
        "更正",
    ),
    questions=(Question("article", N_("Which story?"), field="article_url"),),
)
