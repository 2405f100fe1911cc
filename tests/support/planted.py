"""A shop that is given a secret wherever a program may hold one, and a folder to run it in.

The programs have it from their environment, so that no source holds it.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.desk import Desk, Ending
from tests.support.sweep import files_below, places_of

SECRET = "S3ntinel0f9c2ab71d"
PLANTED = {"PLANTED": SECRET}

SHOP = """
import os

SECRET = os.environ["PLANTED"]


class Account:
    def __init__(self, user, password):
        self.user, self.password = user, password


def log_in(user, password, *, api_key=None):
    session = {"nested": [{"refreshToken": password}]}
    header = ("Authorization", "Basic " + password)
    if user == "eve":
        raise ConnectionError(f"cannot log in: password={password}", session, header)
    return len(user)


def connect(url):
    return url.partition("://")[0]


def keep(account, *rest, **options):
    return account.user


def settings(n):
    return {"n": n, "nested": {"client_secret": SECRET}, "url": "https://x/?token=" + SECRET}


def use_all():
    log_in("ann", SECRET, api_key=SECRET)
    connect("postgres://ann:" + SECRET + "@db/x")
    keep(Account("ann", SECRET), b"pwd=" + SECRET.encode(), cookie=SECRET, headers=[("X-Api-Key", SECRET)])
    settings(3)
    try:
        log_in("eve", SECRET, api_key=SECRET)
    except ConnectionError:
        pass
"""


def desk_with_secret(folder: Path) -> Desk:
    """Return a folder with the shop, and the secret in the environment."""
    desk = Desk.at(folder)
    desk.environ.update(PLANTED, PYTHONPATH=str(folder), HOME=str(folder / "home"))
    desk.write("shop.py", SHOP)
    desk.write("main.py", "import shop\nshop.use_all()\n")
    desk.write("pyproject.toml", "")
    return desk


def leaks(desk: Desk, printed: dict[str, Ending]) -> list[str]:
    """Name the files and outputs that hold the secret."""
    outputs = {name: ending.out + ending.err for name, ending in printed.items()}
    return places_of(SECRET, files_below(desk.folder) | outputs)


def run_all(desk: Desk, *commands: str) -> dict[str, Ending]:
    """Run commands of callbox, and return how each ended."""
    return {command: desk.callbox(*command.split()) for command in commands}
