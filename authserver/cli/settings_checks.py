"""Checks of ``authserver doctor`` that need no server: the settings, and this process."""

import resource

from authserver.cli.application import CONNECTIONS
from authserver.cli.findings import Advice, UnwellError
from authserver.settings import Settings

# OWASP's cheat sheet on storing passwords: Argon2id with 19 MiB and two passes at least.
_HASH_MEMORY, _HASH_ITERATIONS = 19_456, 2
# What a process has open beside its connections: logs, libraries, the queue.
_OTHER_FILES = 100


def issuer(settings: Settings) -> str:
    """RFC 8414, section 2: https, and no path of ours; what else it may not be, settings know."""
    if settings.issuer.startswith("https://") or settings.in_development:
        return f"{settings.issuer} ({settings.environment})."
    raise UnwellError(
        f"{settings.issuer} is not https, and this is production.",
        "Set AUTHSERVER_ISSUER to the https address, or AUTHSERVER_ENVIRONMENT=development.",
    )


def unusual_settings(settings: Settings) -> str | Advice:
    """What is allowed, and is for tests and old applications only."""
    if settings.in_development:
        return "Not asked in development."
    unusual = {
        "AUTHSERVER_UNSIGNED_ID_TOKENS": settings.unsigned_id_tokens,
        "AUTHSERVER_FRONT_CHANNEL_RESPONSE_TYPES": settings.front_channel_response_types,
        "AUTHSERVER_OUTBOUND_ALLOWED_HOSTS": bool(settings.outbound_allowed_hosts),
        "AUTHSERVER_CLIENT_REGISTRATION=open without AUTHSERVER_CLIENT_REGISTRATION_HOSTS": (
            settings.client_registration == "open" and not settings.client_registration_hosts
        ),
        "AUTHSERVER_PASSWORD_HASH_MEMORY": settings.password_hash_memory < _HASH_MEMORY,
        "AUTHSERVER_PASSWORD_HASH_ITERATIONS": (
            settings.password_hash_iterations < _HASH_ITERATIONS
        ),
    }
    found = [name for name, weak in unusual.items() if weak]
    if not found:
        return "None that weakens the server."
    return Advice(
        f"Weaker than we advise: {', '.join(found)}.",
        "Leave each at its default unless you know who needs it; docs/reference/settings.md says "
        "what it does.",
    )


def open_files(settings: Settings) -> str:
    """A process that has no file left refuses connections (CWE-770)."""
    needed = CONNECTIONS + 2 * settings.database_pool_size + _OTHER_FILES
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        return "A process may open as many files as it likes."
    if most < needed:
        raise UnwellError(
            f"A process may open {most} files (sockets count), and a server process needs "
            f"{needed}.",
            "Raise the hard limit: LimitNOFILE= in systemd, --ulimit nofile= for a container, "
            "or `ulimit -Hn` in the shell that starts it.",
        )
    return f"A process may open {most} files, and needs {needed} at most."
