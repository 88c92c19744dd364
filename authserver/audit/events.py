"""The vocabulary of audit events, ``noun.past_participle``."""

from enum import StrEnum


class Event(StrEnum):
    """What may be recorded."""

    USER_REGISTERED = "user.registered"
    USER_CREATED = "user.created"
    USER_UPDATED = "user.updated"
    USER_ENABLED = "user.enabled"
    USER_DISABLED = "user.disabled"
    USER_DELETED = "user.deleted"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - the name of an event
    PASSWORD_RESET = "password.reset"  # noqa: S105 - the name of an event
    ROLE_CREATED = "role.created"
    ROLE_UPDATED = "role.updated"
    ROLE_DELETED = "role.deleted"
    ROLE_ASSIGNED = "role.assigned"
    ROLE_UNASSIGNED = "role.unassigned"
    SIGN_IN_SUCCEEDED = "sign_in.succeeded"
    SIGN_IN_FAILED = "sign_in.failed"
    SIGN_IN_LOCKED = "sign_in.locked"
    BROWSER_SESSION_STARTED = "browser_session.started"
    BROWSER_SESSION_ENDED = "browser_session.ended"
    CONSENT_GRANTED = "consent.granted"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    SESSION_ENDED = "session.ended"
    SESSION_REUSE_DETECTED = "session.reuse_detected"
    CODE_REUSE_DETECTED = "authorization_code.reuse_detected"
    TOKEN_MINTED = "token.minted"  # noqa: S105 - the name of an event
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - the name of an event
    CLIENT_CREATED = "client.created"
    CLIENT_UPDATED = "client.updated"
    CLIENT_DELETED = "client.deleted"
    CLIENT_SECRET_ROTATED = "client_secret.rotated"  # noqa: S105 - the name of an event
    REGISTRATION_TOKEN_ISSUED = "registration_token.issued"  # noqa: S105 - the name of an event
    REGISTRATION_TOKEN_USED = "registration_token.used"  # noqa: S105 - the name of an event
    RESOURCE_SERVER_CREATED = "resource_server.created"
    RESOURCE_SERVER_UPDATED = "resource_server.updated"
    RESOURCE_SERVER_DELETED = "resource_server.deleted"
    SIGNING_KEY_CREATED = "signing_key.created"
    SIGNING_KEY_ROTATED = "signing_key.rotated"
    SIGNING_KEY_REMOVED = "signing_key.removed"
    SIGNING_KEY_REVOKED = "signing_key.revoked"
    INSTALLATION_SECRET_CREATED = "installation_secret.created"  # noqa: S105 - the name of an event
    KEY_ENCRYPTION_KEY_EXCHANGED = "key_encryption_key.exchanged"
    JOB_RETRIED = "job.retried"
    AUDIT_RECORD_CUT = "audit_record.cut"
