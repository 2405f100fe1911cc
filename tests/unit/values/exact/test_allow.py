"""Allow-lists: what may be imported, hashed and unpickled."""

from __future__ import annotations

import pytest

from callbox.errors import ConfigError, FormatError
from callbox.values.exact.allow import Allow


@pytest.mark.parametrize(
    ("entry", "module", "is_named"),
    [
        *(("app", "app", True), ("app", "app.models", False), ("app.*", "app.models", True), ("app.*", "app", True)),
        *(("app.*", "application", False), ("*.models", "app.models", True)),
    ],
)
def test_module_is_named_by_a_glob(entry, module, is_named) -> None:
    assert Allow.of([entry]).names_module(module) is is_named


def test_pickle_entry_allows_pickles_and_no_import() -> None:
    allow = Allow.of(["pickle:app.*"])

    assert allow.allows_pickle("app", "Money")
    assert not allow.names_module("app")
    assert not Allow.of(["app.*"]).allows_pickle("app", "Money")


def test_one_text_is_no_list_of_entries() -> None:
    with pytest.raises(ConfigError, match="pass a list"):
        Allow.of("app")


def test_loaded_module_needs_no_entry() -> None:
    assert Allow.of(()).find("collections", "OrderedDict.fromkeys") is not None


def test_name_that_a_loaded_module_does_not_have_is_a_format_error() -> None:
    with pytest.raises(FormatError, match="has no 'Gone'"):
        Allow.of(()).find("collections", "Gone")
