"""`--json`, in every command that prints a table."""

from __future__ import annotations

import json
from typing import Any

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


def print_json(value: Any) -> None:
    """Print a value for programs: in ASCII, so that any terminal and pipe takes it."""
    click.echo(json.dumps(value, indent=2))
