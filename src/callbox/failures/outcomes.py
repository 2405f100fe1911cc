"""Which exceptions are failures: not those that end a program, a task or a generator, nor skipped tests."""

from __future__ import annotations

from callbox.values import statics

_NO_FAILURES = frozenset(
    {
        *(("builtins", name) for name in ("GeneratorExit", "KeyboardInterrupt", "StopIteration", "StopAsyncIteration")),
        *(("asyncio.exceptions", "CancelledError"), ("unittest.case", "SkipTest"), ("unittest.case", "_ShouldStop")),
        # pytest gives some of its outcomes out as built-in
        *((module, name) for module in ("builtins", "_pytest.outcomes") for name in ("Skipped", "Exit")),
        ("_pytest.outcomes", "XFailed"),
    }
)
_ARGS = BaseException.__dict__["args"]
MARK = "__callbox_failure__"
"""Under this name an exception's dictionary tells which failure it was captured as."""


def is_failure(error: BaseException) -> bool:
    """Say whether an exception tells of something that went wrong."""
    classes = statics.mro(type(error))
    if any(statics.reference_of_class(cls) in _NO_FAILURES for cls in classes):
        return False
    if SystemExit in classes:
        args = _ARGS.__get__(error)
        return bool(args) and not (args[0] is None or (type(args[0]) is int and args[0] == 0))
    return True


def captured_as(error: BaseException) -> str | None:
    """Return the id of the failure that an exception was captured as; None if it was not."""
    found = (statics.layout_of(type(error)).namespace_of(error) or {}).get(MARK)
    return found if type(found) is str else None


def mark_captured(error: BaseException, failure_id: str) -> None:
    """Remember what an exception was captured as, so that whoever meets it next need not do it again."""
    namespace = statics.layout_of(type(error)).namespace_of(error)
    if namespace is not None:
        dict.__setitem__(namespace, MARK, failure_id)
