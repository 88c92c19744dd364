"""What a page may load, and where its forms may lead."""

import pytest

from authserver.http.pages import PagePolicy, onward
from authserver.web.content_policy import content_policy, source_of


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("https://app.example/cb?x=1", "https://app.example"),
        ("https://app.example:8443/cb", "https://app.example:8443"),
        ("https://APP.example:443/cb", "https://app.example"),
        ("http://127.0.0.1:50123/cb", "http://127.0.0.1:50123"),
        ("http://[::1]:50123/cb", "http:"),
        ("com.example.app:/cb", "com.example.app:"),
        ("com.example.app://host/cb", "com.example.app:"),
    ],
)
def test_the_source_of_an_address_is_its_origin_or_its_scheme(uri, source):
    """Content Security Policy Level 3, section 2.3.1: no brackets, and no path that could differ
    after a redirect."""
    assert source_of(uri) == source


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("https://app.example/cb", "https:"),
        ("http://127.0.0.1:50123/cb", "http:"),
        ("http://[::1]:50123/cb", "http:"),
        ("com.example.app:/cb", "com.example.app:"),
    ],
)
def test_a_form_may_lead_on_from_the_client_to_another_host(uri, source):
    """docs/adr/0013: the callback of a gateway sends people on to the application."""
    assert onward(uri) == source


def test_nothing_is_allowed_that_a_page_does_not_need():
    assert content_policy(PagePolicy(), "N") == (
        "default-src 'none'; base-uri 'none'; script-src 'nonce-N' 'strict-dynamic'; "
        "style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def test_what_a_page_needs_is_added():
    policy = PagePolicy(
        form_action=("https://app.example",),
        frame_src=("https://one.example", "https://two.example"),
        img_src=("https://pictures.example",),
        frameable=True,
    )

    assert content_policy(policy, "N").split("; ")[4:] == [
        "img-src 'self' https://pictures.example",
        "form-action 'self' https://app.example",
        "frame-src https://one.example https://two.example",
        "frame-ancestors *",
    ]
