# syntax=docker/dockerfile:1
FROM python:3.13-slim-bookworm AS build
WORKDIR /srv
RUN python -m venv /srv/.venv
COPY requirements.txt ./
RUN /srv/.venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml setup.cfg README.md ./
COPY authserver ./authserver
RUN /srv/.venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e .

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /srv --shell /usr/sbin/nologin authserver \
    && install -d -o authserver -m 0700 /srv/keys
WORKDIR /srv
COPY --from=build /srv /srv
COPY migrations ./migrations
COPY wsgi.py ./
ENV PATH=/srv/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    AUTHSERVER_BIND=0.0.0.0:8000 \
    AUTHSERVER_KEYS_DIR=/srv/keys
USER 10001
EXPOSE 8000
VOLUME /srv/keys
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["authserver", "healthcheck"]
ENTRYPOINT ["authserver"]
CMD ["serve"]
