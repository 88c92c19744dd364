"""No view without a guard, and no guard without effect (GHSA-7qjx-gp9h-65qj was a forgotten one).

What the front door dispatches ahead of Flask authenticates in its own phase; it is listed here, so
that nobody adds to it unseen.
"""

import inspect
from uuid import UUID

import pytest

from authserver.http.principal import SCOPE_ACCOUNT, Guard
from authserver.roles import permissions
from tests.support.relying_party import RelyingParty

# flask-smorest serves the OpenAPI document itself; it tells nothing that is secret.
NOT_OURS = {"api-docs.openapi_json"}
PUBLIC = {"register", "login", "refresh"}
# Pages: their forms are protected by tokens (tests/attacks/test_page_attacks.py).
PAGES = {
    *("show_start", "show_asset", "show_sign_in", "show_accounts", "show_consent", "show_sign_out"),
    *("sign_in", "choose_account", "answer_consent", "sign_out"),
}
ANYBODY_SIGNED_IN = {"logout", "list_roles", "get_role"}
AHEAD_OF_FLASK = {
    "/oauth2/authorize",
    "/oauth2/end_session",
    "/oauth2/check_session",
    "/oauth2/register",
    "/oauth2/register/",
    "/oauth2/token",
    "/oauth2/introspect",
    "/oauth2/revoke",
    "/oauth2/userinfo",
    "/.well-known/jwks.json",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/livez",
    "/readyz",
}
SOMEBODY = UUID(int=1)


@pytest.fixture
def rules(app):
    """Flask's rules, but for those of its extensions."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in NOT_OURS]


@pytest.fixture
def rules_of_api(app, rules):
    return [rule for rule in rules if guard_of(app, rule).kind != "page"]


def guard_of(app, rule) -> Guard | None:
    view = app.view_functions[rule.endpoint]
    # The outermost wrapper that has one: nothing that lies further in can open it again.
    chain = [view]
    inspect.unwrap(view, stop=lambda wrapped: chain.append(wrapped) or False)
    return next((each.__guard__ for each in chain if hasattr(each, "__guard__")), None)


def name_of(rule) -> str:
    return rule.endpoint.rpartition(".")[2]


def views_of_kind(app, rules, kind: str) -> set[str]:
    return {name_of(rule) for rule in rules if guard_of(app, rule).kind == kind}


def test_there_are_routes(rules):
    """Or else the tests below would say nothing."""
    assert len(rules) > 30


def test_every_view_says_who_may_call_it(app, rules):
    unguarded = [rule.rule for rule in rules if guard_of(app, rule) is None]

    assert unguarded == []


def test_the_extensions_serve_nothing_that_is_not_listed(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}

    assert {each for each in endpoints if each.startswith("api-docs")} <= NOT_OURS
    assert "static" not in endpoints


def test_what_anybody_may_call_is_listed(app, rules):
    assert views_of_kind(app, rules, "public") == PUBLIC


def test_what_is_a_page_is_listed(app, rules):
    assert views_of_kind(app, rules, "page") == PAGES


def test_no_form_of_a_page_is_accepted_without_its_token(app, client, rules):
    """CVE-2014-8144."""
    forms = [rule.rule for rule in rules if "POST" in rule.methods and name_of(rule) in PAGES]

    assert {path: client.post(path).status_code for path in forms} == dict.fromkeys(forms, 403)
    assert len(forms) == 4


def test_what_anybody_who_is_signed_in_may_call_is_listed(app, rules):
    assert views_of_kind(app, rules, "authenticated") == ANYBODY_SIGNED_IN


def test_every_permission_that_is_demanded_is_in_the_vocabulary(app, rules):
    demanded = {guard_of(app, rule).permission for rule in rules} - {""}

    assert demanded <= permissions.ALL | {SCOPE_ACCOUNT}


def test_every_permission_of_the_vocabulary_is_demanded_somewhere(app, rules):
    """A permission that opens nothing misleads who gives it."""
    assert {guard_of(app, rule).permission for rule in rules} >= permissions.ALL - {
        permissions.ROLES_ASSIGN
    }


def answers(app, client, rules, headers):
    """The name of each view, and how it answers a request that says nothing but who makes it."""
    paths = app.url_map.bind("")
    for rule in rules:
        arguments = dict.fromkeys(rule.arguments, SOMEBODY)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            path = paths.build(rule.endpoint, arguments, method=method)
            yield name_of(rule), client.open(path, method=method, json={}, headers=headers)


def test_who_is_not_signed_in_is_refused_everywhere_else(app, client, rules_of_api):
    """The guard is there, and it works."""
    everything = answers(app, client, rules_of_api, {})

    let_in = {name for name, answer in everything if answer.status_code != 401}

    assert let_in == PUBLIC


def test_a_token_without_any_scope_opens_nothing_that_needs_one(
    app, client, rules_of_api, party_without_scope, bearer
):
    """RFC 6750, section 3.1."""
    token = party_without_scope.token(grant_type="client_credentials").json["access_token"]

    let_in = {
        name
        for name, answer in answers(app, client, rules_of_api, bearer(token))
        if answer.status_code not in (401, 403)
    }

    assert let_in == PUBLIC | ANYBODY_SIGNED_IN - {"logout"}


@pytest.fixture
def party_without_scope(client, make_client):
    metadata = {"audience": [], "scope": "", "grant_types": ["client_credentials"]}
    return RelyingParty(client, make_client(**metadata))


def test_what_goes_ahead_of_flask_is_listed(app):
    assert set(app.wsgi_app.endpoints) == AHEAD_OF_FLASK
