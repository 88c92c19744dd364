"""What people and programs send that nobody thought of: texts, JSON values, headers."""

from typing import Any

from hypothesis import strategies as st

WORDS = (
    *("authorization_code", "client_credentials", "password", "refresh_token", "code", "none"),
    *("openid", "openid profile offline_access", "S256", "plain", "login", "consent", "form_post"),
    *("", " ", "\x00", "a\x00b", "\r\nX: y", "%00", "%zz", "%f0%9f", "%u0041", "+", ";", "&&=="),
    *("\ud7ff", "\ud800", "\udc00a", "\uffff", "\u202e", "\u0130", "ß", "e\u0301" * 40, "💥"),
    *("a" * 5000, "9" * 400, "-1", "0", "1e309", "NaN", "Infinity", "٣", "0x10", "1_0", "true"),
    *("2147483648", "9223372036854775808", "-9223372036854775809", "9" * 5000, "1.5", "+1"),
    *("{}", "[]", "null", '{"userinfo":{"email":null}}', '{"id_token":[]}', "[" * 500, '"'),
    *("https://app.example/cb", "http://[::1", "//x", "javascript:alert(1)", "../../x", "http://"),
    *("https://app.example:99999/cb", "https://a@b@c/", "https://\u212a.example/", "urn:x", "?#"),
    *("urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "'; DROP TABLE users; --", "%s%n"),
    *("eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA", "a.b.c", "a.b.c.d.e", "..."),
    *("00000000-0000-0000-0000-000000000000", "{00000000000000000000000000000000}", "a@b", "@"),
    "\x7f",
    *("2026-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "0000-0-0"),
    *("<access_token>", "<refresh_token>", "<id_token>", "<code>", "<assertion>", "<client_id>"),
    *(
        "<request_object>",
        "<consent_flow>",
        "<sign_out_flow>",
        "<account>",
        "<user_id>",
        "<cookie>",
    ),
)
# Bytes are JSON already, or something like it.
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**400),
    *(b"1e999", b"-0", b"NaN", b"Infinity", b"9" * 5000, b"1E+400", b"01", b"'x'", b"", b"\xff"),
    *(b'"\\ud800"', b'"\\u0000"', b'{"a":1,"a":2}', b"[" * 100 + b"]" * 100, b"[" * 5000),
    *([], {}, [None], [[]], [{}], [""], {"": None}, {"keys": []}, {"keys": [None]}, ["a"] * 60),
    *({"keys": [{"kty": "EC"}]}, {"keys": [{"kty": "RSA", "n": "AQAB", "e": ""}]}),
    *({"$ref": "#"}, {"__class__": "x"}, {"a": {"b": {"c": [1]}}}),
)
NAMES = (
    *("grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "resource"),
    *("username", "password", "client_id", "client_secret", "client_assertion", "token"),
    *("client_assertion_type", "token_type_hint", "response_type", "state", "nonce", "prompt"),
    *("code_challenge", "code_challenge_method", "request", "request_uri", "claims", "max_age"),
    *("ui_locales", "acr_values", "id_token_hint", "login_hint", "display", "response_mode"),
    *("post_logout_redirect_uri", "audience", "registration", "csrf_token", "email", "flow"),
    *("limit", "cursor", "search", "since", "posted", "account", "answer", "access_token", "a[]"),
    "",
)
HEADERS = (
    *("Authorization", "Cookie", "Accept", "Accept-Language", "Accept-Encoding", "Origin", "Host"),
    *("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Request-Id"),
    *("traceparent", "tracestate", "If-Match", "If-None-Match", "If-Modified-Since", "Range"),
    *("Content-Type", "Content-Encoding", "User-Agent", "Referer", "Sec-Fetch-Site", "DPoP"),
    *("Access-Control-Request-Method", "Access-Control-Request-Headers", "X-HTTP-Method-Override"),
    *("Upgrade", "Connection", "Expect", "Date", "X\x00", "X_Y", "é", "Prefer", "Max-Forwards"),
)
HEADER_VALUES = (
    *("Basic ", "Basic Og==", "Basic /w==", "Basic AAAA:", "Bearer", "Bearer ", "Bearer a b"),
    *("Basic OnBhc3M=", "Digest x", "DPoP x", "close", "keep-alive, x", "h2c", "identity", "gzip"),
    *(
        "100-continue",
        "*/*;q=x",
        "text/html;q=NaN",
        "de;q=1.0001,*",
        "de" * 100,
        "de;q=" + "1" * 99,
    ),
    *('"0"', 'W/"1"', "*", '"', '"99999999999"', '"-1"', '"1", "2"', "bytes=0-", "bytes=-1,5-2"),
    *("00-" + "0" * 32 + "-" + "0" * 16 + "-00", "00-" + "f" * 32 + "-" + "f" * 16 + "-ff", "ff-x"),
    *("1.2.3.4", "1.2.3.4, ::1", "::ffff:1.2.3.4", "fe80::1%x", "999.1.1.1", "[::1]:80", "unknown"),
    *("null", "https://app.example", "https://x:y", "same-origin", "cross-site", "PUT", "x" * 7000),
    *("authserver_session=", "authserver_session=.", "authserver_session=a.b.c", "=;=;;", '"a=b'),
    *("authserver_browser=" + "A" * 43, "authserver_session=" + "A.." * 200, "a=b; a=c"),
    *("é=\xff", "a" * 44 + "=" + "b" * 4000),
    *("Bearer <own_token>", "Bearer <bearer>", "Bearer <access_token>", "Bearer <id_token>"),
    "<basic>",
    *("text/plain", "application/json; charset=utf-16", "application/x-www-form-urlencoded; x"),
    *("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x"),
    *("application/json, text/html", "application/jwt", "a/b/c", ";", "x" * 300, "\x01", "\xff"),
)
METHODS = (
    *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"),
    *("BREW", "POST", "PROPFIND", "A" * 300),
)
SEGMENTS = (
    *("", ".", "..", "%2e%2e", "%2f", "%00", "%ff", "%ed%a0%80", "x", "a" * 300, "<user_id>"),
    *("<registered_id>", "-1", "99999999999999999999", "💥", ";a=b"),
    "00000000-0000-0000-0000-000000000000",
)


def words() -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(WORDS), st.text(max_size=30))
