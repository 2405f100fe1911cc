"""Which exceptions are failures: not those that end a program, a task or a generator, nor skipped tests."""

from __future__ import annotations

from collections.abc import Iterator

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
_STATUS = SystemExit.__dict__["code"]
_MEMBERS = BaseExceptionGroup.__dict__["exceptions"]
MARK = "__callbox_failure__"
"""Under this name an exception's dictionary tells which failure it was captured as."""


def is_failure(error: BaseException) -> bool:
    """Say whether an exception tells of something that went wrong."""
    kind = type(error)
    if any(statics.reference_of_class(cls) in _NO_FAILURES for cls in statics.mro(kind)):
        return False
    if statics.derives(kind, SystemExit):
        status = _STATUS.__get__(error)
        return not (status is None or (statics.derives(type(status), int) and int.__eq__(status, 0)))
    if statics.derives(kind, BaseExceptionGroup):
        return any(map(is_failure, _innermost(error)))
    return True


def _innermost(group: BaseException) -> Iterator[BaseException]:
    """Yield the exceptions of a group that are no groups; they may nest deeper than Python's stack."""
    waiting = [group]
    while waiting:
        error = waiting.pop()
        if statics.derives(type(error), BaseExceptionGroup):
            waiting += _MEMBERS.__get__(error)
        else:
            yield error


def captured_as(error: BaseException) -> str | None:
    """Return the id of the failure that an exception was captured as; None if it was not."""
    found = (statics.layout_of(type(error)).namespace_of(error) or {}).get(MARK)
    return found if type(found) is str else None


def mark_captured(error: BaseException, failure_id: str) -> None:
    """Remember what an exception was captured as, so that whoever meets it next need not do it again."""
    namespace = statics.layout_of(type(error)).namespace_of(error)
    if namespace is not None:
        dict.__setitem__(namespace, MARK, failure_id)
