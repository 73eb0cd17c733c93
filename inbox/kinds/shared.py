"""Questions that several kinds ask in the same words."""

from inbox.kinds.base import Field, Widget
from inbox.text import N_

TEXT_LIMIT = 200_000

FILES = Field(
    "attachments",
    N_("Documents, pictures, sound or video"),
    Widget.FILES,
    wide=True,
)


def name(label: str = N_("Name"), required: bool = False, help: str = "") -> Field:
    return Field("name", label, required=required, help=help, max_length=200, autocomplete="name")


def email(label: str = N_("E-mail"), required: bool = False, help: str = "") -> Field:
    return Field("email", label, Widget.EMAIL, required, help, max_length=254, autocomplete="email")


def phone(required: bool = False) -> Field:
    return Field(
        "phone",
        N_("Phone"),
        Widget.PHONE,
        required,
        N_("With the country code if it is not in Taiwan."),
        max_length=40,
        autocomplete="tel",
    )


def organisation(label: str = N_("Organisation"), required: bool = False) -> Field:
    return Field("organisation", label, required=required, max_length=200, autocomplete="organization")


def body(label: str, help: str = "", required: bool = True) -> Field:
    return Field("body", label, Widget.TEXT, required, help, max_length=TEXT_LIMIT, wide=True)


def consent(label: str, required: bool = True) -> Field:
    return Field("consent", label, Widget.TICK, required)
