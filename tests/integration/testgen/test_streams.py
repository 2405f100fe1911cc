"""Streams in memory that are passed, changed, held and returned; objects that are safe for threads."""

from __future__ import annotations

import pytest
from tests.integration.testgen.conftest import Project

SHOP = """
    import io
    import threading

    class Cache:
        def __init__(self):
            self.lock = threading.RLock()
            self.is_open = threading.Event()
            self.items = {}

        def put(self, key, value):
            with self.lock:
                self.items[key] = value
                self._tell(key)

        def _tell(self, key):
            self.is_open.set()

    class Report:
        def __init__(self, out=None):
            self.out = out or io.StringIO()

        def add(self, line):
            self.out.write(line + "\\n")
            return self

    def load(fp):
        return [line.strip().split(",") for line in fp]

    def first(fp):
        return fp.readline()

    def render(rows):
        out = io.StringIO()
        for row in rows:
            out.write(",".join(row) + "\\n")
        return out

    def packed(n):
        return io.BytesIO(bytes(range(n)))

    def dump(rows, fp):
        fp.write(str(rows))

    def shut(fp):
        fp.close()

    def told(fp):
        return fp.read()
"""
MAIN = """
    import io, shop
    shop.load(io.StringIO("a,b\\nc,d\\n"))
    text = io.StringIO("x\\ny\\nz")
    shop.first(text), shop.first(text)
    shop.render([["a", "b"]]), shop.packed(4)
    out = io.StringIO()
    shop.dump([1], out), shop.dump([2], out)
    shop.shut(io.BytesIO(b"x"))
    shop.Report().add("tea")
    shop.Cache().put("a", 1)
    shop.told(io.StringIO("password = S3ntinel0f9c2ab71d"))
"""


@pytest.fixture(scope="module")
def made(record_project) -> Project:
    project = record_project("shop", "--", "main.py", shop=SHOP, main=MAIN)
    project.make_tests()
    return project


@pytest.mark.parametrize(
    ("module", "test"),
    [
        (
            "shop_load",
            '    fp = StringIO("a,b\\nc,d\\n")\n\n'
            '    assert load(fp) == [["a", "b"], ["c", "d"]]\n    assert fp.tell() == 8\n',
        ),
        ("shop_first", "    string_io.seek(2)\n"),
        ("shop_render", '    assert render([["a", "b"]]).getvalue() == "a,b\\n"\n'),
        ("shop_packed", '    assert packed(4).read() == b"\\x00\\x01\\x02\\x03"\n'),
        ("shop_dump", '    fp = StringIO()\n\n    dump([1], fp)\n    assert fp.getvalue() == "[1]"\n'),
        ("shop_shut", "    assert fp.closed\n"),
        ("shop_report_add", '    assert as_data(report) == {"Report": {"out": {"StringIO": ["tea\\n", 4]}}}\n'),
        ("shop_cache_put", "    cache = Cache()\n"),
        ("shop_cache_put", '"items": {"a": 1}'),
    ],
)
def test_stream_is_written_and_asserted(made, module, test) -> None:
    assert test in made.generated(module)


def test_every_call_is_a_test_but_that_with_a_secret_and_that_under_a_lock(made) -> None:
    fates = {(verdict["function"], verdict["fate"]) for verdict in made.report()["verdicts"]}

    assert {function for function, fate in fates if fate != "test"} == {"shop.told", "shop.Cache._tell"}
    assert made.verdict_of("shop.Cache._tell")[1].endswith(
        "it is a lock that is held: it belongs to the running process"
    )
    assert made.verdict_of("shop.told")[1] == "redacted: a text in it looks like a secret"
