"""The least that a handler of each kind can do; ours are measured against these.

Same server, same database with the same settings, same client: what is left is our own cost.
"""

import os
from datetime import UTC, datetime

from flask import Flask, Response, redirect, render_template_string, request
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Text, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from twilio.request_validator import RequestValidator
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired

from inbox.db import Database, UTCDateTime

database = Database(os.environ["INBOX_DATABASE_URL"])


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "bare_row"
    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime())


class BareForm(FlaskForm):  # type: ignore[misc]
    name = StringField(validators=[DataRequired()])
    email = StringField()
    subject = StringField(validators=[DataRequired()])
    body = TextAreaField(validators=[DataRequired()])


FORM = "<form method=post>{{ form.csrf_token }}{{ form.name }}{{ form.email }}{{ form.subject }}{{ form.body }}</form>"
QUEUE = "<table>{% for row in rows %}<tr><td>{{ row.at }}<td>{{ row.subject }}{% endfor %}</table>"

Base.metadata.create_all(database.engine)
app = Flask(__name__)
app.secret_key = "a key for the benchmark only"
csrf = CSRFProtect(app)
validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])


def insert(subject: str, body: str) -> None:
    with database.writing() as session:
        session.add(Row(subject=subject, body=body, at=datetime.now(UTC)))


@app.get("/hello")
def hello() -> str:
    return "hello"


@app.post("/insert")
@csrf.exempt
def bare_insert() -> str:
    insert("bare", request.form["Body"])
    return "ok"


@app.post("/twilio")
@csrf.exempt
def bare_webhook() -> Response:
    url = os.environ["INBOX_PUBLIC_URL"] + request.path
    if not validator.validate(url, request.form, request.headers.get("X-Twilio-Signature", "")):
        return Response(status=403)
    insert("bare", request.form["Body"])
    return Response("<Response/>", mimetype="text/xml")


@app.get("/form")
def bare_form() -> str:
    return render_template_string(FORM, form=BareForm())


@app.post("/form")
def bare_form_submit() -> Response:
    form = BareForm()
    if not form.validate():
        return Response(status=400)
    insert(form.subject.data, form.body.data)
    return redirect("/hello", 303)  # type: ignore[return-value]


@app.get("/queue")
def bare_queue() -> str:
    with database.reading() as session:
        rows = session.scalars(select(Row).order_by(Row.id.desc()).limit(50)).all()
    return render_template_string(QUEUE, rows=rows)
