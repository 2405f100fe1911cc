"""JSON as commands print it."""

from __future__ import annotations

import json

from callbox.cli.json_output import print_json


def test_any_text_passes_any_terminal(capsys) -> None:
    print_json({"name": "Zoë \ud800"})

    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"name": "Zoë \ud800"}
