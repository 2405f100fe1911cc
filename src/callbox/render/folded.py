"""A recording as folded stacks: a line for each stack, its functions from the outermost on, and its self time.

Source: `flamegraph.pl` of https://github.com/brendangregg/FlameGraph, which inferno, speedscope and others follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from callbox.render.text import UNKNOWN, printable

if TYPE_CHECKING:
    from callbox.model import CallTree, Function


def write_folded(file: BinaryIO, tree: CallTree) -> None:
    """Write folded stacks in order of text; the number is nanoseconds.

    Where there are several threads the outermost name of a stack is its thread's.

    Args:
        file: where to.
        tree: the recording's calls. Time that a call was suspended is no part of its stack.
    """
    parents, nodes = _nodes(tree)
    totals = [0] * len(parents)
    for node, self_ns in zip(nodes, tree.calls["self_ns"].tolist(), strict=True):
        totals[node] += self_ns
    threads = [_frame(thread.name) for thread in tree.threads]
    names = {code: _function_name(tree.functions.get(code)) for _, code, _ in parents}
    stacks: list[str] = []
    lines: dict[str, int] = {}
    for (parent, code, thread), total_ns in zip(parents, totals, strict=True):
        above = f"{stacks[parent]};" if parent >= 0 else f"{threads[thread]};" if len(threads) > 1 else ""
        stacks.append(above + names[code])
        if total_ns > 0:
            lines[stacks[-1]] = lines.get(stacks[-1], 0) + total_ns
    file.writelines(f"{stack} {total_ns}\n".encode() for stack, total_ns in sorted(lines.items()))


def _nodes(tree: CallTree) -> tuple[list[tuple[int, int, int]], list[int]]:
    """Merge calls with equal stacks.

    Returns:
        For each stack the place of the one it lies on or -1, its function and its thread; the stack of each call.
    """
    known: dict[tuple[int, int, int], int] = {}
    nodes: list[int] = []
    columns = (tree.calls[field].tolist() for field in ("parent", "code", "thread"))
    for parent, code, thread in zip(*columns, strict=True):
        key = (nodes[parent] if parent >= 0 else -1, code, thread)
        nodes.append(known.setdefault(key, len(known)))
    return list(known), nodes


def _function_name(function: Function | None) -> str:
    return _frame(function.full_name) if function else UNKNOWN


def _frame(name: str) -> str:
    """Write a name without what separates names and lines."""
    return printable(name).replace(";", ":") or UNKNOWN
