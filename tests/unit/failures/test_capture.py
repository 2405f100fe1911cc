"""What is kept of an exception: bounded, redacted, none of its code run."""

from __future__ import annotations

import collections.abc
import time
from pathlib import Path

import pytest

import callbox
from callbox.failures.capture import Subject, capture, fingerprint_of
from callbox.failures.dump import dump_threads
from callbox.failures.options import CaptureOptions

EVERYTHING = CaptureOptions(include_locals=True)


class Hostile:
    """Everything that could be asked of it is counted, and fails."""

    n_calls = 0

    def _count(self, *_):
        Hostile.n_calls += 1
        raise SystemExit("ran")

    __repr__ = __str__ = __len__ = __iter__ = __eq__ = __getattr__ = __bool__ = __format__ = __class_getitem__ = _count
    __hash__ = None
    __class__ = property(_count)


class Download(collections.abc.Mapping):
    n_fetched = 0

    def __getitem__(self, key):
        Download.n_fetched += 1

    def __iter__(self):
        Download.n_fetched += 1
        return iter(range(10**12))

    def __len__(self):
        Download.n_fetched += 1
        return 10**12


def fail_with(error, **variables):
    raise error


def test_code_of_values_never_runs(caught) -> None:
    Hostile.n_calls = 0
    value = Hostile()

    class LoudError(Exception):
        __str__ = __repr__ = Hostile._count

    error = caught(fail_with, LoudError(value, "said"), a=value, b=[value], c={"k": value})
    failure = capture(error, EVERYTHING, Subject(arguments={"x": value}))

    assert Hostile.n_calls == 0
    assert failure.exception.message == "Hostile(), 'said'"
    assert failure.exception.frames[-1].locals["variables"] == "{'a': Hostile(), 'b': [<cycle>], 'c': {'k': <cycle>}}"


def test_mapping_that_downloads_is_left_alone(caught) -> None:
    failure = capture(caught(fail_with, ValueError(), remote=Download()), EVERYTHING)

    assert Download.n_fetched == 0
    assert "Download" in failure.exception.frames[-1].locals["variables"]


def test_huge_values_take_no_time(caught) -> None:
    values = {"text": "x" * (1 << 26), "items": list(range(10**6)), "table": dict.fromkeys(range(10**6))}
    error = caught(fail_with, ValueError("x" * (1 << 26)), **values)
    capture(error, EVERYTHING)

    started = time.thread_time()
    failure = capture(error, EVERYTHING)
    taken = time.thread_time() - started

    assert len(failure.exception.message) < 11_000
    assert "67,108,864 characters" in failure.exception.frames[-1].locals["variables"]
    assert taken < 0.25


SECRET = "S3NT1NEL"


def test_secret_is_nowhere(caught) -> None:
    class Account:
        def __init__(self) -> None:
            self.password = SECRET

    def connect(url, api_key, options):
        token = SECRET
        account = Account()
        error = ConnectionError(f"cannot reach {url} with password={SECRET}")
        error.add_note(f"Authorization: Bearer {SECRET}")
        raise error from ValueError({"api_key": token, "account": account})

    error = caught(connect, f"https://me:{SECRET}@host/?token={SECRET}", SECRET, [{"nested": {"secret": SECRET}}])
    arguments = {"api_key": SECRET, "headers": {"Cookie": SECRET}}
    failure = capture(error, EVERYTHING, Subject(arguments=arguments))

    assert SECRET not in repr(failure)
    assert failure.exception.message.startswith("cannot reach https://me:[redacted")


@pytest.mark.parametrize("secret", [SECRET * 40, SECRET * 700, f"{SECRET}'\"\\\n"])
def test_secret_that_is_cut_or_quoted_is_nowhere_either(caught, secret) -> None:
    def connect(*rest, api_key):
        raise ConnectionError(f"{len(rest)} tries with {api_key}")

    failure = capture(caught(connect, secret, [b"x" * 150, "y" * 150, secret], api_key=secret), EVERYTHING)

    assert SECRET not in repr(failure)


