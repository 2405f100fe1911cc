from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support import drawing

from callbox.model import CallTree


@pytest.fixture
def draw() -> Callable[[str], drawing.Drawing]:
    return drawing.draw


@pytest.fixture
def chain() -> Callable[[int], CallTree]:
    return drawing.draw_chain
