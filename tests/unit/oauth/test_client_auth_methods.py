"""Which method a request uses, and the two parts of a Basic header (RFC 6749, section 2.3.1)."""

import inspect
import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authserver.errors import Invalid, InvalidClient
from authserver.http.messages import HttpRequest
from authserver.oauth.client_auth import (
    client_secret_basic,
    client_secret_jwt,
    client_secret_post,
    none,
    private_key_jwt,
)
from authserver.oauth.client_auth.methods import METHODS, presented_method
from authserver.oauth.requests import Form, ProtocolRequest
from authserver.oauth.server import AuthorizationServer

BY_SECRET = (client_secret_basic, client_secret_post)
BY_JWT = (client_secret_jwt, private_key_jwt)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def request(authorization: str | None = None, **form: str) -> ProtocolRequest:
    environ = {"REQUEST_METHOD": "POST"}
    if authorization is not None:
        environ["HTTP_AUTHORIZATION"] = authorization
    return ProtocolRequest(
        HttpRequest(environ), Form({name: [value] for name, value in form.items()})
    )


def basic(pair: bytes) -> str:
    return "Basic " + b64encode(pair).decode()


def jwt(alg: str) -> str:
    """What a JWT says before anybody looks at its signature."""
    return ".".join(
        urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": alg}, {}, "signature")
    )


class Register:
    """Remembers what was looked up, and knows one client by one secret."""

    def __init__(self, *, public: bool = False) -> None:
        self.asked: list[str] = []
        self.checked: list[str] = []
        self.is_public = public

    def __call__(self, client_id: str) -> "Register":
        self.asked.append(client_id)
        return self

    def check_client_secret(self, secret: str, now: object) -> bool:
        self.checked.append(secret)
        return True


@pytest.mark.parametrize(
    ("sent", "method"),
    [
        (request("Basic x"), "client_secret_basic"),
        (request("Bearer x"), "client_secret_basic"),
        (request("", client_id="web"), "client_secret_basic"),
        (request(client_id="web", client_secret="s"), "client_secret_post"),
        (request(client_secret="s"), "client_secret_post"),
        (request(client_id="web"), "none"),
        (request(client_assertion=jwt("HS256")), "client_secret_jwt"),
        (request(client_assertion=jwt("ES256"), client_id="web"), "private_key_jwt"),
        (request(client_assertion=jwt("none")), "private_key_jwt"),
        (request(client_assertion="x", client_id="web"), "private_key_jwt"),
        (request(client_assertion_type="x", client_id="web"), "private_key_jwt"),
    ],
)
def test_a_request_uses_one_method(sent, method):
    assert presented_method(sent) == method


@pytest.mark.parametrize(
    "sent",
    [
        request("Basic x", client_secret="s"),
        request("Basic x", client_assertion="x"),
        request("Basic x", client_assertion=jwt("HS256")),
        request(client_secret="s", client_assertion=jwt("ES256")),
        request(client_secret="s", client_assertion_type="x"),
    ],
)
def test_two_methods_at_once_are_refused(sent):
    with pytest.raises(Invalid):
        presented_method(sent)


@pytest.mark.parametrize("sent", [request(), request(scope="a")])
def test_no_method_of_ours_is_a_failed_authentication(sent):
    with pytest.raises(InvalidClient):
        presented_method(sent)


@given(TEXT, TEXT)
def test_what_a_client_encodes_is_what_we_look_up(client_id, secret):
    """RFC 6749, section 2.3.1, against the standard library's encoder."""
    register = Register()
    header = basic(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode())

    client_secret_basic.authenticate(register, request(header))

    assert (register.asked, register.checked) == ([client_id], [secret])


@given(st.text(max_size=60))
def test_no_header_is_worse_than_refused(header):
    """security.md, invariant 1."""
    for scheme in ("", "Basic "):
        try:
            client_secret_basic.authenticate(Register(), request(scheme + header))
        except InvalidClient:
            continue


@given(st.binary(max_size=60))
def test_no_credentials_are_worse_than_refused(pair):
    try:
        client_secret_basic.authenticate(Register(), request(basic(pair)))
    except InvalidClient:
        return


def test_id_and_secret_of_the_form_are_looked_up():
    register = Register()

    client_secret_post.authenticate(register, request(client_id="web", client_secret="s"))

    assert (register.asked, register.checked) == (["web"], ["s"])


def test_a_secret_without_an_id_is_nobodys():
    with pytest.raises(InvalidClient):
        client_secret_post.authenticate(lambda _: None, request(client_secret="s"))


@pytest.mark.parametrize("found", [None, Register(public=False)])
def test_only_a_public_client_may_just_name_itself(found):
    with pytest.raises(InvalidClient):
        none.authenticate(lambda _: found, request(client_id="web"))


def test_every_method_is_registered_by_its_name():
    """libraries.md: a method that is listed and not registered is a KeyError in Authlib."""
    wanted = inspect.signature(AuthorizationServer).parameters
    server = AuthorizationServer(**dict.fromkeys(wanted))

    registered = server._client_auth._methods if server._client_auth else {}

    assert set(METHODS) <= registered.keys()
    assert all("authserver" in told(registered[name]) for name in METHODS)


def told(method: Any) -> str:
    """Whose function it is: Authlib brings some of the same name."""
    return str(getattr(method, "func", method).__module__)


def test_names_are_those_of_the_registry():
    """RFC 7591, section 2; the IANA registry of token endpoint authentication methods."""
    modules = (*BY_SECRET, *BY_JWT, none)

    assert set(METHODS) == {module.__name__.rpartition(".")[2] for module in modules}
