"""Deeds that concern accounts, roles, sign-ins and sessions."""

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.authn.service import AuthnService
from authserver.authn.sign_out import SignOutService
from authserver.authn.single_sign_on import SingleSignOn
from authserver.clients.service import ClientService
from authserver.consents.service import ConsentService
from authserver.errors import InvalidCredentials
from authserver.roles.service import RoleService
from authserver.sessions.service import SessionService
from authserver.users.service import UserService
from tests.support.deeds import ACTOR, At, Deed, deed
from tests.support.jwks_verifier import payload_of
from tests.support.session_rows import session_id_of

OLD, NEW = "correct horse battery staple", "an entirely different sentence 7"
ENABLED, DISABLED = {"enabled": True}, {"enabled": False}


# Accounts -----------------------------------------------------------------------------------------


@deed(Event.USER_REGISTERED)
def register(at: At) -> Deed:
    users, password = at.get(UserService), at.secret(NEW)
    return Deed(
        lambda: users.register(ACTOR, "una@example.com", password),
        {},
        user_id=lambda made: made.id,
        also=[Event.ROLE_ASSIGNED],
    )


@deed(Event.USER_CREATED)
def create_user(at: At) -> Deed:
    users, password = at.get(UserService), at.secret(NEW)
    return Deed(
        lambda: users.create(ACTOR, None, "una@example.com", password),
        {},
        user_id=lambda made: made.id,
        also=[Event.ROLE_ASSIGNED],
    )


@deed(Event.USER_UPDATED)
def change_email(at: At) -> Deed:
    user, users = at.user(email="old@example.com"), at.get(UserService)
    at.sql("UPDATE users SET email_verified = true WHERE id = :id", id=user.id)
    return Deed(
        lambda: users.update(ACTOR, None, user.id, None, {"email": "new@example.com"}),
        {
            "members": ["email"],
            "before": {"email": "old@example.com", "email_verified": True},
            "after": {"email": "new@example.com", "email_verified": False},
        },
        user_id=user.id,
    )


@deed(Event.USER_UPDATED)
def change_profile(at: At) -> Deed:
    """What is told of a birthday is that it was changed."""
    user, users = at.user(), at.get(UserService)
    profile = {
        "birthdate": at.secret("1815-12-10"),
        "phone_number": at.secret("+4313330000"),
        "phone_number_verified": True,
    }
    return Deed(
        lambda: users.update(ACTOR, None, user.id, None, {"profile": profile}),
        {
            "members": ["profile"],
            "claims": ["birthdate", "phone_number", "phone_number_verified"],
            "before": {"phone_number_verified": None},
            "after": {"phone_number_verified": True},
        },
        user_id=user.id,
    )


@deed(Event.USER_ENABLED)
def enable_user(at: At) -> Deed:
    user, users = at.user(enabled=False), at.get(UserService)
    return Deed(
        lambda: users.enable(ACTOR, None, user.id),
        {"before": DISABLED, "after": ENABLED},
        user_id=user.id,
    )


@deed(Event.USER_DISABLED)
def disable_user(at: At) -> Deed:
    user, users = at.user(), at.get(UserService)
    return Deed(
        lambda: users.disable(ACTOR, None, user.id),
        {"before": ENABLED, "after": DISABLED},
        user_id=user.id,
    )


@deed(Event.USER_DELETED)
def delete_user(at: At) -> Deed:
    user, users = at.user(), at.get(UserService)
    return Deed(lambda: users.delete(ACTOR, None, user.id), {}, user_id=user.id)


@deed(Event.PASSWORD_CHANGED)
def change_password(at: At) -> Deed:
    user, authn = at.user(), at.get(AuthnService)
    old, new = at.secret(OLD), at.secret(NEW)
    return Deed(
        lambda: authn.change_password(user.id, old, new, None, ACTOR),
        {},
        user_id=user.id,
        also=[Event.SESSION_ENDED],
    )


@deed(Event.PASSWORD_RESET)
def reset_password(at: At) -> Deed:
    user, users, password = at.user(), at.get(UserService), at.secret(NEW)
    return Deed(lambda: users.reset_password(ACTOR, None, user.id, password), {}, user_id=user.id)


# Roles --------------------------------------------------------------------------------------------


def _role(at: At):
    return at.get(RoleService).create(ACTOR, None, "auditor", None, ["audit:read"])


@deed(Event.ROLE_CREATED)
def create_role(at: At) -> Deed:
    return Deed(
        lambda: _role(at),
        lambda role: {
            "role_id": str(role.id),
            "name": "auditor",
            "after": {"permissions": ["audit:read"]},
        },
    )


