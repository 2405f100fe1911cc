"""What is sent to a collector of OpenTelemetry can be chosen."""

from __future__ import annotations

import pytest

from callbox.errors import ConfigError
from callbox.failures.model import Failure, Raised

FAILURE = Failure("abc", 1.5, "GET /pay", exception=Raised("KeyError", "'k'"), metadata={"path": "/pay", "odd": [1]})


@pytest.mark.parametrize("signals", [(), ("metrics",), ("logs", "traces")])
def test_unknown_signals_are_refused(signals) -> None:
    otlp = pytest.importorskip("callbox.failures.otlp", exc_type=ImportError)

    with pytest.raises(ConfigError, match="use one or both of logs, spans"):
        otlp.OtlpSink("http://127.0.0.1:9", signals=signals)


@pytest.mark.parametrize(("signal", "counts"), [("logs", (1, 0)), ("spans", (0, 1))])
def test_only_what_is_chosen_is_sent(signal, counts) -> None:
    otlp = pytest.importorskip("callbox.failures.otlp", exc_type=ImportError)
    support = pytest.importorskip("tests.support.otlp_receiver", exc_type=ImportError)
    with support.receiving() as receiver:
        sink = otlp.OtlpSink(receiver.url, signals=[signal])
        sink(FAILURE)
        sink.close()

    [sent] = [*receiver.logs, *receiver.spans]
    assert (len(receiver.logs), len(receiver.spans)) == counts
    told = support.attributes(sent if signal == "logs" else sent.events[0])
    assert told["callbox.path"] == "/pay"
    assert "callbox.odd" not in told
