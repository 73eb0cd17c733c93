"""The webhooks that Twilio calls: for every SMS and WhatsApp message, and for the progress of ours."""

from flask import Blueprint, Response, abort
from twilio.twiml.messaging_response import MessagingResponse

from inbox import edge
from inbox.channels.twilio import parse, status
from inbox.channels.twilio_account import parameters, twilio_signed
from inbox.rendering import message as render
from inbox.services import intake, outbox
from inbox.services.intake import Arrival
from inbox.text import clean

bp = Blueprint("twilio", __name__, url_prefix="/hooks/twilio")
edge.csrf.exempt(bp)


@bp.post("/messages")
@twilio_signed
def receive_message() -> Response:
    """Store a message, then answer; nothing is accepted that is not stored."""
    given = dict(parameters().lists())
    if not given:
        abort(400)
    profile, now = edge.current_runtime().profile, edge.now()
    incoming = parse.incoming(given, profile)
    arrival = edge.exactly_once(lambda session: intake.receive(session, incoming, region=profile.country, now=now))
    return _answer(arrival)


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


def _answer(arrival: Arrival) -> Response:
    """TwiML: the reference when a submission was opened, nothing after that and to a repeated request."""
    twiml = MessagingResponse()
    if arrival.may_acknowledge:
        newsroom = edge.current_runtime().profile.name
        twiml.message(render("acknowledgement", "sms", newsroom=newsroom, reference=arrival.reference))
    return Response(str(twiml), mimetype="text/xml")
