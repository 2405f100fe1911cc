"""The oracle: the slow, pure-Python engine that says what is true.

Every other engine is held to its sequence, event for event. For each thread
that sequence is, over the frames of selected functions:

- `CALL`: a frame begins to run. A generator, coroutine or asynchronous generator
  begins at its first resume; creating it is no event.
- `RETURN`: it ends with a value. `UNWIND`: it ends with an exception.
- `YIELD`: it is suspended, by `yield`, `yield from`, `await` or `async for`.
- `RESUME`: a suspended frame goes on with a value. `THROW`: it goes on with an
  exception. In a chain of `yield from` or `await` every frame on the way down
  resumes, then every frame on the way up yields; an exception thrown in begins in
  the innermost frame, and the frames around it see nothing until it leaves it.
- `C_CALL` and `C_RETURN` or `C_RAISE`: a selected Python frame calls a built-in
  function or a method of a built-in type. What C calls by itself is no C call.

An enter (`CALL`, `RESUME`, `THROW`, `C_CALL`) is closed by an end of the same
frame on the same thread, and they nest. Frames that already ran when the
recording began, and what they do until they next enter, are not in it.

The module of a code object is the `__name__` of the globals it was first seen
with; the filter decides on that. `max_depth` counts selected frames and C calls
entered on the thread since the recording began.

What depends on CPython, and is truth because the interpreter does it:

- 3.11: a generator that was never started is closed by throwing into it: `THROW`,
  `UNWIND`, without a `CALL`. Where an exception thrown through `yield from` or
  `await` makes the inner frame return, the outer goes on by a value: `RESUME`, right
  after the inner `RETURN`. The interpreter has no event for that; the oracle sees
  it at the frame's next instruction.
- 3.12 and later: the outer frame goes on by `THROW` there, with the StopIteration
  inside. A generator that never started is closed without an event. Comprehensions
  are part of their function, except generator expressions.
- 3.13 and later: closing a generator suspended outside any `try` may be no event:
  it stays suspended.

What it cannot see: threads that already ran, on 3.11; threads not started through
`threading`, on 3.11; signal handlers that run inside its own callback; what a
program does after it took the trace function or the tool id for itself. It counts
no memory.
"""

from callbox.engine.oracle._recorder import OracleRecorder

__all__ = ["OracleRecorder"]
