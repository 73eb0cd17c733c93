"""Somebody at the public pages with a browser that runs no JavaScript.

`Reader.open` reads a page; `Page.answers` are the fields of its form with the values a browser would send
untouched; `Reader.send` changes some of them and posts the form to where it points.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

NOT_SENT = ("submit", "button", "file")


@dataclass
class Page(HTMLParser):
    """A page as text, with its form, its links and what it marks as wrong."""

    status: int
    html: str
    action: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    wrong: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    title: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._inside = ""
        self._name = ""
        self._group_is_wrong = False
        self.feed(self.html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        name = values.get("name", "")
        if tag == "form" and not self.action:
            self.action = values["action"].partition("#")[0]
        if tag == "a":
            self.links.append(values["href"])
        self.loads += [values[key] for key in ("src", "srcset", "poster") if key in values]
        self.loads += [values["href"]] if tag == "link" else []
        if tag == "fieldset":
            self._group_is_wrong = values.get("aria-invalid") == "true"
        if tag in ("input", "textarea", "select"):
            self._field(tag, name, values)
        if tag == "option" and ("selected" in values or self.answers.get(self._name) == ""):
            self.answers[self._name] = values["value"]
        if tag in ("title", "textarea"):
            self._inside = tag

    def _field(self, tag: str, name: str, values: dict[str, str]) -> None:
        self._name, kind = name, values.get("type", "text")
        if "required" in values:
            self.required.add(name)
        if values.get("aria-invalid") == "true" or (kind == "radio" and self._group_is_wrong):
            self.wrong.add(name)
        if kind in NOT_SENT or (kind in ("radio", "checkbox") and "checked" not in values):
            return
        self.answers[name] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title += data
        elif self._inside == "textarea":
            self.answers[self._name] = self.answers.get(self._name, "") + data.removeprefix("\n")
        self.text += f" {data}"


class Reader:
    """Opens pages and sends their forms."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def open(self, path: str) -> Page:
        return page_of(self.client.get(path.partition("#")[0]))

    def post(self, page: Page, **changes: Any) -> TestResponse:
        """Send the form of a page with some answers changed; None takes a field away."""
        answers = {**page.answers, **changes}
        data = {name: value for name, value in answers.items() if value is not None}
        return self.client.post(page.action, data=data, content_type="multipart/form-data")

    def send(self, page: Page, **changes: Any) -> Page:
        """Send the form and follow to the page that comes after it."""
        response = self.post(page, **changes)
        return self.open(response.location) if response.status_code == 303 else page_of(response)


def page_of(response: TestResponse) -> Page:
    return Page(response.status_code, response.get_data(as_text=True))
