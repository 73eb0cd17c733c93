"""The desk, where staff work, and what every page shares."""

from flask import Flask

from inbox.runtime import Runtime
from inbox.web import (
    account,
    attachment,
    attention,
    canned_replies,
    channels,
    errors,
    export,
    headers,
    health,
    mail,
    notices,
    outgoing,
    presentation,
    queue,
    reply,
    security,
    set_up,
    sign_in,
    submission,
    subscribers,
)


def init_app(app: Flask, runtime: Runtime) -> None:
    """Register the desk's blueprints, the headers, the error pages and what templates may use."""
    headers.init_app(app, runtime.settings)
    errors.init_app(app)
    presentation.init_app(app, runtime)
    security.init_app(app, runtime)
    app.register_blueprint(presentation.bp)
    app.register_blueprint(health.bp)
    app.register_blueprint(attachment.bp)
    app.register_blueprint(queue.bp)
    app.register_blueprint(submission.bp)
    app.register_blueprint(attention.bp)
    app.register_blueprint(channels.bp)
    app.register_blueprint(export.bp)
    app.register_blueprint(reply.bp)
    app.register_blueprint(mail.bp)
    app.register_blueprint(canned_replies.bp)
    app.register_blueprint(subscribers.bp)
    app.register_blueprint(outgoing.bp)
    app.register_blueprint(sign_in.bp)
    app.register_blueprint(set_up.bp)
    app.register_blueprint(account.bp)
    app.register_blueprint(notices.bp)
