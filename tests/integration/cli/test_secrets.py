"""A sentinel planted wherever a program may hold a secret reaches no file and no output of callbox."""

from __future__ import annotations

import sys

import pytest

from callbox import _core

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be replaced there")

SENTINEL = "S3ntinel0f9c2ab71d"

PROGRAM = f'''
import os
import signal
import sys
from dataclasses import dataclass

SENTINEL = "{SENTINEL}"

@dataclass
class Account:
    user: str
    password: str

class Slotted:
    __slots__ = ("access_token",)

def takes(value, *rest, **options):
    return value

def log_in(user, password, *, api_key):
    """Change an argument, and fail with secrets in variables."""
    session = {{"nested": [{{"refreshToken": password}}]}}
    user["auth"] = password
    header = ("Authorization", "Basic " + password)
    raise ConnectionError(f"cannot log in: password={{password}}", session, header)

def get_secret():
    return SENTINEL

def echoes():
    while True:
        yield {{"client_secret": (yield {{"private_key": SENTINEL}})}}

slotted = Slotted()
slotted.access_token = SENTINEL
takes(Account("ann", SENTINEL), slotted, key={{b"X-Api-Key": SENTINEL.encode()}})
takes("postgres://ann:" + SENTINEL + "@db/x", "https://x/?token=" + SENTINEL, b"pwd=" + SENTINEL.encode())
takes([("cookie", SENTINEL), ["--password", SENTINEL]], patient=SENTINEL)
try:
    log_in({{}}, SENTINEL, api_key=SENTINEL)
except ConnectionError:
    pass
get_secret()
generator = echoes()
next(generator)
generator.send({{"passwd": SENTINEL}})
print("ready", flush=True)
if "--die" in sys.argv:
    os.kill(os.getpid(), signal.SIGKILL)
raise ValueError("the end: secret=" + SENTINEL)
'''
CONFIGURATION = '[redact]\nadd_keys = ["patient"]\n'
SHOWN = ("tree", "flat", "json", "dot")
EXPORTED = ("perfetto", "chrome", "speedscope", "folded", "pstats", "dot", "csv")


@pytest.fixture(params=_core.engines())
def run_of(request: pytest.FixtureRequest, desk):
    """Run the program under an engine."""
    desk.write("program.py", PROGRAM)
    desk.write("callbox.toml", CONFIGURATION)

    def run(*words: str) -> bytes:
        options = ("--include", "__main__", "--mode", "trace", "--engine", request.param)
        ending = desk.recorded(["program.py", "--password", SENTINEL, f"token={SENTINEL}", *words], *options)
        assert ending.out == b"ready\n"
        return b"".join(path.read_bytes() for path in desk.folder.rglob("*.cbx*") if path.is_file()) + b"".join(
            path.read_bytes() for path in desk.folder.glob("*.parts/**/*") if path.is_file()
        )

    return run


def test_secret_is_in_no_file_of_a_program_that_ends(run_of, desk) -> None:
    stored = run_of()

    header = desk.recording().header
    assert SENTINEL.encode() not in stored
    assert header.command[:3] == ("program.py", "--password", "[redacted: key password]")
    assert header.exit_status == "raised ValueError: the end: secret=[redacted: key secret]"


def test_secret_is_in_no_file_of_a_program_that_is_killed(run_of, desk) -> None:
    stored = run_of("--die")
    shown = desk.callbox("show", "--last", "50", "callbox.cbx")

    assert len(stored) > 1 << 16
    assert SENTINEL.encode() not in stored
    assert SENTINEL.encode() not in shown.out + shown.err
    assert b"[redacted: key password]" in shown.out


@pytest.mark.parametrize("name", SHOWN)
def test_secret_is_not_shown(run_of, desk, name) -> None:
    run_of()

    shown = desk.callbox("show", "--format", name, "callbox.cbx")

    assert (shown.code, shown.err) == (0, b"")
    assert SENTINEL.encode() not in shown.out


def test_secret_is_in_nothing_exported(run_of, desk) -> None:
    run_of()

    exported = [desk.callbox("export", "--to", name, "callbox.cbx", "-o", f"out.{name}") for name in EXPORTED]

    assert [ending.code for ending in exported] == [0] * len(EXPORTED)
    assert [name for name in EXPORTED if SENTINEL.encode() in (desk.folder / f"out.{name}").read_bytes()] == []


def test_what_was_redacted_says_why(run_of, desk) -> None:
    run_of()

    shown = desk.callbox("show", "callbox.cbx").out.decode()

    assert "patient': [redacted: key patient]" in shown
    assert "log_in(user={}, password=[redacted: key password], api_key=[redacted: key apikey])" in shown
    assert "where user={'auth': [redacted: key auth]}" in shown
    assert "get_secret() → [redacted: key secret]" in shown


@pytest.mark.parametrize("engine", _core.engines())
def test_mode_profile_keeps_no_value_of_any_name(desk, engine) -> None:
    source = f"""
def takes(value):
    name = value
    return name
takes({SENTINEL!r})
"""
    desk.write("program.py", source)

    ending = desk.recorded(["program.py"], "--engine", engine)

    assert (ending.code, ending.err) == (0, b"")
    assert "takes()" in desk.callbox("show", "callbox.cbx").out.decode()
    assert SENTINEL.encode() not in (desk.folder / "callbox.cbx").read_bytes()
    assert desk.recording().values is None
