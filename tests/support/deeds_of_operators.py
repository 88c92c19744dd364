"""Deeds that concern clients, resource servers, keys and jobs."""

import dataclasses

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.clients.service import ClientService
from authserver.job_queue.service import JobQueueService
from authserver.registrations.policy import TOKEN
from authserver.registrations.service import RegistrationService
from authserver.resources.service import ResourceServerService
from tests.support.deeds import ACTOR, At, Deed, deed

WEB = {
    "client_name": "A web site",
    "redirect_uris": ["https://app.example/cb"],
    "scope": "openid",
    "audience": ["https://api.example.com"],
}
OWN = {name: WEB[name] for name in ("client_name", "redirect_uris", "scope")}
REGISTERED = {
    "audience": ["https://api.example.com"],
    "enabled": True,
    "grant_types": ["authorization_code"],
    "redirect_uris": ["https://app.example/cb"],
    "response_types": ["code"],
    "scope": "openid",
    "token_endpoint_auth_method": "client_secret_basic",
}


def _web(at: At) -> ClientService:
    clients = at.get(ClientService)
    at.secret(clients.create(ACTOR, WEB, "web").secret)
    return clients


@deed(Event.CLIENT_CREATED)
def create_client(at: At) -> Deed:
    clients = at.get(ClientService)

    def act():
        at.secret(clients.create(ACTOR, WEB, "web").secret)

    return Deed(act, {"after": REGISTERED}, client_id="web")


@deed(Event.CLIENT_UPDATED)
def change_client(at: At) -> Deed:
    """What only people read is named; what the client may do is told as it was and as it is."""
    clients = _web(at)
    changes = {
        "client_name": "Another name",
        "scope": "openid email",
        "grant_types": ["authorization_code", "refresh_token"],
        "redirect_uris": ["https://app.example/other"],
        "token_endpoint_auth_method": "none",
    }
    return Deed(
        lambda: clients.update(ACTOR, "web", None, changes),
        {
            "changed": sorted(changes),
            "new_secret": False,
            "before": {
                "grant_types": ["authorization_code"],
                "redirect_uris": ["https://app.example/cb"],
                "scope": "openid",
                "token_endpoint_auth_method": "client_secret_basic",
            },
            "after": {
                "grant_types": ["authorization_code", "refresh_token"],
                "redirect_uris": ["https://app.example/other"],
                "scope": "openid email",
                "token_endpoint_auth_method": "none",
            },
        },
        client_id="web",
    )


@deed(Event.CLIENT_UPDATED)
def let_client_need_another_secret(at: At) -> Deed:
    clients = _web(at)

    def act():
        method = {"token_endpoint_auth_method": "client_secret_jwt"}
        at.secret(clients.update(ACTOR, "web", None, method).secret)

    return Deed(
        act,
        {
            "changed": ["token_endpoint_auth_method"],
            "new_secret": True,
            "before": {"token_endpoint_auth_method": "client_secret_basic"},
            "after": {"token_endpoint_auth_method": "client_secret_jwt"},
        },
        client_id="web",
    )


@deed(Event.CLIENT_UPDATED)
def disable_client(at: At) -> Deed:
    clients = _web(at)
    return Deed(
        lambda: clients.disable(ACTOR, "web"),
        {"changed": ["enabled"], "before": {"enabled": True}, "after": {"enabled": False}},
        client_id="web",
    )


@deed(Event.CLIENT_UPDATED)
def enable_client(at: At) -> Deed:
    clients = _web(at)
    clients.disable(ACTOR, "web")
    return Deed(
        lambda: clients.enable(ACTOR, "web"),
        {"changed": ["enabled"], "before": {"enabled": False}, "after": {"enabled": True}},
        client_id="web",
    )


@deed(Event.CLIENT_UPDATED)
def upgrade_built_in_client(at: At) -> Deed:
    """A release that wants something else of the built-in client than the one before it."""
    clients = at.get(ClientService)
    wanted = clients.get("authserver").registered()
    at.sql("UPDATE clients SET scope = 'openid' WHERE client_id = 'authserver'")
    return Deed(
        lambda: clients.ensure_built_in("authserver", wanted),
        {"before": {"scope": "openid"}, "after": {"scope": wanted["scope"]}},
        client_id="authserver",
        actor=Actor("system"),
    )