def test_literal_secret_in_source_is_not_shown(caught) -> None:
    def log_in():
        password = "hunter2-in-the-source"
        raise ValueError(len(password))

    failure = capture(caught(log_in), EVERYTHING)

    assert 'password = "[redacted: key password]"' in failure.exception.frames[-1].source
    assert "hunter2-in-the-source" not in repr(failure)


def test_causes_contexts_and_groups_are_kept(caught) -> None:
    def fail():
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ExceptionGroup("many", [ValueError("a"), TypeError("b")]) from error

    failure = capture(caught(fail), EVERYTHING)

    related = [(other.relation, other.type, other.message) for other in failure.exception.related]
    assert related == [("cause", "KeyError", "'first'"), ("member", "ValueError", "a"), ("member", "TypeError", "b")]
    assert failure.exception.message == "many (2 sub-exceptions)"
    assert "The above exception was the direct cause" in failure.traceback
    assert "┌─ 2 of 2" in failure.traceback


def test_exceptions_that_lead_to_one_another_are_read_once(caught) -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    failure = capture(caught(fail_with, first), EVERYTHING)

    assert [other.message for other in failure.exception.related] == ["second"]
    assert failure.exception.related[0].related == ()


def test_endless_recursion_keeps_both_ends(caught) -> None:
    def recurse(n):
        return recurse(n + 1)

    failure = capture(caught(recurse, 0), EVERYTHING)

    assert len(failure.exception.frames) == 50
    assert failure.exception.n_omitted > 100
    assert "Previous line repeated" in failure.traceback


def sink(n):
    return sink(n - 1) if n else 1 / 0


def test_innermost_frames_have_their_variables_and_sources(caught) -> None:
    frames = capture(caught(sink, 30), EVERYTHING).exception.frames

    assert [bool(frame.locals) for frame in frames] == [False] * (len(frames) - 16) + [True] * 16
    assert [bool(frame.source) for frame in frames] == [False] * (len(frames) - 3) + [True] * 3


def test_texts_and_containers_are_cut_and_counted(caught) -> None:
    values = {"text": "x" * 201, "whole": "y" * 200, "items": list(range(30, 41))}

    [*_, frame] = capture(caught(fail_with, ValueError(), **values), EVERYTHING).exception.frames

    assert f"'text': '{'x' * 200}'… (201 characters)" in frame.locals["variables"]
    described = capture(ValueError(), EVERYTHING, Subject(arguments=values)).arguments
    assert described["whole"] == repr("y" * 200)
    assert described["items"] == "[30, 31, 32, 33, 34, 35, 36, 37, 38, 39, … 1 more]"


@pytest.mark.parametrize(("n", "more"), [(40, None), (41, "1 more variable"), (50, "10 more variables")])
def test_variables_that_could_be_shown_are_counted(caught, n, more) -> None:
    names = {f"v{number}": number for number in range(n)} | {"@py_assert1": None, 3: "no name"}

    [*_, frame] = capture(caught(exec, "1 / 0", names), EVERYTHING).exception.frames

    assert len(frame.locals) == min(n, 40) + (more is not None)
    assert frame.locals.get("…") == more


def test_fingerprint_outlives_edits_elsewhere_in_the_file(caught, tmp_path) -> None:
    kinds = []
    for name, above in (("before.py", ""), ("after.py", "import sys\n\nLIMIT = 3\n")):
        path, names = tmp_path / name, {"__name__": "shop"}
        path.write_text(f"{above}def rate(order):\n    return {{}}[order]\n")
        exec(compile(path.read_text(), str(path), "exec"), names)
        kinds.append(capture(caught(names["rate"], "half"), EVERYTHING).fingerprint)

    assert kinds[0] == kinds[1]


def test_fingerprint_is_of_the_kind_not_of_the_values(caught) -> None:
    def divide(n):
        return n / 0

    one, two = (capture(caught(divide, n), EVERYTHING).fingerprint for n in (1, 2))
    other = capture(caught({}.__getitem__, 0), EVERYTHING).fingerprint

    assert one == two
    assert one != other


