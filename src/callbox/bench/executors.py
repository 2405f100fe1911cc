"""Where batches run: threads of this process that wait for others, or a Dask cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any

from callbox.bench.campaign import local_executor
from callbox.bench.processes import ended
from callbox.errors import ConfigError

_DASK = "dask:"
_RETRIES = 3


@contextlib.contextmanager
def open_executor(name: str, n_jobs: int | None, n_runs: int) -> Iterator[Executor]:
    """Give an executor.

    Args:
        name: empty for this machine, or `dask:URL` for the scheduler of a Dask cluster; batches of lost workers
            are run again by others.
        n_jobs: batches at a time on this machine; None: as many as leave each process a core.
        n_runs: processes that a batch takes.

    Raises:
        ConfigError: the name is unknown, or nobody answers.
    """
    if not name:
        executor = local_executor(n_jobs, n_runs)
        try:
            yield executor
        except BaseException:
            with ended():
                executor.shutdown(cancel_futures=True)
            raise
        executor.shutdown()
        return
    if not name.startswith(_DASK):
        raise ConfigError(f"unknown executor {name!r}: leave it out for this machine, or write dask:URL")
    try:
        import distributed
    except ImportError:
        raise ConfigError(f"{name} needs Dask: pip install 'callbox[scale]'") from None
    try:
        client: Any = distributed.Client(  # type: ignore[no-untyped-call]
            name.removeprefix(_DASK), timeout="10s", set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise ConfigError(f"no Dask scheduler answers at {name.removeprefix(_DASK)}: {error}") from error
    try:
        yield client.get_executor(retries=_RETRIES, pure=False)
    finally:
        client.close()
