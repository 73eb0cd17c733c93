"""The security headers of every answer."""

from flask import Flask, Response, request

from inbox.config import Settings

_POLICY = (
    "default-src 'none'; {scripts}style-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PUBLIC_POLICY = _POLICY.format(scripts="")
DESK_POLICY = _POLICY.format(scripts="script-src 'self'; frame-src 'self'; ")

TWIML = "text/xml"


def init_app(app: Flask, settings: Settings) -> None:
    """Set the headers; a view that sets one itself (a download's stricter policy) keeps its own."""

    every = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    if settings.public_url.startswith("https://"):
        every["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    page = {
        **every,
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    twiml = _prepared(every)  # Twilio reads it, and no browser
    public = _prepared({"Content-Security-Policy": PUBLIC_POLICY, **page})
    desk = _prepared({"Content-Security-Policy": DESK_POLICY, **page})

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = twiml if response.mimetype == TWIML else desk if request.path.startswith("/desk") else public
        given = {name.lower() for name in response.headers.keys()}  # noqa: SIM118  these are no dict
        response.headers.extend([header for name, header in headers if name not in given])
        return response


def _prepared(headers: dict[str, str]) -> list[tuple[str, tuple[str, str]]]:
    """The headers, each with its name as it is compared."""
    return [(name.lower(), (name, value)) for name, value in headers.items()]
