"""callbox's own engines, each with what it can be asked to do."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from racing.contestant import AbsentError, Contestant, Entrant
from racing.floors import EVALUATOR_EMPTY, MONITORING_EMPTY, PROFILE_EMPTY

_RING_EVENTS = 1 << 20
_NO_MODULE = ("no_such_module.*",)
_FLOORS = {"setprofile": PROFILE_EMPTY, "frameeval": EVALUATOR_EMPTY, "monitoring": MONITORING_EMPTY}


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to ask an engine; `suffix` completes the contestant's name."""

    suffix: str = ""
    mode: str = "profile"
    c_calls: bool = False
    filters: tuple[str, ...] = ()


VARIANTS = (
    Variant(),
    Variant("+c", c_calls=True),
    Variant("+values", mode="trace"),
    Variant("-excluded", filters=_NO_MODULE),
)


def contestant_name(engine: str, suffix: str = "") -> str:
    """Name an engine's contestant, e.g. `callbox:setprofile+c`."""
    return f"callbox:{engine}{suffix}"


def _enter_engine(engine: str, variant: Variant) -> Contestant:
    try:
        from callbox.engine.choice import new_recorder
        from callbox.engine.options import Options
        from callbox.errors import CallboxError
    except ImportError as error:
        raise AbsentError(f"callbox is not installed: {error}") from None
    options = Options(
        engine=engine,
        mode=variant.mode,
        filters=variant.filters,
        c_calls=variant.c_calls,
        max_events=_RING_EVENTS,
    )
    try:
        recorder = new_recorder(options)
        recorder.start()  # it may only now see that it cannot
        recorder.stop()
    except CallboxError as error:
        raise AbsentError(str(error)) from None
    # No reset: a flight recorder runs on, so rounds go on writing where the last one stopped.
    return Contestant(recorder.start, recorder.stop, ring_events=_RING_EVENTS)


ENGINES = tuple(
    Entrant(contestant_name(engine, variant.suffix), functools.partial(_enter_engine, engine, variant), _FLOORS[engine])
    for engine in _FLOORS
    for variant in VARIANTS
)
