"""Message: anything else."""

from inbox.kinds import shared
from inbox.kinds.base import Field, Kind, Section
from inbox.text import N_

KIND = Kind(
    name="message",
    slug="message",
    prefix="MS",
    icon="message-circle",
    title=N_("Message"),
    plural=N_("Messages"),
    invite=N_("Something else"),
    blurb=N_("A question, a complaint, a thank-you."),
    spoken={"en": "anything else", "zh-Hant": "其他事項"},
    heading=N_("Write to us"),
    standfirst=N_("For everything that is none of the other things."),
    button=N_("Send the message"),
    next_steps=N_("You get a receipt code. With it you can read our answer and add to your message."),
    who_sees=N_("Our editors."),
    sections=(
        Section(
            N_("Your message"),
            (
                Field("subject", N_("Subject"), max_length=300, wide=True),
                shared.body(N_("Message")),
                shared.FILES,
            ),
        ),
        Section(
            N_("Your contact"),
            (
                shared.name(N_("Your name")),
                shared.organisation(),
                shared.email(help=N_("If you want an answer by e-mail.")),
                shared.phone(),
            ),
        ),
        Section(
            N_("Send it"), (shared.consent(N_("You may keep this message and what I gave above to deal with it.")),)
        ),
    ),
    said_as=(
        "message",
        "something else",
        "other",
        "其他",
        "其他事情",
        "訊息",
    ),
)
