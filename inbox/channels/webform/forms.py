"""The form of a kind, built from its declaration, and the two forms of the status page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm

from inbox.channels.webform.fields import FIELD_OF, Answer, Files, Moment, Tick
from inbox.kinds import Field, Kind, Widget
from inbox.kinds.shared import TEXT_LIMIT
from inbox.text import N_

TRAP = "homepage"
"""The name of the field that people leave empty. Its label says so; machines do not read labels."""


@dataclass(frozen=True)
class Problem:
    """Something to put right, for the list on top of the page; without a label the words say it all."""

    target: str
    label: str
    words: str


class PublicForm(FlaskForm):  # type: ignore[misc]
    """What all public forms share: the one-time token, the trap, and answers drawn from `asks`.

    `trouble` is what is wrong with the sending itself rather than with an answer; `lost` says that answers may
    be missing for that reason.
    """

    asks: tuple[Field, ...] = ()
    form_token = FIELD_OF[Widget.LINE](Field("form_token", ""))
    homepage = FIELD_OF[Widget.LINE](Field(TRAP, ""))
    trouble = ""
    lost = False

    def answers(self) -> Iterator[Answer]:
        return (self[ask.name] for ask in self.asks)

    def depending_on(self, choice: str, value: str) -> list[Answer]:
        """The answers that are asked only while `choice` is answered with `value`."""
        return [answer for answer in self.answers() if answer.ask.only_if == (choice, value)]

    def values(self) -> dict[str, Any]:
        """What was read, by field name; questions without an answer are None or False."""
        return {answer.name: answer.data for answer in self.answers()}

    def problems(self) -> list[Problem]:
        """What must be put right, in the order of the page."""
        wrong = [answer for answer in self.answers() if answer.errors]
        return [Problem(answer.target, _summary_label(answer), answer.errors[0]) for answer in wrong]

    @property
    def token(self) -> str:
        return str(self["form_token"].typed[""])

    @property
    def trapped(self) -> bool:
        return bool(self[TRAP].typed[""].strip())

    @classmethod
    def takes_files(cls) -> bool:
        return any(ask.widget is Widget.FILES for ask in cls.asks)

    @property
    def files(self) -> Files | None:
        """The field for files, if the form has one."""
        return next((answer for answer in self.answers() if isinstance(answer, Files)), None)


def _summary_label(answer: Answer) -> str:
    """The question in front of what is wrong, unless it is as long as a sentence."""
    return "" if isinstance(answer, Tick) else answer.ask.label


@cache
def with_asks(asks: tuple[Field, ...]) -> type[PublicForm]:
    """The form class that asks these questions. An instance is filled from the request if that is a POST."""
    answers = {ask.name: FIELD_OF[ask.widget](ask) for ask in asks}
    return type("AskingForm", (PublicForm,), {"asks": asks, **answers})


def of_kind(kind: Kind) -> type[PublicForm]:
    return with_asks(kind.fields)


def check(form: PublicForm, kind: Kind, now: datetime) -> None:
    """Apply the kind's rules over more than one field, except to answers that cannot be read anyway."""
    for name, problem in kind.check(form.values(), now).items():
        answer = form[name]
        if answer.errors:
            continue
        said = answer.in_words() if isinstance(answer, Moment) else ""
        answer.add_error(f"{said}: {_(problem)}" if said else _(problem))


LookUpForm = with_asks((Field("code", N_("Receipt code"), required=True, max_length=100, autocomplete="off"),))
AnswerForm = with_asks(
    (
        Field(
            "body",
            N_("Write to us"),
            Widget.TEXT,
            required=True,
            help=N_("You need not answer everything."),
            max_length=TEXT_LIMIT,
            wide=True,
            autocomplete="off",
        ),
        Field("attachments", N_("Add files"), Widget.FILES, wide=True, autocomplete="off"),
    )
)
