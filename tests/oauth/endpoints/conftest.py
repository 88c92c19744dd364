"""What tests of the endpoints that browsers see share."""

import pytest
from flask import Flask

from authserver.wiring import Services
from tests.support.browsers import TestBrowser


@pytest.fixture
def browser(app: Flask, services: Services) -> TestBrowser:
    return TestBrowser(app, services)