@deed(Event.CLIENT_DELETED)
def delete_client(at: At) -> Deed:
    clients = _web(at)
    return Deed(lambda: clients.delete(ACTOR, "web"), {"before": REGISTERED}, client_id="web")


@deed(Event.CLIENT_SECRET_ROTATED)
def rotate_secret(at: At) -> Deed:
    clients = _web(at)

    def act():
        at.secret(clients.rotate_secret(ACTOR, "web", 60).secret)

    return Deed(act, {"overlap": 60}, client_id="web")


@deed(Event.REGISTRATION_TOKEN_ISSUED)
def issue_registration_token(at: At) -> Deed:
    registrations = at.get(RegistrationService)

    def act():
        at.secret(registrations.issue_token(ACTOR, 2, 600, "for the fair").token)
        return at.sql("SELECT id FROM initial_access_tokens")[0][0]

    return Deed(
        act,
        lambda made: {"token_id": str(made), "uses": 2, "ttl": 600, "note": "for the fair"},
    )


def _by_token(at: At) -> RegistrationService:
    """The server is one where whoever has a token may register clients."""
    registrations = at.get(RegistrationService)
    policy = dataclasses.replace(registrations.policy, mode=TOKEN)
    return dataclasses.replace(registrations, policy=policy)


@deed(Event.REGISTRATION_TOKEN_USED)
def register_by_token(at: At) -> Deed:
    registrations = _by_token(at)
    token = at.secret(registrations.issue_token(ACTOR).token)
    [[token_id]] = at.sql("SELECT id FROM initial_access_tokens")

    def act():
        made = registrations.register(ACTOR, token, OWN)
        at.secrets += [made.token, made.secret]
        return made.client.client_id

    return Deed(
        act,
        {"token_id": str(token_id)},
        client_id=lambda client_id: client_id,
        also=[Event.CLIENT_CREATED],
    )


@deed(Event.CLIENT_UPDATED)
def replace_own_registration(at: At) -> Deed:
    registrations = _by_token(at)
    token = registrations.issue_token(ACTOR).token
    made = registrations.register(ACTOR, token, OWN)
    client_id = made.client.client_id
    wanted = OWN | {"client_id": client_id, "scope": "openid email"}

    def act():
        again = registrations.replace(ACTOR, client_id, at.secret(made.token), wanted)
        at.secrets += [again.token, made.secret]

    return Deed(
        act,
        {
            "changed": sorted(OWN),
            "new_secret": False,
            "before": {"scope": "openid"},
            "after": {"scope": "openid email"},
        },
        client_id=client_id,
    )


# Resource servers ---------------------------------------------------------------------------------

ORDERS = {"audience": "https://orders.example", "name": "Orders"}


@deed(Event.RESOURCE_SERVER_CREATED)
def create_resource_server(at: At) -> Deed:
    resources = at.get(ResourceServerService)
    return Deed(
        lambda: resources.create(ACTOR, ORDERS),
        {"audience": "https://orders.example", "before": {}, "after": {"name": "Orders"}},
    )


@deed(Event.RESOURCE_SERVER_UPDATED)
def change_resource_server(at: At) -> Deed:
    resources = at.get(ResourceServerService)
    made = resources.create(ACTOR, ORDERS)
    return Deed(
        lambda: resources.update(ACTOR, made.id, None, {"access_token_ttl": 60}),
        {
            "audience": "https://orders.example",
            "before": {"access_token_ttl": None},
            "after": {"access_token_ttl": 60},
        },
    )


@deed(Event.RESOURCE_SERVER_DELETED)
def delete_resource_server(at: At) -> Deed:
    resources = at.get(ResourceServerService)
    made = resources.create(ACTOR, ORDERS)
    return Deed(
        lambda: resources.delete(ACTOR, made.id),
        {"audience": "https://orders.example", "before": {"name": "Orders"}, "after": {}},
    )


# Jobs ---------------------------------------------------------------------------------------------


@deed(Event.JOB_RETRIED)
def retry_job(at: At) -> Deed:
    [[job_id]] = at.sql(
        """INSERT INTO procrastinate_jobs (queue_name, task_name, status, args)
           VALUES ('default', 'greet', 'failed', '{"text": "a-secret-of-the-job"}') RETURNING id"""
    )
    at.secret("a-secret-of-the-job")
    return Deed(
        lambda: at.get(JobQueueService).retry(job_id, ACTOR),
        {"job_id": job_id, "task": "greet"},
    )
