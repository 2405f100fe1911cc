from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.captures import DURATION_NS, CaptureBuilder

from callbox.recording import Recording
from callbox.tracing.callgraph import CallGraph
from callbox.tracing.metrics import FunctionMetrics, Metrics, compute_metrics


def of(metrics: Metrics, name: str) -> FunctionMetrics:
    return next(entry for entry in metrics.functions if entry.function.name == name)


def test_total_time_is_that_with_a_call_on_the_stack_in_any_thread(shop_tree) -> None:
    metrics = compute_metrics(shop_tree)

    assert metrics.total_ns == 100 + 20 + 10
    assert [(t.thread.name, t.n_calls, t.total_ns) for t in metrics.threads] == [
        ("MainThread", 5, 100),
        ("worker", 2, 30),
    ]


def test_function_has_calls_inclusive_and_self_time(shop_tree) -> None:
    metrics = compute_metrics(shop_tree)

    load = of(metrics, "load")
    main = of(metrics, "main")
    assert (load.n_calls, load.inclusive_ns, load.self_ns) == (2, 40, 40)
    assert (main.n_calls, main.inclusive_ns, main.self_ns) == (1, 100, 30)
    assert main.self_share == pytest.approx(30 / 130)


def test_recursion_counts_the_outermost_activation_alone(shop_tree) -> None:
    sort = of(compute_metrics(shop_tree), "sort")

    assert (sort.n_calls, sort.inclusive_ns, sort.self_ns) == (2, 50, 40)
    assert (sort.min_ns, sort.mean_ns, sort.max_ns) == (20, 35.0, 50)
    assert sort.max_nested == 1


def test_mutual_recursion_counts_each_function_once() -> None:
    builder = CaptureBuilder()
    even, odd = builder.function("even"), builder.function("odd")
    thread = builder.thread()
    thread.call(even, at=0).call(odd, at=10).call(even, at=20).call(odd, at=30)
    thread.ret(odd, at=40).ret(even, at=50).ret(odd, at=60).ret(even, at=70)

    metrics = compute_metrics(Recording(builder.build()).tree)

    assert [(e.function.name, e.inclusive_ns, e.max_nested) for e in metrics.functions] == [
        ("even", 70, 1),
        ("odd", 50, 1),
    ]


def test_same_function_on_two_stacks_is_no_recursion(shop_tree) -> None:
    metrics = compute_metrics(shop_tree)

    assert of(metrics, "load").max_nested == 0
    assert [entry.function.name for entry in metrics.recursive] == ["sort"]


def test_interleaved_generators_are_no_recursion() -> None:
    builder = CaptureBuilder()
    main, numbers = builder.function("main"), builder.function("numbers")
    thread = builder.thread()
    thread.call(main).call(numbers, frame=1).suspend(numbers).call(numbers, frame=2).suspend(numbers)
    thread.resume(numbers, frame=1).ret(numbers).resume(numbers, frame=2).ret(numbers).ret(main)

    entry = of(compute_metrics(Recording(builder.build()).tree), "numbers")

    assert (entry.n_calls, entry.inclusive_ns, entry.max_nested) == (2, 4_000, 0)


def test_exceptions_are_counted_by_function(shop_tree) -> None:
    metrics = compute_metrics(shop_tree)

    assert metrics.n_raised == 1
    assert (of(metrics, "load").n_raised, of(metrics, "main").n_raised) == (1, 0)


def test_depth_of_a_root_is_zero(shop_tree) -> None:
    metrics = compute_metrics(shop_tree)

    assert metrics.max_depth == 2
    assert metrics.mean_depth == pytest.approx((0 + 1 + 1 + 2 + 2 + 0 + 0) / 7)


def test_hotspots_come_by_self_time_and_equals_by_name(shop_tree) -> None:
    metrics = compute_metrics(shop_tree)

    assert [(e.function.name, e.self_ns) for e in metrics.hotspots] == [
        ("load", 40),
        ("sort", 40),
        ("main", 30),
        ("less", 20),
    ]


def test_hotspots_are_ten_at_most() -> None:
    builder = CaptureBuilder()
    functions = [builder.function(f"f{index:02}") for index in range(30)]
    thread = builder.thread()
    [thread.call(function).ret(function) for function in functions]

    metrics = compute_metrics(Recording(builder.build()).tree)

    assert len(metrics.functions) == 30
    assert [entry.function.name for entry in metrics.hotspots] == [f"f{index:02}" for index in range(10)]


def test_open_call_counts_with_the_time_it_has_had() -> None:
    builder = CaptureBuilder()
    main = builder.function("main")
    builder.thread().call(main, at=1_000)

    metrics = compute_metrics(Recording(builder.build()).tree)

    assert of(metrics, "main").inclusive_ns == DURATION_NS - 1_000


def test_memory_counts_the_outermost_activation_alone() -> None:
    builder = CaptureBuilder(memory=True)
    main, walk = builder.function("main"), builder.function("walk")
    thread = builder.thread()
    thread.call(main).call(walk, n_bytes=100, n_blocks=1).call(walk, n_bytes=10, n_blocks=1)
    thread.ret(walk, n_bytes=5, n_blocks=1).ret(walk).ret(main)

    metrics = compute_metrics(Recording(builder.build()).tree)

    walk_metrics = of(metrics, "walk")
    assert (metrics.allocated_bytes, metrics.allocated_blocks) == (115, 3)
    assert (walk_metrics.allocated_bytes, walk_metrics.allocated_blocks) == (15, 2)


