"""The webhooks that Twilio calls: for every SMS and WhatsApp message, and for the progress of ours."""

from flask import Blueprint, Response, abort
from sqlalchemy.orm import Session
from twilio.twiml.messaging_response import MessagingResponse

from inbox import edge
from inbox.channels.twilio import parse, status
from inbox.channels.twilio_account import parameters, twilio_signed
from inbox.services import guide, intake, newsletter_chat, outbox
from inbox.text import clean

bp = Blueprint("twilio", __name__, url_prefix="/hooks/twilio")
edge.csrf.exempt(bp)

NOTHING = str(MessagingResponse())


@bp.post("/messages")
@twilio_signed
def receive_message() -> Response:
    """Store a message, then answer; nothing is accepted that is not stored.

    The answer is empty: what the sender is told goes through the outbox, like every word of ours.
    """
    given = dict(parameters().lists())
    if not given:
        abort(400)
    profile, now = edge.current_runtime().profile, edge.now()
    incoming = parse.incoming(given, profile)

    def store(session: Session) -> None:
        arrival = intake.receive(session, incoming, region=profile.country, now=now)
        if not newsletter_chat.hear(session, incoming, arrival, profile, now=now):
            guide.hear(session, incoming, arrival, profile, now=now)

    edge.exactly_once(store)
    return Response(NOTHING, mimetype="text/xml")


@bp.post("/status")
@twilio_signed
def receive_status() -> Response:
    """Note how far a message of ours has come; what is no news, or of a message that is not ours, changes nothing."""
    report = status.report({clean(name): clean(value) for name, value in parameters().items()})
    if report:
        now = edge.now()
        edge.exactly_once(
            lambda session: outbox.report(
                session, report.account, report.external_id, report.state, report.error_code, now=now
            )
        )
    return Response(status=204)
