"""Third-party programs, recorded by every engine and by the oracle: the same calls, event for event."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from callbox.engine.choice import new_recorder
from callbox.engine.kernels import decode_capture
from callbox.engine.options import Options
from callbox.model import Capture, EventKind

QUERIES = (
    "select a, b from t where a = 1 and b in (1, 2, 3) order by a",
    "create table foo (id integer primary key, name varchar(20) not null)",
    "insert into foo values (1, 'it''s'); select * from foo -- comment\n",
    "with x as (select 1) select case when a > 0 then 'p' else 'n' end from x join y using (id)",
)

BOOK = """# A book

It *has* **emphasis**, `code`, [links](https://example.org "title") and

1. a list
   - nested
2. of things

> quoted

```python
print("fenced")
```
"""


def format_queries() -> None:
    sqlparse = pytest.importorskip("sqlparse")
    for query in QUERIES:
        sqlparse.format(query, reindent=True, keyword_case="upper", strip_comments=True)


def render_book() -> None:
    markdown_it = pytest.importorskip("markdown_it")
    markdown_it.MarkdownIt().render(BOOK)


PROGRAMS: dict[str, tuple[Callable[[], None], str]] = {
    "sqlparse": (format_queries, "sqlparse.*"),
    "markdown_it": (render_book, "markdown_it.*"),
}


def sequence_of(capture: Capture) -> list[tuple[str, str]]:
    """Kinds and names; a throw as a resume, which a profile hook cannot tell apart from 3.13 on."""
    functions = {function.id: function for function in capture.functions}
    events, _, _ = decode_capture(capture)
    pairs = zip(events["kind"].tolist(), events["code"].tolist(), strict=True)
    return [(EventKind(kind).name.replace("THROW", "RESUME"), functions[code].full_name) for kind, code in pairs]


def record(engine: str, program: Callable[[], None], pattern: str, *, c_calls: bool) -> list[tuple[str, str]]:
    recorder = new_recorder(Options(engine=engine, filters=(pattern,), c_calls=c_calls))
    recorder.start()
    try:
        program()
    finally:
        recorder.stop()
    return sequence_of(recorder.capture())


def first_difference(a: list[tuple[str, str]], b: list[tuple[str, str]]) -> Iterator[str]:
    for i, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            yield f"event {i}: {x} != {y}, after {a[max(0, i - 3) : i]}"


@pytest.mark.parametrize("c_calls", [False, True], ids=["python", "c_calls"])
@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_engine_records_a_real_program_as_the_oracle_does(name: str, c_calls: bool, engine: str) -> None:
    program, pattern = PROGRAMS[name]
    program()  # what is cached on first use is cached for both
    expected = record("oracle", program, pattern, c_calls=c_calls)
    recorded = record(engine, program, pattern, c_calls=c_calls)
    assert next(first_difference(expected, recorded), None) is None
    assert len(recorded) == len(expected)
    assert len(recorded) > 1000
