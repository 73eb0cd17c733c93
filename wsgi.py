"""For WSGI servers, from a checkout: `gunicorn wsgi:app`."""

from inbox import create_app

app = create_app()
