"""What the tests of the public pages share."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from reader import Page, Reader
from sqlalchemy import select

from inbox.models import Submission
from inbox.runtime import Runtime

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

ANSWERS = {
    "story-tip": {"body": "Lorries tip something white into the river."},
    "press-release": {
        "subject": "Coral off Taitung recovers",
        "organisation": "Taitung Ocean Trust",
        "body": "Divers counted 41 percent more hard coral.",
        "name": "Lin Yu-chen",
        "email": "press@ocean-trust.example",
        "consent": "yes",
    },
    "photo-video": {"body": "The square at noon.", "consent": "yes"},
    "event": {
        "subject": "Lantern walk",
        "organisation": "Friends of the River",
        "starts_at_date": "2026-12-24",
        "starts_at_time": "18:30",
        "venue": "Dadaocheng Wharf",
        "body": "Bring a lantern.",
        "name": "Chen Mei",
        "email": "mei@example.org",
        "consent": "yes",
    },
    "reply": {"article_url": "https://news.example/story", "body": "The bridge is older.", "consent": "yes"},
    "advertising": {
        "organisation": "Tea House",
        "name": "Wu An",
        "email": "an@teahouse.example",
        "subject": "Spring teas",
        "consent": "yes",
    },
    "message": {"body": "Thank you for the series on rivers.", "consent": "yes"},
}
"""For each form the answers that it requires (photos also require a file)."""


@pytest.fixture
def reader(client: FlaskClient) -> Reader:
    return Reader(client)


@pytest.fixture
def pdf() -> Callable[..., tuple[BytesIO, str]]:
    """`pdf("plan.pdf")` is a small file to send."""

    def make(name: str = "plan.pdf", content: bytes = PDF) -> tuple[BytesIO, str]:
        return BytesIO(content), name

    return make


@pytest.fixture
def stored(runtime: Runtime) -> Callable[[], list[Submission]]:
    """All submissions, oldest first, with their messages and files loaded."""

    def load() -> list[Submission]:
        with runtime.database.reading() as session:
            submissions = list(session.scalars(select(Submission).order_by(Submission.id)))
            for submission in submissions:
                [message.attachments for message in submission.messages]
                _ = submission.contact, submission.history
            return submissions

    return load


def code_on(page: Page) -> str:
    """The receipt code that a page shows."""
    found = re.search(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:- ?[0-9A-HJKMNP-TV-Z]{4}){3}\b", page.text)
    assert found, page.text
    return found[0].replace(" ", "")
