"""What tests of attacks share."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "attack(*ids): the rows of attacks.tsv that this test tries")
