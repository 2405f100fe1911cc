"""A recording as a dataset of Parquet files: a folder for each table, in it one for each process."""

from __future__ import annotations

import json
import posixpath
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callbox.errors import ConfigError, reason
from callbox.recording.tables import Tables, import_pyarrow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from callbox.recording import Recording

MARKER = "callbox.json"
"""A file that stands in each dataset: how the recording was made. A folder without it is not replaced."""
_ROW_GROUP_ROWS = 1 << 20
_PARTITIONED = ("events", "calls", "values", "threads")


def write_parquet(recording: Recording, location: str, *, box: str, about: Mapping[str, Any]) -> None:
    """Write a dataset, in place of one that stands there.

    Args:
        recording: what to write.
        location: a folder, which appears whole or not at all; or an fsspec URL.
        box: stands in the column `box`.
        about: how the recording was made, for the dataset's marker.

    Raises:
        ConfigError: it cannot be written, or what stands there is no dataset.
    """
    import_pyarrow()
    try:
        if "://" in location:
            _write_remote(Tables(recording, box), location, about)
        else:
            _write_local(Tables(recording, box), Path(location), about)
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot write the dataset {location!r}: {reason(error)}; choose another folder") from error


def _write_local(tables: Tables, target: Path, about: Mapping[str, Any]) -> None:
    from pyarrow.fs import LocalFileSystem

    if target.exists() and not (target / MARKER).is_file():
        raise ValueError("something that is no dataset of callbox stands there")
    temporary = Path(tempfile.mkdtemp(prefix=".callbox-", suffix=".tmp", dir=target.parent))
    try:
        _write(tables, LocalFileSystem(), str(temporary))
        (temporary / MARKER).write_text(_marker(about), encoding="ascii")
        for path in temporary.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        if target.exists():
            shutil.rmtree(target)
        temporary.replace(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _write_remote(tables: Tables, location: str, about: Mapping[str, Any]) -> None:
    try:
        import fsspec
    except ImportError as error:
        raise ConfigError(f"{location!r} needs fsspec: pip install 'callbox[scale]'") from error
    from pyarrow.fs import FSSpecHandler, PyFileSystem

    try:
        files, root = fsspec.core.url_to_fs(location)
    except ImportError as error:
        raise ValueError(str(error)) from error
    if files.exists(root):
        if not files.exists(posixpath.join(root, MARKER)):
            raise ValueError("something that is no dataset of callbox stands there")
        files.rm(root, recursive=True)
    _write(tables, PyFileSystem(FSSpecHandler(files)), root)
    files.pipe_file(posixpath.join(root, MARKER), _marker(about).encode("ascii"))


def _marker(about: Mapping[str, Any]) -> str:
    return json.dumps({"format": "callbox.tables", "version": 1, **about}, indent=2) + "\n"


def _write(tables: Tables, filesystem: Any, root: str) -> None:
    import pyarrow
    from pyarrow import dataset

    for name in Tables.NAMES:
        table = tables.table(name)
        fields = [table.schema.field("process_id")] if name in _PARTITIONED else []
        dataset.write_dataset(
            table.batches(),
            posixpath.join(root, name),
            schema=table.schema,
            format="parquet",
            filesystem=filesystem,
            partitioning=dataset.partitioning(pyarrow.schema(fields), flavor="hive") if fields else None,
            file_options=dataset.ParquetFileFormat().make_write_options(compression="zstd"),
            max_rows_per_group=_ROW_GROUP_ROWS,
            min_rows_per_group=1,
            existing_data_behavior="overwrite_or_ignore",
        )
