"""What a WSGI server runs, as in ``gunicorn wsgi:app``; ``authserver serve`` is the tuned way."""

from authserver.app import create_app
from authserver.observability.logs import configure_logs
from authserver.settings import load_settings

settings = load_settings()
configure_logs(settings.log_level, settings.log_format)
app = create_app(settings)
