"""The ways in: one folder each, all ending in `services.intake`. This list is the only one."""

from flask import Flask

from inbox.channels import refused
from inbox.channels.email import views as email
from inbox.channels.twilio import views as twilio
from inbox.channels.voice import views as voice
from inbox.channels.webform import subscribe
from inbox.channels.webform import views as webform


def init_app(app: Flask) -> None:
    """Register the blueprints of all channels. Webhooks are exempt from CSRF: they are signed, or hold a secret."""
    refused.init_app(app)
    app.register_blueprint(webform.bp)
    app.register_blueprint(subscribe.bp)
    app.register_blueprint(twilio.bp)
    app.register_blueprint(voice.bp)
    app.register_blueprint(email.bp)
