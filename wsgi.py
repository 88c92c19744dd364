"""What a WSGI server runs, as in ``gunicorn wsgi:app``; ``authserver serve`` is the tuned way."""

from authserver.app import create_app
from authserver.maintenance import maintain_in_background
from authserver.observability.logs import configure_logs
from authserver.settings import load_settings
from authserver.warm_start import warm_up
from authserver.wiring import build

settings = load_settings()
configure_logs(settings.log_level, settings.log_format)
services = build(settings)
app = create_app(settings, services)
warm_up(app, services)
maintain_in_background(services)
