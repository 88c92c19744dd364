"""Signing in, registering, changing a password: the one gate for every pathway."""

from dataclasses import dataclass
from uuid import UUID

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.authn.attempts import counted_attempt
from authserver.authn.sign_out import SignOutService
from authserver.clients.metadata import Client
from authserver.clock import Clock
from authserver.credentials.service import CredentialService
from authserver.errors import Invalid, InvalidCredentials, RegistrationClosed, WrongPassword
from authserver.http.proxies import network_of
from authserver.http.throttle import Throttle
from authserver.sessions.service import SessionService
from authserver.sessions.session import LiveSession, SignIn
from authserver.storage.db import Database
from authserver.storage.rate_limits import Limit, RateLimits
from authserver.tokens.authorization import Authorization
from authserver.users.emails import normalise_email
from authserver.users.models import User
from authserver.users.service import UserService
from authserver.users.user import SignInUser


@dataclass(frozen=True)
class AuthnService:
    """Everybody who signs in comes through here."""

    users: UserService
    credentials: CredentialService
    sessions: SessionService
    sign_out: SignOutService
    audit: AuditService
    throttle: Throttle
    database: Database
    limits: RateLimits
    audit_limit: Limit
    clock: Clock
    registration_enabled: bool

    def sign_in(
        self,
        email: str,
        password: str,
        *,
        client: Client,
        scope: frozenset[str],
        audience: tuple[str, ...],
        actor: Actor,
    ) -> Authorization:
        """Check a password and begin a session.

        Raises :class:`InvalidCredentials`, one for every reason; :class:`LockedOut` and
        :class:`RateLimited` after too many failures.
        """
        user = self.authenticate(email, password, actor)
        sign_in = SignIn(
            user_id=user.id,
            credential_generation=user.credential_generation,
            client_id=client.client_id,
            scope=scope,
            audience=audience,
            auth_time=self.clock.now(),
            acr=None,
            amr=("pwd",),
        )
        session, handle = self.sessions.begin(sign_in, actor)
        self._record_success(session, actor)
        return Authorization(
            client=client,
            subject=str(user.id),
            scope=scope,
            audience=audience,
            session=session,
            handle=handle if client.check_grant_type("refresh_token") else None,
        )

    def authenticate(self, email: str, password: str, actor: Actor) -> SignInUser:
        """The user of that address and password, if nothing speaks against it.

        Unknown address, wrong password and disabled account cost the same time and give the same
        answer. Raises as :meth:`sign_in` does.
        """
        with counted_attempt():
            self.throttle.check(actor.address)
            return self._authenticated(email, password, actor)

    def _authenticated(self, email: str, password: str, actor: Actor) -> SignInUser:
        account, network = _account(email), network_of(actor.address)
        with self.credentials.place() as place:
            user = self.users.find_for_sign_in(account) if account else None
            user_id = user.id if user else None
            self.credentials.check_lockout(account or email, network, user_id)
            verification = place.verify(user.password_hash if user else None, password)
            if user is None or not verification.matches or not user.enabled:
                self._fail(account or email, network, user_id, actor)
                raise InvalidCredentials
            self.credentials.record_success(account or email, network, user.id)
            if verification.needs_rehash:
                self.users.rehash(user.id, user.password_hash, place.hash(password))
        return user

    def register(self, email: str, password: str, full_name: str | None, actor: Actor) -> User:
        """A new account. Raises RegistrationClosed, WeakPassword, EmailTaken, Invalid."""
        if not self.registration_enabled:
            raise RegistrationClosed
        return self.users.register(actor, email, password, full_name)

    def change_password(
        self, user_id: UUID, current: str, new: str, session_id: UUID | None, actor: Actor
    ) -> None:
        """Set another password; all sessions end but the one that the change came from.

        In other browsers one must sign in again.

        Raises :class:`WrongPassword` when the current one is wrong, WeakPassword, Invalid, and as
        :meth:`authenticate` does after too many failures.
        """
        user = self.users.get(user_id)
        try:
            self.authenticate(user.email, current, actor)
        except InvalidCredentials as error:
            sentence = "This is not the present password."
            raise WrongPassword(fields={"current_password": [sentence]}) from error
        if current == new:
            raise Invalid(fields={"new_password": ["Choose another password than the present."]})
        new_hash = self.credentials.hash_new(new, [user.email, user.full_name or ""])
        with self.database.transaction() as tx:
            changed = self.users.set_password_hash(tx, actor, user_id, new_hash)
            self.sign_out.survive_password_change(
                tx, user_id, session_id, changed.credential_generation, actor
            )
        self.users.forget(user_id)

    def _record_success(self, session: LiveSession, actor: Actor) -> None:
        self.audit.record_alone(
            Event.SIGN_IN_SUCCEEDED,
            actor,
            user_id=session.user_id,
            client_id=session.client_id,
            detail={"session_id": str(session.id), "amr": list(session.amr)},
        )

    def _fail(self, account: str, network: str, user_id: UUID | None, actor: Actor) -> None:
        """Count and record a failure, in the same steps whether or not there is such a user.

        The first failure of an account and network becomes an audit event, and each lock; no more
        of either than ``audit_limit``, for anybody can bring them about.
        """
        failure = self.credentials.record_failure(account, network)
        self.throttle.note(actor.address)
        event = Event.SIGN_IN_LOCKED if failure.locks else Event.SIGN_IN_FAILED
        worth_a_row = failure.locks or failure.failures == 1
        if worth_a_row and not self.limits.wait(self.audit_limit, "audit", event.value):
            detail = {"failures": failure.failures}
            self.audit.record_alone(event, actor, user_id=user_id, detail=detail)
        else:
            self.audit.mention(event, actor, user_id=user_id)


def _account(email: str) -> str | None:
    """The address as accounts have it; None for what cannot be one."""
    try:
        return normalise_email(email)
    except Invalid:
        return None
