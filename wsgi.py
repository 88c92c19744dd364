"""What a WSGI server runs: ``gunicorn wsgi:app``."""

from authserver.app import create_app

app = create_app()
