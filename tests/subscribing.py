"""The newsletter as a story: what readers type, what reaches their mailboxes, and a worker that runs when told to."""

import re
from email.message import EmailMessage
from typing import Any

from flask import Flask
from reader import Page, Reader
from smtp_peer import SmtpPeer, said
from sqlalchemy import select

from inbox import worker
from inbox.models import AuditEntry, Consent, Subscriber
from inbox.runtime import Runtime

PROFILE = """
name = "DCO Global News"
[newsletter]
name = "DCO Weekly"
about = "Our stories of the week."
languages = ["en", "zh-Hant"]
[[mailboxes]]
address = "news@dco.example"
label = "E-mail"
[[numbers]]
number = "+886963563485"
label = "News desk"
"""
ADDRESS = "ling@example.org"
LINK = re.compile(r"http://127\.0\.0\.1:\d+(/\S+)")


class Press:
    """The newsroom that has a newsletter, and its readers' mailboxes."""

    def __init__(self, app: Flask, runtime: Runtime, clock, post: SmtpPeer) -> None:
        self.app, self.runtime, self.clock, self.post = app, runtime, clock, post
        self.worker = worker.make(runtime)
        self.reader = Reader(app.test_client())

    def form(self) -> Page:
        return self.reader.open("/subscribe")

    def ask(self, email: str = ADDRESS, **fields: Any) -> Page:
        """Fill in the form, and let the worker do what follows."""
        page = self.reader.send(self.form(), **{"email": email, "consent": "yes", **fields})
        self.worker.run_due()
        return page

    def waits(self, **duration: float) -> None:
        self.clock.advance(**duration)
        self.worker.run_due()

    @property
    def mails(self) -> list[EmailMessage]:
        return self.post.mails

    def link(self, place: str, mail: EmailMessage | None = None) -> str:
        """The address in the newest mail, or the one given, that leads to this place."""
        return next(path for path in LINK.findall(said(mail or self.mails[-1])) if path.startswith(place))

    def presses(self, path: str, **fields: str) -> int:
        """Post to an address from a mail, as somebody without cookies."""
        return self.app.test_client().post(path, data=fields).status_code

    def subscribes(self, email: str = ADDRESS, **fields: Any) -> None:
        self.ask(email, **fields)
        assert self.presses(self.link("/subscribe/confirm/")) == 303

    def states(self) -> dict[str, str]:
        with self.runtime.database.reading() as session:
            found = session.scalars(select(Subscriber).order_by(Subscriber.id))
            return {subscriber.address: subscriber.state.value for subscriber in found}

    def consents(self) -> list[Consent]:
        with self.runtime.database.reading() as session:
            return list(session.scalars(select(Consent).order_by(Consent.id)))

    def audit(self, prefix: str = "subscriber:") -> list[tuple[str, str, dict[str, Any]]]:
        with self.runtime.database.reading() as session:
            found = select(AuditEntry).where(AuditEntry.verb.startswith(prefix)).order_by(AuditEntry.id)
            return [(entry.actor, entry.verb, entry.facts) for entry in session.scalars(found)]
