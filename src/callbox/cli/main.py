"""The `callbox` command: finds the subcommand, prints errors, gives the exit code."""

from __future__ import annotations

import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from callbox import config
from callbox.cli import exits
from callbox.cli.examples import examples
from callbox.errors import CallboxError, ConfigError, error_line, reason
from callbox.folders import working_folder

COMMANDS = (
    "run",
    "show",
    "stats",
    "view",
    "export",
    "query",
    "diff",
    "merge",
    "record",
    "gen",
    "tead",
    "clean",
    "types",
    "docs",
    "bench",
    "failures",
    "telemetry",
    "doctor",
)


class LazyGroup(click.Group):
    """A group that imports a subcommand's module, `callbox.cli.<name>`, when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name the subcommands in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a subcommand."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"callbox.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a subcommand; end quietly when nobody reads its output any more, with a line when it has no room."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.ENOSPC):
                raise
            # What is still buffered would fail again when the interpreter flushes it at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if error.errno == errno.EPIPE:
                return exits.BROKEN_PIPE
            raise ConfigError(f"cannot write: {reason(error)}; make room, or write elsewhere") from error
        return exits.settle(ctx, result)


_EXAMPLES = examples("callbox run --mode trace -- script.py --its-option", "callbox show callbox.cbx", "callbox doctor")


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    epilog=_EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="callbox", message="callbox %(version)s")
@click.pass_context
def callbox(ctx: click.Context) -> None:
    """Record a program's calls, cheaply enough to leave on; then read what it did."""
    if ctx.invoked_subcommand is None:
        from callbox.cli.here import describe_here

        click.echo("\n".join((ctx.get_help(), "\nHere:", *describe_here(working_folder()))))
    elif ctx.invoked_subcommand in config.COMMANDS:
        settings = config.load_settings(ctx.invoked_subcommand, working_folder(), os.environ)
        ctx.default_map = {ctx.invoked_subcommand: settings}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: words after `callbox`; those of the process by default.

    Returns:
        The exit code.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # names come from anywhere, and not every terminal or pipe has a sign for each of their characters
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = callbox.main(arguments, prog_name="callbox", standalone_mode=False)
    except CallboxError as error:
        return _fail(error, exits.exit_code(error))
    except click.UsageError as error:
        hint = f": see {error.ctx.command_path} --help" if error.ctx else ""
        return _fail(f"{error.format_message().rstrip('.')}{hint}", exits.USAGE)
    except click.ClickException as error:
        return _fail(error.format_message(), error.exit_code)
    except click.Abort:
        return exits.INTERRUPTED
    except FileNotFoundError as error:
        if error.filename is not None or working_folder().is_absolute():
            raise
        return _fail("the working folder is gone: change to one that is there", exits.USAGE)
    return code if isinstance(code, int) else exits.OK


def _fail(message: object, code: int) -> int:
    print(error_line(message), file=sys.stderr)
    return code
