"""Newsroom Inbox: one moderated queue for everything that is sent to a newsroom."""

from flask import Flask
from flask_babel import Babel
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from inbox import edge, logs
from inbox.bootstrap import bootstrap
from inbox.config import Settings
from inbox.host import KnownHost
from inbox.multipart import Request
from inbox.prefix import PublicPrefix
from inbox.rendering import template_folder
from inbox.runtime import Runtime

__version__ = "0.1.0"

WEBHOOK_BYTES = 1024 * 1024
FORM_MEMORY_BYTES = 4 * 1024 * 1024


def create_app(runtime: Runtime | None = None) -> Flask:
    """Build the web application; without a runtime, from the environment. Raises ConfigError."""
    from inbox import channels, web

    runtime = runtime or bootstrap()
    app = Flask(__name__, template_folder=str(template_folder()))
    app.request_class = Request
    app.config.from_mapping(_flask_settings(runtime))
    logs.init_app(app)
    edge.init_app(app, runtime)
    Babel(
        app, locale_selector=lambda: runtime.profile.languages[0], timezone_selector=lambda: runtime.profile.time_zone
    )
    web.init_app(app, runtime)
    channels.init_app(app)
    _wrap(app, runtime.settings)
    return app


def _flask_settings(runtime: Runtime) -> dict[str, object]:
    settings = runtime.settings
    secure = settings.public_url.startswith("https://")
    return {
        "SECRET_KEY": runtime.secret_key,
        "SESSION_COOKIE_NAME": "__Host-inbox" if secure else "inbox",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "WTF_CSRF_TIME_LIMIT": 24 * 3600,
        "WTF_CSRF_SSL_STRICT": False,  # it asks for the Referer, which our Referrer-Policy keeps browsers from sending
        "MAX_CONTENT_LENGTH": WEBHOOK_BYTES,
        "MAX_FORM_MEMORY_SIZE": FORM_MEMORY_BYTES,
    }


def _wrap(app: Flask, settings: Settings) -> None:
    """Put the WSGI layers around the app, the innermost first."""
    static = WhiteNoise(
        app.wsgi_app,
        root=app.static_folder,
        prefix="static/",
        max_age=86_400,
        allow_all_origins=False,
        add_headers_function=lambda headers, path, url: headers.add_header("X-Content-Type-Options", "nosniff"),
    )
    layers = KnownHost(PublicPrefix(static, settings.public_url))
    n = settings.trusted_proxies
    app.wsgi_app = ProxyFix(layers, x_for=n, x_proto=n, x_host=n) if n else layers  # type: ignore[method-assign]
