"""The webhook that Twilio calls for every SMS and WhatsApp message."""

from flask import Blueprint, Response, abort
from twilio.twiml.messaging_response import MessagingResponse

from inbox import edge
from inbox.channels.twilio import parse
from inbox.channels.twilio_account import parameters, twilio_signed
from inbox.rendering import message as render
from inbox.services import intake
from inbox.services.intake import Arrival

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


def _answer(arrival: Arrival) -> Response:
    """TwiML: the reference when a submission was opened, nothing after that and to a repeated request."""
    twiml = MessagingResponse()
    if arrival.may_acknowledge:
        newsroom = edge.current_runtime().profile.name
        twiml.message(render("acknowledgement", "sms", newsroom=newsroom, reference=arrival.reference))
    return Response(str(twiml), mimetype="text/xml")