@deed(Event.ROLE_UPDATED)
def change_permissions(at: At) -> Deed:
    role, roles = _role(at), at.get(RoleService)
    wanted = {"name": "clerk", "permissions": ["users:read"]}
    return Deed(
        lambda: roles.update(ACTOR, None, role.id, None, wanted),
        {
            "role_id": str(role.id),
            "name": "auditor",
            "before": {"name": "auditor", "permissions": ["audit:read"]},
            "after": {"name": "clerk", "permissions": ["users:read"]},
        },
    )


@deed(Event.ROLE_DELETED)
def delete_role(at: At) -> Deed:
    role, roles = _role(at), at.get(RoleService)
    at.user(roles=["auditor"])
    return Deed(
        lambda: roles.delete(ACTOR, None, role.id),
        {
            "role_id": str(role.id),
            "name": "auditor",
            "before": {"permissions": ["audit:read"]},
            "holders": 1,
        },
    )


@deed(Event.ROLE_ASSIGNED)
def assign_role(at: At) -> Deed:
    role, user, roles = _role(at), at.user(), at.get(RoleService)
    return Deed(
        lambda: roles.assign(ACTOR, None, user.id, role.id),
        {
            "role_id": str(role.id),
            "name": "auditor",
            "permissions": ["audit:read"],
            "before": {"roles": ["user"]},
            "after": {"roles": ["auditor", "user"]},
        },
        user_id=user.id,
    )


@deed(Event.ROLE_UNASSIGNED)
def unassign_role(at: At) -> Deed:
    role, roles = _role(at), at.get(RoleService)
    user = at.user(roles=["auditor"])
    return Deed(
        lambda: roles.unassign(ACTOR, None, user.id, role.id),
        {
            "role_id": str(role.id),
            "name": "auditor",
            "permissions": ["audit:read"],
            "before": {"roles": ["auditor", "user"]},
            "after": {"roles": ["user"]},
        },
        user_id=user.id,
    )


@deed(Event.ROLE_UPDATED)
def upgrade_built_in_role(at: At) -> Deed:
    """A release that knows another permission gives it to administrators."""
    [[role_id, permissions]] = at.sql("SELECT id, permissions FROM roles WHERE name = 'admin'")
    at.sql("UPDATE roles SET permissions = '{users:read}' WHERE name = 'admin'")
    return Deed(
        at.get(RoleService).ensure_built_in,
        {
            "role_id": str(role_id),
            "name": "admin",
            "before": {"permissions": ["users:read"]},
            "after": {"permissions": permissions},
        },
        actor=Actor("system"),
    )


# Signing in and out -------------------------------------------------------------------------------


@deed(Event.SIGN_IN_SUCCEEDED)
def sign_in(at: At) -> Deed:
    user, client = at.user(), at.client()
    authn, found = at.get(AuthnService), at.get(ClientService).find(client.client_id)
    at.secret(user.password)

    def act():
        return authn.sign_in(
            user.email,
            user.password,
            client=found,
            scope=frozenset({"openid"}),
            audience=("a",),
            actor=ACTOR,
        )

    return Deed(
        act,
        lambda made: {"session_id": str(made.session.id), "amr": ["pwd"]},
        user_id=user.id,
        client_id=client.client_id,
    )


def _fail(at: At, email: str) -> None:
    try:
        at.get(AuthnService).authenticate(email, at.secret("not the right one"), ACTOR)
    except InvalidCredentials:
        return


@deed(Event.SIGN_IN_FAILED)
def fail_to_sign_in(at: At) -> Deed:
    user = at.user()
    return Deed(lambda: _fail(at, user.email), {"failures": 1}, user_id=user.id)


@deed(Event.SIGN_IN_LOCKED)
def fail_too_often(at: At) -> Deed:
    user = at.user()
    _fail(at, user.email)
    threshold = at.services.settings.lockout_threshold
    at.sql("UPDATE sign_in_attempts SET failures = :failures", failures=threshold - 1)
    return Deed(lambda: _fail(at, user.email), {"failures": threshold}, user_id=user.id)


def _browser(at: At, user):
    return at.get(SingleSignOn).sign_in(user.email, user.password, None, ACTOR)


@deed(Event.BROWSER_SESSION_STARTED)
def sign_in_by_browser(at: At) -> Deed:
    user = at.user()

    def act():
        session, cookie = _browser(at, user)
        at.secret(cookie)
        return session

    return Deed(
        act,
        lambda session: {"browser_session_id": str(session.id), "amr": ["pwd"]},
        user_id=user.id,
    )


