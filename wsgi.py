"""For WSGI servers, from a checkout: `gunicorn wsgi:app`."""

from inbox import create_app, logs

logs.configure()
app = create_app()
