"""What is left of a recorded call that holds a secret."""

from __future__ import annotations

from callbox.testgen.ambient import HELD, SET
from callbox.testgen.model import Call, Effect
from callbox.values.exact.secrets import find_secret, has_secret


def without_secrets(call: Call) -> Call:
    """Return a call that may be kept: itself, or what is left of it without what it worked on."""
    rule = find_secret(call.arguments, call.target.parameters)
    variables = [e.content or b"" for e in call.effects if e.kind in (HELD, SET)]
    encoded = [call.end, *variables, *(data for inner in call.inner for data in (*inner.arguments, inner.end))]
    rule = rule or next((found for data in encoded if data and (found := find_secret(data))), "")
    touched = [*call.effects, *(effect for inner in call.inner for effect in inner.effects)]
    texts = [call.stdout, call.stderr, *(e.detail for e in touched)]
    if not rule and (has_secret(texts) or has_secret([(e.content or b"").decode("latin-1") for e in touched])):
        rule = "what it printed or touched looks like a secret"
    if not rule:
        return call
    effects = tuple(Effect(e.kind) for e in call.effects)
    return Call(
        call.target,
        b"",
        b"",
        call.outcome,
        f"redacted: {rule}",
        effects=effects,
        t_epoch_ns=call.t_epoch_ns,
        duration_ns=call.duration_ns,
    )