def test_order_and_number_of_a_groups_members_do_not_change_the_kind(caught) -> None:
    errors = [caught(int, "a"), caught({}.__getitem__, 0), caught(int, "b")]

    groups = [errors, errors[::-1], errors[:2], errors[:1]]
    kinds = [fingerprint_of(capture(ExceptionGroup("tasks", group), EVERYTHING).exception) for group in groups]

    assert kinds[0] == kinds[1] == kinds[2] != kinds[3]


def test_package_whose_name_begins_as_callboxs_does_is_the_programs(caught) -> None:
    names: dict = {"__name__": "callbox_shop"}
    exec(compile("def fail():\n    1 / 0\n", f"{Path(callbox.__file__).parent}_shop/prices.py", "exec"), names)

    failure = capture(caught(names["fail"]), EVERYTHING)

    assert [frame.function for frame in failure.exception.frames][-1] == "fail"


def test_depth_of_recursion_does_not_change_the_kind(caught) -> None:
    kinds = {fingerprint_of(capture(caught(sink, n), EVERYTHING).exception) for n in (20, 30, 40)}

    assert len(kinds) == 1


def test_exception_built_by_hand_has_no_frames() -> None:
    failure = capture(ValueError("never raised"), EVERYTHING)

    assert (failure.test_name, failure.traceback) == ("unknown", "ValueError: never raised")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyError("k"), "'k'"),
        (OSError(2, "No such file", "a.txt"), "[Errno 2] No such file: 'a.txt'"),
        (ValueError(), ""),
        (ValueError(1, "b"), "(1, 'b')"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), "'utf-8' codec can't decode byte 0xff in position 0: bad"),
    ],
)
def test_message_is_what_str_gives_where_that_is_safe(error, message) -> None:
    assert capture(error, EVERYTHING).exception.message == message


def test_syntax_error_says_what_and_where(caught) -> None:
    error = caught(compile, "x = 1\ny = ]\n", "pages/home.tpl", "exec")

    raised = capture(error, EVERYTHING).exception

    assert raised.message == str(error) == "unmatched ']' (home.tpl, line 2)"
    assert (raised.attributes["filename"], raised.attributes["lineno"]) == ("'pages/home.tpl'", "2")
    assert "y = ]" in raised.attributes["text"]


def test_class_source_of_a_method_is_kept(caught) -> None:
    failure = capture(caught(Hostile._count, Hostile()), EVERYTHING)

    assert failure.exception.frames[-1].class_source.startswith("class Hostile:")
    assert failure.exception.frames[-1].class_source.rstrip().endswith("__class__ = property(_count)")


def test_capture_changes_nothing_of_the_exception(caught) -> None:
    error = caught(fail_with, ValueError("as it was"))
    before = (error.__traceback__, error.args, dict(vars(error)))

    capture(error, EVERYTHING)

    assert (error.__traceback__, error.args, dict(vars(error))) == before


def test_name_and_metadata_of_what_failed_are_kept_without_secrets_and_never_keep_it_from_being_kept(caught) -> None:
    n_before = Hostile.n_calls
    metadata = {"queue": "amqp://ann:n0-place-t0-hide@mq/", "n": 3, "broker": Hostile()}
    subject = Subject(name="GET /?token=n0-place-t0-hide", metadata=metadata)

    failure = capture(caught(int, "x"), CaptureOptions(), subject)

    assert failure.test_name == "GET /?token=[redacted: key token]"
    assert {name: failure.metadata[name] for name in metadata} == {
        "queue": "amqp://ann:[redacted: url password]@mq/",
        "n": 3,
        "broker": "Hostile()",
    }
    assert Hostile.n_calls == n_before


def test_reason_of_a_dump_is_kept_without_secrets() -> None:
    assert dump_threads("before token=n0-place-t0-hide", CaptureOptions()).summary.endswith(
        "before token=[redacted: key token]"
    )
