"""What people do on pages, by the ids that the elements of pages keep."""

from playwright.sync_api import Page

from tests.factories.users import TestUser


def sign_in(page: Page, user: TestUser, password: str | None = None) -> None:
    """Fill in the form and send it."""
    page.fill("#username", user.email)
    page.fill("#password", password or user.password)
    page.click("#login-submit")


def allow(page: Page) -> None:
    page.click("#consent-allow")


def deny(page: Page) -> None:
    page.click("#consent-deny")
