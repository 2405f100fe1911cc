from __future__ import annotations

import re
from importlib.resources import files

import pytest

from callbox.model import Outcome
from callbox.view.assets import load_assets, load_text


def test_page_has_every_file_that_it_names() -> None:
    assets = load_assets()
    named = set(re.findall(r'(?:src|href)="([^"]+)"', load_text("index.html")))
    for name in [name for name in assets if name.endswith(".js") and "/" not in name]:
        named |= set(re.findall(r'from "\./([\w.]+)"', load_text(name)))
        named |= set(re.findall(r'"(vendor/[\w.-]+)"', load_text(name)))

    assert named - assets.keys() == set()


def test_page_knows_how_calls_end() -> None:
    source = load_text("recording.js")
    numbers = dict(re.findall(r"(\w+): (\d)", source.split("OUTCOME = {")[1].split("}")[0]))
    names = re.findall(r'"([^"]+)"', source.split("OUTCOME_NAMES = [")[1].split("]")[0])

    assert numbers == {outcome.name: str(outcome.value) for outcome in Outcome}
    assert len(names) == len(Outcome)


@pytest.mark.parametrize(
    "name", ["inter ", "jetbrains-mono ", "d3-zoom ", "d3-array ", "wasm-graphviz ", "Graphviz:", "Expat:"]
)
def test_files_of_others_come_with_their_licences(name) -> None:
    licences = (files("callbox.view") / "vendor" / "LICENSES.txt").read_text(encoding="utf-8")

    assert name in licences
