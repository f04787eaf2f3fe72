"""Texts and orders to render."""

import pytest

from rendering_round import OrderFor, make_order, mini_templates
from talkcycle.rendering.library import Library


@pytest.fixture
def order_for() -> OrderFor:
    """Makes orders about the talk of Åsa (employee) and Björn (manager), 9 March 2027 at 14.30 in Stockholm."""
    return make_order


@pytest.fixture(scope="session")
def mini_files() -> dict[str, bytes]:
    return mini_templates()


@pytest.fixture(scope="session")
def mini(mini_files: dict[str, bytes]) -> Library:
    return Library(mini_files, default_language="sv")
