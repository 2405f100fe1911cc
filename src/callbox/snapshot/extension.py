"""Extensions of syrupy that compare calls: in one file for each test module, or one for each test.

@pytest.fixture
def calls(snapshot):
    return snapshot.use_extension(CallTreeSnapshotExtension)

def test_checkout(calls, traced_snapshot):
    with traced_snapshot:
        checkout(cart)
    assert traced_snapshot == calls
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syrupy.extensions.amber import AmberSnapshotExtension
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.terminal import context_style, received_style, reset, snapshot_style

from callbox.errors import FormatError
from callbox.snapshot.amber import CallboxSerializer
from callbox.snapshot.difference import compare, describe_difference
from callbox.snapshot.lines import read_lines
from callbox.snapshot.traced import TracedSnapshot
from callbox.values.frozen import Named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syrupy.types import PropertyFilter, PropertyMatcher

    from callbox.model import Function

_PLAIN = (type(None), bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
_UPDATE = "run pytest --snapshot-update to write it anew, or restore the file"


class SyrupyFilter:
    """Matchers and filters of syrupy, for the arguments and results of calls.

    An argument has the path `module.function` and is the property of its name; a result is "return", an exception
    "raise".
    """

    def __init__(
        self, exclude: PropertyFilter | None, include: PropertyFilter | None, matcher: PropertyMatcher | None
    ) -> None:
        self._exclude, self._include, self._matcher = exclude, include, matcher

    def takes(self, function: Function, parameter: str) -> bool:
        """Say whether an argument or a result is written."""
        place: Any = {"prop": parameter, "path": ((function.full_name, type(function)),)}
        if self._exclude is not None and self._exclude(**place):
            return False
        return self._include is None or bool(self._include(**place))

    def change(self, function: Function, parameter: str, value: Any) -> Any:
        """Return what to write in a value's place."""
        if self._matcher is None:
            return value
        path = ((function.full_name, type(function)), (parameter, type(value)))
        changed = self._matcher(data=value, path=path)
        return changed if changed is value or isinstance(changed, _PLAIN) else Named(repr(changed))


class _CallTrees:
    """What both extensions do."""

    def serialize(
        self,
        data: Any,
        *,
        exclude: PropertyFilter | None = None,
        include: PropertyFilter | None = None,
        matcher: PropertyMatcher | None = None,
    ) -> str:
        """Write a traced snapshot or the text of one as its calls; anything else as amber does."""
        if isinstance(data, TracedSnapshot):
            return data.write(SyrupyFilter(exclude, include, matcher))
        if isinstance(data, str) and _is_tree(data):
            return data
        return CallboxSerializer.serialize(data, exclude=exclude, include=include, matcher=matcher)

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        """Say how calls differ; anything else line by line."""
        before, after = str(snapshot_data).removesuffix("\n"), str(serialized_data).removesuffix("\n")
        if before and _is_tree(after):
            try:
                difference = compare(before, after)
            except FormatError as error:
                yield f"{error}; {_UPDATE}"
            else:
                yield from map(_coloured, describe_difference(difference))
                return
        yield from super().diff_lines(serialized_data, snapshot_data)  # type: ignore[misc]


class CallTreeSnapshotExtension(_CallTrees, AmberSnapshotExtension):  # type: ignore[misc]
    """Keeps the calls of all tests of a module in one amber file."""

    serializer_class = CallboxSerializer


class CallTreeFileExtension(_CallTrees, SingleFileSnapshotExtension):
    """Keeps the calls of each test in a file of its own, `__snapshots__/test_module/test_name.calls`."""

    file_extension = "calls"
    _write_mode = WriteMode.TEXT

    def serialize(self, data: Any, **options: Any) -> str:
        """Write calls, with a last line break as files have it."""
        return super().serialize(data, **options) + "\n"


def _is_tree(text: str) -> bool:
    try:
        read_lines(text)
    except FormatError:
        return False
    return True


def _coloured(line: str) -> str:
    sign = line.strip()[:1]
    style = {"-": snapshot_style, "+": received_style}.get(sign, context_style)
    return reset(style(line))
