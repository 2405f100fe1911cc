"""The store of a folder, by the formats that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from callbox.errors import ConfigError
from callbox.testgen.call_store import CallStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callbox.testgen.call_files import CallFiles

EXACT = "exact"


def open_store(folder: str | Path, formats: Sequence[str] = ()) -> CallStore | CallFiles:
    """Return where calls in a folder are kept.

    Args:
        folder: need not exist yet.
        formats: "exact" or names of `call_files.STORAGES`. For none of them it is what the folder has.

    Raises:
        ConfigError: "exact" stands among others; or the folder has pickles alone, which nobody asked for: loading
            one runs what it says.
    """
    if EXACT in formats and len(set(formats)) > 1:
        raise ConfigError("calls in the exact store and calls in files are read one after another: ask for either")
    if EXACT in formats or (not formats and CallStore(folder).exists()):
        return CallStore(Path(folder).absolute())
    from callbox.testgen.call_files import CallFiles
    from callbox.testgen.storages import STORAGES

    named = [STORAGES[name] for name in formats]
    if not named:
        harmless = (STORAGES["json"], STORAGES["repr"])
        named = [storage for storage in harmless if CallFiles(folder, [storage]).exists()]
        if not named and CallFiles(folder, [STORAGES["pickle"]]).exists():
            raise ConfigError(
                f"{folder} holds pickles, and loading one runs what it says: if they are yours, add --formats pickle"
            )
    return CallFiles(Path(folder), named) if named else CallStore(Path(folder).absolute())
