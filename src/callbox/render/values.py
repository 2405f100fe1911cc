"""Values as those who write calls and events ask for them: already text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class CallValues(Protocol):
    """What calls were given and what came of them. Rows are those of the call tree that is written."""

    @property
    def identity(self) -> NDArray[np.uint64]:
        """Shape `(n_calls,)`: equal for calls whose texts are equal, so that no other calls are folded."""

    def arguments(self, row: int) -> str:
        """The arguments of a call, as between its parentheses."""

    def outcome(self, row: int) -> str:
        """What a call returned, or the exception it raised; empty if that is unknown."""

    def details(self, row: int) -> dict[str, Any]:
        """The `arguments` of a call by name, its `result` and its `exception`, each None where it has none."""

    def event(self, event: int, kind: int, code: int) -> str:
        """What stands beside an event, to come after its function's name."""
