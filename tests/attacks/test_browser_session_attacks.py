"""Sessions of browsers: fixation, forged tokens, lifetimes that were shortened, Redis."""

from dataclasses import replace

import orjson
import pytest
from redis import Redis

from authserver.actor import Actor
from authserver.authn.single_sign_on import SingleSignOn
from authserver.browser_sessions.cookie import parse_cookie
from authserver.browser_sessions.service import BrowserSessionService
from authserver.ids import digest, new_id, new_secret
from authserver.storage.cache import NoCache
from authserver.storage.db import Database
from authserver.wiring import Stores
from tests.attacks.rows import attack
from tests.support.browser_rows import BrowserRows

ACTOR = Actor("anonymous", None, "192.0.2.7", "request", "A browser")


@pytest.fixture
def browsers(services):
    return services.get(BrowserSessionService)


@pytest.fixture
def rows(services):
    return BrowserRows(services.get(Database))


@pytest.fixture
def sign_in_browser(services):
    """``sign_in_browser(user, cookie)``: by password, as the page does."""
    sso = services.get(SingleSignOn)
    return lambda user, cookie=None: sso.sign_in(user.email, user.password, cookie, ACTOR)


@pytest.fixture
def redis(services):
    with Redis.from_url(services.settings.redis_url) as redis:
        yield redis


@attack("LG-05")
def test_what_an_attacker_put_into_the_cookie_is_worthless_after_the_sign_in(
    sign_in_browser, browsers, user, make_user
):
    """CVE-2024-7341, ASVS 7.2.4: not even the attacker's own account is reached by it any more."""
    attacker, planted = sign_in_browser(make_user())
    assert browsers.find_all(planted) == (attacker,)

    session, cookie = sign_in_browser(user, planted)

    assert browsers.find_all(planted) == ()
    assert browsers.find_all_now(planted) == ()
    assert browsers.find_all(cookie)[0] == session


@attack("LG-05")
def test_a_copy_of_the_cookie_is_worthless_after_the_next_sign_in(sign_in_browser, browsers, user):
    """CVE-2026-7507."""
    _, stolen = sign_in_browser(user)
    browsers.find_all(stolen)

    _, cookie = sign_in_browser(user, stolen)

    assert browsers.find_all(stolen) == ()
    assert len(browsers.find_all(cookie)) == 1


@attack("LG-05")
def test_an_id_that_an_attacker_chose_is_not_taken(sign_in_browser, browsers, user):
    """CVE-2024-28197."""
    planted = f"{new_id().hex}{new_secret()}"

    session, cookie = sign_in_browser(user, planted)

    assert session.id.hex != planted[:32]
    assert browsers.find_all(planted) == ()
    assert planted not in cookie


@attack("LG-05")
def test_the_id_of_somebody_elses_session_is_not_taken_over(
    sign_in_browser, browsers, user, make_user
):
    victim, cookie_of_victim = sign_in_browser(make_user())
    forged = f"{victim.id.hex}{new_secret()}"

    session, _ = sign_in_browser(user, forged)

    assert session.id != victim.id
    assert browsers.find_all_now(cookie_of_victim) == (victim,)


@attack("LG-16")
@pytest.mark.parametrize("lifetime", ["idle_ttl", "absolute_ttl"])
def test_whoever_shortens_a_lifetime_ends_what_is_older(
    sign_in_browser, browsers, rows, user, lifetime
):
    """GHSA-64w3-5q9m-68xf: sessions outlived the setting that had allowed them."""
    session, cookie = sign_in_browser(user)
    rows.age(session.id, 3600)
    rows.idle(session.id, 3600)
    repository = browsers.browser_sessions
    shorter = replace(repository.lifetimes, **{lifetime: 1800})

    found = replace(
        browsers,
        browser_sessions=replace(repository, lifetimes=shorter),
        cache=replace(browsers.cache, cache=NoCache()),
    ).find_all(cookie)

    assert found == ()


@attack("IN-17")
def test_whoever_writes_redis_signs_nobody_in(sign_in_browser, browsers, services, redis, user):
    """CWE-345: the copy of a session, rewritten for a secret of the attacker's own."""
    session, cookie = sign_in_browser(user)
    browsers.find_all(cookie)
    secret = new_secret()
    key = f"browser_session:{session.id}"
    cache = services.get(Stores).cache
    stored = cache.get(key)
    body = orjson.loads(stored["body"]) | {"digest": digest(secret).hex()}

    cache.put(key, stored | {"body": orjson.dumps(body).decode()}, 30)

    assert browsers.find_all(f"{session.id.hex}{secret}") == ()
    assert browsers.find_all(cookie) == (session,)


@attack("IN-17")
def test_a_copy_of_one_session_counts_for_no_other(
    sign_in_browser, browsers, services, user, make_user
):
    """Moved from key to key it is not what we put there."""
    attacker, cookie = sign_in_browser(make_user())
    victim, _ = sign_in_browser(user)
    browsers.find_all(cookie)
    cache = services.get(Stores).cache

    cache.put(f"browser_session:{victim.id}", cache.get(f"browser_session:{attacker.id}"), 30)

    assert browsers.find_all(f"{victim.id.hex}{parse_cookie(cookie)[0].secret}") == ()


@attack("IN-17")
@pytest.mark.parametrize(
    "stored",
    [b"{", b"[]", b"7", b'{"body": 1, "mac": 2}', b'{"body": "{}", "mac": "\xc3\xa9"}', b"\xff"],
    ids=repr,
)
def test_what_somebody_wrote_into_redis_counts_as_nothing(
    sign_in_browser, browsers, redis, user, stored
):
    session, cookie = sign_in_browser(user)
    browsers.find_all(cookie)
    cached = [key for key in redis.scan_iter() if key.startswith(b"authserver:cache:")]
    assert len(cached) >= 2
    for key in cached:
        redis.set(key, stored)

    assert browsers.find_all(cookie) == (session,)