def test_memory_is_none_where_it_was_not_recorded(shop_tree) -> None:
    metrics = compute_metrics(shop_tree)

    assert (metrics.allocated_bytes, metrics.functions[0].allocated_blocks) == (None, None)


def test_nothing_recorded_has_metrics_of_zero(empty_tree) -> None:
    metrics = compute_metrics(empty_tree)

    assert (metrics.total_ns, metrics.n_calls, metrics.mean_depth, metrics.functions) == (0, 0, 0.0, ())


def test_sums_over_chunks_are_those_of_the_whole(shop_tree, monkeypatch) -> None:
    whole = compute_metrics(shop_tree)
    monkeypatch.setattr("callbox.tracing.metrics._CHUNK_SIZE", 2)

    assert compute_metrics(shop_tree) == whole


def test_dict_holds_what_get_metrics_promises(shop_tree) -> None:
    metrics = compute_metrics(shop_tree).to_dict()

    assert metrics["total_time"] == pytest.approx(130e-9)
    assert metrics["total_calls"] == 7
    assert metrics["call_counts"] == {"shop.data.load": 2, "shop.main": 1, "shop.order.less": 2, "shop.order.sort": 2}
    assert metrics["depth"] == {"max": 2, "mean": pytest.approx(6 / 7)}
    assert metrics["memory_usage"] is None
    assert metrics["exceptions"] == {"shop.data.load": 1}
    assert metrics["recursion"] == [{"function": "shop.order.sort", "deepest": 2, "calls": 2}]
    assert metrics["hotspots"][0]["function"] == "shop.data.load"
    assert metrics["hotspots"][0]["self_time_s"] == pytest.approx(40e-9)


def test_dict_is_json(shop_tree) -> None:
    metrics = compute_metrics(shop_tree).to_dict()

    assert json.loads(json.dumps(metrics)) == metrics


def test_functions_of_one_name_are_told_apart_but_counted_together_by_name() -> None:
    builder = CaptureBuilder()
    first = builder.function("<lambda>", line_number=3)
    second = builder.function("<lambda>", line_number=9)
    builder.thread().call(first).ret(first).call(second).ret(second).call(second).ret(second)

    metrics = compute_metrics(Recording(builder.build()).tree).to_dict()

    assert metrics["call_counts"] == {"app.<lambda>": 3}
    assert [(entry["line"], entry["calls"]) for entry in metrics["functions"]] == [(9, 2), (3, 1)]


# Held against a model that walks nested calls one by one

Shape = tuple[int, int, list["Shape"]]
leaves = st.tuples(st.integers(0, 3), st.integers(1, 1_000), st.just([]))
shapes = st.recursive(
    leaves,
    lambda inner: st.tuples(st.integers(0, 3), st.integers(1, 1_000), st.lists(inner, max_size=4)),
    max_leaves=40,
)


@dataclass
class Model:
    """A program of nested calls: each spends its own time after its callees have returned."""

    builder: CaptureBuilder = field(default_factory=CaptureBuilder)
    n_calls: Counter[str] = field(default_factory=Counter)
    self_ns: Counter[str] = field(default_factory=Counter)
    inclusive_ns: Counter[str] = field(default_factory=Counter)
    now_ns: int = 0

    def __post_init__(self) -> None:
        self.functions = [self.builder.function(name) for name in "abcd"]
        self.thread = self.builder.thread()

    def run(self, shape: Shape, stack: tuple[str, ...] = ()) -> None:
        index, own_ns, callees = shape
        function = self.functions[index]
        started_ns = self.now_ns
        self.thread.call(function, at=self.now_ns)
        for callee in callees:
            self.run(callee, (*stack, function.name))
        self.now_ns += own_ns
        self.thread.ret(function, at=self.now_ns)
        self.n_calls[function.name] += 1
        self.self_ns[function.name] += own_ns
        self.inclusive_ns[function.name] += 0 if function.name in stack else self.now_ns - started_ns


@given(st.lists(shapes, max_size=3))
def test_any_program_has_the_metrics_of_the_model(roots) -> None:
    model = Model()
    for root in roots:
        model.run(root)

    metrics = compute_metrics(Recording(model.builder.build()).tree)

    assert {e.function.name: e.n_calls for e in metrics.functions} == model.n_calls
    assert {e.function.name: e.self_ns for e in metrics.functions} == model.self_ns
    assert {e.function.name: e.inclusive_ns for e in metrics.functions} == model.inclusive_ns
    assert metrics.total_ns == model.now_ns


@given(st.lists(shapes, max_size=3))
def test_edges_and_roots_add_up_to_the_functions(roots) -> None:
    model = Model()
    for root in roots:
        model.run(root)
    tree = Recording(model.builder.build()).tree

    entered: Counter[int] = Counter()
    for edge in CallGraph(tree).edges:
        entered[edge.callee.id] += edge.inclusive_ns
    for call in tree.calls[tree.calls["parent"] < 0]:
        entered[int(call["code"])] += int(call["inclusive_ns"])

    assert entered == {e.function.id: e.inclusive_ns for e in compute_metrics(tree).functions}
