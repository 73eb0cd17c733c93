"""What staff may change, as forms. Rubbish in a field is the field's error, never an exception."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import MultipleFileField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp, ValidationError

from inbox.models import Priority, Status
from inbox.services import drafts, triage
from inbox.text import N_

_MOST = 2**31 - 1


def whole_number(text: str | None) -> int:
    """The number in a hidden field, or 0, which is no submission's version and no entry's id."""
    return min(int(text), _MOST) if text and text.isascii() and text.isdecimal() and len(text) < 12 else 0


def _stripped(value: str | None) -> str:
    return (value or "").strip()


class ChangeForm(FlaskForm):  # type: ignore[misc]
    """A change of what the page showed: `version` of the submission, `known` the newest entry of its history."""

    version = StringField()
    known = StringField()

    @property
    def seen(self) -> int:
        return whole_number(self.version.data)


class MoveForm(ChangeForm):
    status = SelectField(choices=[SelectChoice(status, status.label) for status in Status], coerce=Status)


class PriorityForm(ChangeForm):
    priority = SelectField(choices=[SelectChoice(priority, priority.label) for priority in Priority], coerce=Priority)


class AssignForm(ChangeForm):
    """`assignee` is the id of a member of staff, or empty for nobody."""

    assignee = StringField()


class LabelForm(FlaskForm):  # type: ignore[misc]
    name = StringField(
        filters=[_stripped],
        validators=[
            DataRequired(N_("Write the label's name first.")),
            Length(max=triage.LABEL_LENGTH, message=N_("A label has 60 characters at most. Shorten it.")),
        ],
    )


class UnlabelForm(FlaskForm):  # type: ignore[misc]
    key = StringField(validators=[InputRequired()])


class TextForm(FlaskForm):  # type: ignore[misc]
    """A note, a question to the sender, or a reply; `key` was drawn with the page, so that it is sent once."""

    key = StringField(validators=[Optional(), Regexp(r"^[0-9a-f]{32}$")])
    text = TextAreaField(
        validators=[
            InputRequired(N_("Write something first.")),
            Length(max=triage.NOTE_LENGTH, message=N_("This is too long. Shorten it to 20,000 characters.")),
        ]
    )

    def validate_text(self, field: Any) -> None:
        if not _stripped(field.data):
            raise ValidationError(N_("Write something first."))


class ReplyForm(FlaskForm):  # type: ignore[misc]
    """A reply, or a part of one that is only kept: `key` was drawn with the page, `newest` is the last message of the
    sender that the page showed, `way` how it goes out, `send_at` a time in the newsroom's zone if it is to wait."""

    key = StringField(validators=[Regexp(r"^[0-9a-f]{32}$", message=N_("Load this page again, then send it."))])
    newest = StringField()
    way = StringField()
    template = StringField()
    text = TextAreaField(
        validators=[Length(max=drafts.LENGTH, message=N_("This is too long. Shorten it to 20,000 characters."))]
    )
    send_at = StringField()
    files = MultipleFileField()

    @property
    def seen(self) -> int:
        return whole_number(self.newest.data)


class CannedReplyForm(FlaskForm):  # type: ignore[misc]
    """A text that is kept for replies; the service says what is wrong with it."""

    name = StringField()
    text = TextAreaField()
