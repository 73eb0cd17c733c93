"""The security headers of every answer."""

from flask import Flask, Response, request

from inbox.config import Settings

_POLICY = (
    "default-src 'none'; {scripts}style-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PUBLIC_POLICY = _POLICY.format(scripts="")
DESK_POLICY = _POLICY.format(scripts="script-src 'self'; ")


def init_app(app: Flask, settings: Settings) -> None:
    """Set the headers; a view that sets one itself (a download's stricter policy) keeps its own."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        desk = request.path.startswith("/desk")
        defaults = {
            "Content-Security-Policy": DESK_POLICY if desk else PUBLIC_POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Cache-Control": "no-store",
        }
        if settings.public_url.startswith("https://"):
            defaults["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        for name, value in defaults.items():
            response.headers.setdefault(name, value)
        return response
