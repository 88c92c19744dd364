"""Every page that a person can come to, and the way there."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Scene
from tests.support.people import sign_in

_PHOTOS = "https://photos.example"
_SVG = "image/svg+xml"
_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
    '<rect width="64" height="64" rx="14" fill="#d9480f"/>'
    '<circle cx="32" cy="34" r="13" fill="none" stroke="#fff" stroke-width="5"/></svg>'
)
_ALL = "openid profile email phone address offline_access"


def start(page: Page, scene: Scene) -> None:
    page.goto(scene.server.base)


def start_signed_in(page: Page, scene: Scene) -> None:
    page.goto(f"{scene.server.base}/sign-in")
    sign_in(page, scene.user)
    expect(page.locator("h1")).to_have_text("You are signed in")


def sign_in_form(page: Page, scene: Scene) -> None:
    page.goto(scene.request())


def wrong_password(page: Page, scene: Scene) -> None:
    page.goto(scene.request())
    sign_in(page, scene.user, "not the password")
    expect(page.locator("#error")).to_be_visible()


def locked_out(page: Page, scene: Scene) -> None:
    scene.lock_out()
    page.goto(scene.request())
    sign_in(page, scene.user)
    expect(page.locator("#error time")).to_be_visible()


def password_again(page: Page, scene: Scene) -> None:
    start_signed_in(page, scene)
    page.goto(scene.request(prompt="select_account", max_age="0"))
    page.locator("button.account").click()
    expect(page.locator("#username")).to_be_hidden()


def accounts(page: Page, scene: Scene) -> None:
    start_signed_in(page, scene)
    page.goto(f"{scene.server.base}/sign-in")
    sign_in(page, scene.make_user(full_name=None))
    page.goto(scene.request(prompt="select_account"))


def consent(page: Page, scene: Scene) -> None:
    """Everything that a client can show; nobody has checked it."""
    page.route(f"{_PHOTOS}/**", lambda route: route.fulfill(body=_LOGO, content_type=_SVG))
    full = scene.with_client(
        scope=_ALL,
        logo_uri=f"{_PHOTOS}/logo.svg",
        policy_uri=f"{_PHOTOS}/policy",
        tos_uri=f"{_PHOTOS}/terms",
    )
    full.make_self_registered()
    page.goto(full.request(scope=_ALL, prompt="consent"))
    sign_in(page, scene.user)
    expect(page.locator("#consent-allow")).to_be_visible()


def error(page: Page, scene: Scene) -> None:
    page.goto(scene.request(redirect_uri="https://evil.example/cb"))


def nothing_there(page: Page, scene: Scene) -> None:
    page.goto(f"{scene.server.base}/nothing")


def expired(page: Page, scene: Scene) -> None:
    scene.remember(page.context)
    page.goto(scene.expired("/sign-in"))


def refused_form(page: Page, scene: Scene) -> None:
    page.goto(scene.request())
    page.locator("[name=csrf_token]").evaluate("field => { field.value = 'another'; }")
    sign_in(page, scene.user)
    expect(page.locator("#error")).to_be_visible()


def sign_out(page: Page, scene: Scene) -> None:
    start_signed_in(page, scene)
    page.goto(f"{scene.server.base}/sign-out")
    expect(page.locator("#logout-confirm")).to_be_visible()


def signed_out(page: Page, scene: Scene) -> None:
    sign_out(page, scene)
    page.click("#logout-confirm")


PAGES: dict[str, Callable[[Page, Scene], None]] = {
    way.__name__: way
    for way in (
        *(start, start_signed_in, sign_in_form, wrong_password, locked_out, password_again),
        *(accounts, consent, error, nothing_there, expired, refused_form, sign_out, signed_out),
    )
}
