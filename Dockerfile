# syntax=docker/dockerfile:1
# Authserver as a container: all commands of `authserver`, `serve` by default.
#
# It runs as user 10001 and writes to no file of the image: start it with a read-only root and a
# tmpfs at /tmp (docker run --read-only --tmpfs /tmp ...). /dev/shm, which every container has, is
# used for gunicorn's signs of life. /srv/keys is written to only where no
# AUTHSERVER_KEY_ENCRYPTION_KEY is given; in production one is. See docs/operations/deployment.md.

FROM python:3.13-slim-bookworm AS build
WORKDIR /build
COPY requirements.txt ./
# pip stays outside of what is shipped.
RUN python -m venv --without-pip /srv/.venv \
    && python -m pip --python /srv/.venv/bin/python install --no-cache-dir --require-hashes \
        --requirement requirements.txt
COPY pyproject.toml setup.cfg README.md ./
COPY authserver ./authserver
COPY migrations ./migrations
# Not editable. The migrations lie beside the package, as in the source; the build tool came with
# the lock, and goes again.
RUN python -m pip --python /srv/.venv/bin/python install --no-cache-dir --no-deps \
        --no-build-isolation . \
    && site=$(/srv/.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
    && cp -R migrations "$site/migrations" \
    && /srv/.venv/bin/python -m compileall -q "$site/migrations" \
    && python -m pip --python /srv/.venv/bin/python uninstall --yes setuptools

FROM python:3.13-slim-bookworm
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Authserver" \
      org.opencontainers.image.description="OAuth 2.0 and OpenID Connect authorization server" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13-slim-bookworm"
RUN groupadd --system --gid 10001 authserver \
    && useradd --system --uid 10001 --gid 10001 --home-dir /srv --no-create-home \
        --shell /usr/sbin/nologin authserver \
    && install -d -o authserver -g authserver -m 0700 /srv/keys
WORKDIR /srv
COPY --from=build /srv/.venv ./.venv
COPY wsgi.py ./
ENV PATH=/srv/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    AUTHSERVER_BIND=0.0.0.0:8000 \
    AUTHSERVER_KEYS_DIR=/srv/keys
USER 10001:10001
EXPOSE 8000
# /tmp as well: where nothing else is mounted there (Fargate), it is a folder that may be written to.
VOLUME ["/srv/keys", "/tmp"]
STOPSIGNAL SIGTERM
# Of `serve`: where the other commands run, it is switched off.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["authserver", "healthcheck"]
ENTRYPOINT ["authserver"]
CMD ["serve"]
