"""The first call whose result diverged, from the recorded calls of two runs."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from callbox.recording import Recording, open_recording
from callbox.tracing.align import align
from callbox.tracing.forest import share_labels


def explain_divergence(actual: bytes, expected: bytes) -> str:
    """Compare two runs call by call and name the first that returned something else for the same arguments.

    Args:
        actual: a box of the run of today, with values.
        expected: a box of the run that was captured.

    Returns:
        One line. Where no result differs, what else does: calls added, removed or made in another order.
    """
    now, then = _read(actual), _read(expected)
    alignment = align(*share_labels(then.tree, now.tree))
    now_texts, then_texts = now.describe_values(), then.describe_values()
    if now_texts is None or then_texts is None:
        return "the recorded calls hold no values"
    order = np.argsort(now.tree.calls["last_event"], kind="stable").tolist()
    changed = ""
    for row in order:
        partner = int(alignment.partners_b[row])
        mine, theirs = now_texts.outcome(row), then_texts.outcome(partner) if partner >= 0 else ""
        if partner < 0 or mine == theirs:
            continue
        call = f"first diverging call: {_name(now, row)}({now_texts.arguments(row)})"
        if now_texts.arguments(row) == then_texts.arguments(partner):
            return f"{call} gave {mine or 'nothing'}; when captured, {theirs or 'nothing'}"
        changed = changed or f"{call}; when captured, it was called with ({then_texts.arguments(partner)})"
    if changed:
        return changed
    return _describe_shape(now, then, alignment.partners_b, alignment.partners_a)


def _describe_shape(now: Recording, then: Recording, partners_now: np.ndarray, partners_then: np.ndarray) -> str:
    added, removed = np.flatnonzero(partners_now < 0), np.flatnonzero(partners_then < 0)
    words = []
    if len(added):
        words.append(f"{len(added):,} calls added, first {_name(now, int(added[0]))}")
    if len(removed):
        words.append(f"{len(removed):,} calls removed, first {_name(then, int(removed[0]))}")
    return "; ".join(words) or "no recorded call differs: the difference arises in C, or in the benchmark itself"


def _name(recording: Recording, row: int) -> str:
    return recording.tree.functions[int(recording.tree.calls["code"][row])].full_name


def _read(box: bytes) -> Recording:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "calls.cbx")
        path.write_bytes(box)
        recording = open_recording(path)
        recording.tree  # noqa: B018  read while the file is there
        return recording
