"""The vocabulary of permissions, ``noun:verb``. Roles carry them; routes require them."""

USERS_READ = "users:read"
USERS_WRITE = "users:write"
ROLES_WRITE = "roles:write"
ROLES_ASSIGN = "roles:assign"
SESSIONS_READ = "sessions:read"
SESSIONS_WRITE = "sessions:write"
CLIENTS_READ = "clients:read"
CLIENTS_WRITE = "clients:write"
RESOURCES_READ = "resources:read"
RESOURCES_WRITE = "resources:write"
AUDIT_READ = "audit:read"
JOBS_READ = "jobs:read"
JOBS_WRITE = "jobs:write"

ALL = frozenset(
    {
        USERS_READ,
        USERS_WRITE,
        ROLES_WRITE,
        ROLES_ASSIGN,
        SESSIONS_READ,
        SESSIONS_WRITE,
        CLIENTS_READ,
        CLIENTS_WRITE,
        RESOURCES_READ,
        RESOURCES_WRITE,
        AUDIT_READ,
        JOBS_READ,
        JOBS_WRITE,
    }
)
