"""The security headers of every answer."""

from flask import Flask, Response, request

from inbox.config import Settings

_POLICY = (
    "default-src 'none'; {scripts}style-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PUBLIC_POLICY = _POLICY.format(scripts="")
DESK_POLICY = _POLICY.format(scripts="script-src 'self'; frame-src 'self'; ")


def init_app(app: Flask, settings: Settings) -> None:
    """Set the headers; a view that sets one itself (a download's stricter policy) keeps its own."""

    shared = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "no-store",
    }
    if settings.public_url.startswith("https://"):
        shared["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    public, desk = (
        [(name.lower(), (name, value)) for name, value in {"Content-Security-Policy": policy, **shared}.items()]
        for policy in (PUBLIC_POLICY, DESK_POLICY)
    )

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = desk if request.path.startswith("/desk") else public
        given = {name.lower() for name in response.headers.keys()}  # noqa: SIM118  these are no dict
        response.headers.extend([header for name, header in headers if name not in given])
        return response
