"""A PostgreSQL server of its own for a module of tests: on a socket in a private folder, as an unprivileged user."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_USER = "tests"
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=40")
_ENVIRON = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
"""Nothing that is meant for the tests reaches the server: neither settings of PostgreSQL nor libraries to preload."""


@contextlib.contextmanager
def serving() -> Iterator[dict[str, str]]:
    """Start a server and stop it; yield what clients read from the environment."""
    initdb, postgres = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path is short
    started = {**_unprivileged(folder), "cwd": folder, "env": _ENVIRON}
    data = str(folder / "data")
    command = [initdb, "-D", data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, **started)
    settings = [word for setting in ("listen_addresses=", *_FAST) for word in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([postgres, "-D", data, "-k", str(folder), *settings], stderr=log, **started)
    try:
        _wait(server, folder)
        yield {"PGHOST": str(folder), "PGUSER": _USER, "PGDATABASE": "postgres"}
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(30)
        shutil.rmtree(folder)


def _programs() -> tuple[str, str]:
    """Return the paths of initdb and postgres; Debian keeps them out of PATH."""
    folders = [os.environ.get("PATH", ""), *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)]
    found = [shutil.which(name, path=os.pathsep.join(folders)) for name in ("initdb", "postgres")]
    if None in found:
        pytest.skip("PostgreSQL is not installed: Debian's package is `postgresql`")
    return str(found[0]), str(found[1])


def _unprivileged(folder: Path) -> dict[str, Any]:
    """Return how to start a process that is not root's, to which PostgreSQL objects, and give it the folder."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _wait(server: subprocess.Popen[bytes], folder: Path) -> None:
    import psycopg

    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(host=str(folder), user=_USER, dbname="postgres").close()
            return
        time.sleep(0.05)
    raise RuntimeError("PostgreSQL did not answer within 30 seconds")
