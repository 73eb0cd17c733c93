"""Photos and videos: somebody was there."""

from dataclasses import replace

from inbox.kinds import shared
from inbox.kinds.base import Field, Kind, Question, Section, Widget
from inbox.text import N_

KIND = Kind(
    name="photo_video",
    slug="photo-video",
    prefix="PV",
    icon="photo",
    title=N_("Photos and videos"),
    plural=N_("Photos and videos"),
    invite=N_("Photos or videos"),
    blurb=N_("You were there. Send the files as they are; we ask who took them and how to credit you."),
    spoken={"en": "photos or a video", "zh-Hant": "照片或影片"},
    heading=N_("Send photos or videos"),
    standfirst=N_("They stay yours. You allow us to publish them; you do not give them away."),
    button=N_("Send the files"),
    next_steps=N_("You get a receipt code. With it you can see whether we use them, and add to them."),
    who_sees=N_("Our editors."),
    sections=(
        Section(
            N_("The files"),
            (
                replace(shared.FILES, label=N_("Photos, videos or sound"), required=True),
                shared.body(N_("What do they show?"), N_("Who, what, and what came before and after.")),
                Field("where", N_("Where was it?"), wide=True),
                Field("when", N_("When was it?"), help=N_("As exactly as you know.")),
            ),
        ),
        Section(
            N_("Rights and credit"),
            (
                Field(
                    "taken_by",
                    N_("Who took them?"),
                    Widget.CHOICE,
                    required=True,
                    options=(
                        ("me", N_("I took them")),
                        ("other", N_("Somebody else took them, and agrees")),
                        ("unknown", N_("I do not know who took them")),
                    ),
                    default="me",
                ),
                Field("photographer", N_("Who was it?"), only_if=("taken_by", "other"), max_length=200),
                Field("credit", N_("Credit"), help=N_("The name to print beside them, or “no name”."), max_length=200),
            ),
        ),
        Section(N_("Your contact"), (shared.name(N_("Your name")), shared.email(), shared.phone())),
        Section(
            N_("Send it"),
            (
                shared.consent(
                    N_("You may publish these files, and the people who can be recognised in them know of it.")
                ),
            ),
        ),
    ),
    said_as=(
        "photo",
        "photos",
        "picture",
        "pictures",
        "video",
        "videos",
        "photos and videos",
        "photos or videos",
        "照片",
        "影片",
        "照片或影片",
        "圖片",
        "影像",
    ),
    questions=(
        Question("where", N_("Where was it?"), field="where"),
        Question("when", N_("When was it?"), field="when"),
        Question("rights", N_("May we publish them, and with which credit?")),
    ),
)
