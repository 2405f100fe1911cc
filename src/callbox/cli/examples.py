"""Examples in the help of commands."""

from __future__ import annotations


def examples(*lines: str) -> str:
    """Return the end of a command's help: command lines as a person would type them, none of them filled or cut."""
    return "\n".join(("\b", "Examples:" if len(lines) > 1 else "Example:", *(f"  {line}" for line in lines)))