@deed(Event.BROWSER_SESSION_ENDED)
def sign_out(at: At) -> Deed:
    user = at.user()
    session, _ = _browser(at, user)
    return Deed(
        lambda: at.get(SignOutService).sign_out([session], ACTOR),
        {"browser_session_id": str(session.id), "reason": "sign_out", "clients": []},
        user_id=user.id,
    )


@deed(Event.CONSENT_GRANTED)
def grant_consent(at: At) -> Deed:
    user, client, consents = at.user(), at.client(), at.get(ConsentService)
    consents.grant(user.id, client.client_id, ["openid"], ACTOR)
    return Deed(
        lambda: consents.grant(user.id, client.client_id, ["email"], ACTOR),
        {
            "scope": "email",
            "before": {"scope": ["openid"]},
            "after": {"scope": ["email", "openid"]},
        },
        user_id=user.id,
        client_id=client.client_id,
    )


@deed(Event.CONSENT_WITHDRAWN)
def withdraw_consent(at: At) -> Deed:
    user, client, consents = at.user(), at.client(), at.get(ConsentService)
    consents.grant(user.id, client.client_id, ["openid"], ACTOR)
    return Deed(
        lambda: consents.withdraw(user.id, client.client_id, ACTOR),
        {"ended_sessions": 0, "before": {"scope": ["openid"]}, "after": {"scope": []}},
        user_id=user.id,
        client_id=client.client_id,
    )


# Sessions and tokens ------------------------------------------------------------------------------


def _by_client(flow) -> Actor:
    """Who asks at the token endpoint: the address and the request are those of the test."""
    return Actor("client", flow.client_id)


@deed(Event.SESSION_ENDED)
def end_session_as_administrator(at: At) -> Deed:
    flow = at.flow()
    session_id = session_id_of(flow.tokens()["access_token"])
    return Deed(
        lambda: at.get(SessionService).end_of_user(flow.user.id, session_id, ACTOR),
        {"session_id": str(session_id), "reason": "ended"},
        user_id=flow.user.id,
        client_id=flow.client_id,
    )


@deed(Event.SESSION_ENDED)
def sign_out_everywhere(at: At) -> Deed:
    flow = at.flow()
    flow.tokens()
    out = at.get(SignOutService)
    return Deed(
        lambda: out.sign_out_everywhere(flow.user.id, "ended_by_administrator", ACTOR),
        {"reason": "ended_by_administrator", "count": 1},
        user_id=flow.user.id,
        also=[Event.BROWSER_SESSION_ENDED],
    )


@deed(Event.SESSION_ENDED)
def revoke_refresh_token(at: At) -> Deed:
    flow = at.flow()
    token = at.secret(flow.tokens()["refresh_token"])
    return Deed(
        lambda: flow.party.revoke(token),
        {"session_id": str(session_id_of(token)), "reason": "revoked"},
        user_id=flow.user.id,
        client_id=flow.client_id,
        actor=_by_client(flow),
    )


@deed(Event.SESSION_REUSE_DETECTED)
def reuse_refresh_token(at: At) -> Deed:
    flow = at.flow()
    token = at.secret(flow.tokens()["refresh_token"])
    flow.party.refresh(flow.party.refresh(token).json["refresh_token"])
    return Deed(
        lambda: flow.party.refresh(token),
        {"session_id": str(session_id_of(token)), "generation": 0},
        user_id=flow.user.id,
        client_id=flow.client_id,
        actor=_by_client(flow),
    )


@deed(Event.CODE_REUSE_DETECTED)
def redeem_code_twice(at: At) -> Deed:
    flow = at.flow()
    code = at.secret(flow.code())
    session_id = session_id_of(flow.redeem(code).json["access_token"])
    return Deed(
        lambda: flow.redeem(code),
        {"session_id": str(session_id)},
        user_id=flow.user.id,
        client_id=flow.client_id,
        also=[Event.SESSION_ENDED],
        actor=_by_client(flow),
    )


@deed(Event.TOKEN_REVOKED)
def revoke_access_token(at: At) -> Deed:
    flow = at.flow()
    token = at.secret(flow.tokens()["access_token"])
    session_id, jti = session_id_of(token), payload_of(token)["jti"]
    return Deed(
        lambda: flow.party.revoke(token),
        {"jti": jti, "session_id": str(session_id)},
        client_id=flow.client_id,
        actor=_by_client(flow),
    )
