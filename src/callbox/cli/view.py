"""`callbox view`: a recording in the browser."""

from __future__ import annotations

import contextlib
import os
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from callbox.cli.box import open_box
from callbox.cli.examples import examples
from callbox.cli.output import STDOUT, open_output
from callbox.cli.waiting import waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callbox.view.exhibit import Exhibit


@click.command(
    "view", epilog=examples("callbox view app.cbx", "callbox view before.cbx after.cbx --static change.html")
)
@click.argument("box")
@click.argument("second_box", required=False, metavar="[SECOND_BOX]")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; by default any that is free."
)
@click.option("--no-browser", is_flag=True, help="Print the page's address and open no browser.")
@click.option("--static", "output", metavar="OUT.html", help="Write the page to one file, which needs no server.")
def command(box: str, second_box: str | None, port: int, no_browser: bool, output: str | None) -> None:
    """Show a recording in the browser, or two side by side.

    Its time line, flame graph, hotspots, call graph and exceptions, and the values of
    its calls. The page is served to this machine alone, until Ctrl-C.
    """
    from callbox.view.exhibit import Exhibit

    boxes = [box] if second_box is None else [box, second_box]
    exhibits = [Exhibit(open_box(path), Path(path).name) for path in boxes]
    if output is not None:
        _write(exhibits, output)
    else:
        _serve(exhibits, port, opens_browser=not no_browser)


def _serve(exhibits: list[Exhibit], port: int, *, opens_browser: bool) -> None:
    from callbox.view.server import ViewServer

    with ViewServer(exhibits, port) as server, _preparing(exhibits):
        try:
            click.echo(server.address)
            click.echo("callbox: shown until Ctrl-C", err=True)
            if opens_browser:
                webbrowser.open(server.ticket_address())
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo(err=True)


@contextlib.contextmanager
def _preparing(exhibits: list[Exhibit]) -> Iterator[None]:
    """Work out what the page will ask for, while the browser opens; at the end leave what was not begun."""
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        for exhibit in exhibits:
            pool.submit(exhibit.prepare, pool)
        yield
    finally:
        pool.shutdown(cancel_futures=True)


def _write(exhibits: list[Exhibit], output: str) -> None:
    from callbox.view.static import format_page

    with waiting("drawing"):
        page = format_page(exhibits)
    with open_output(output) as file:
        file.write(page.encode())
    if output != STDOUT:
        click.echo(f"wrote {output}: open it with a browser", err=True)
