"""How commands read recorded calls."""

from __future__ import annotations

import pytest

from callbox.cli.main import main
from callbox.cli.recorded_calls import read_calls
from callbox.errors import NothingFoundError


def test_folder_without_calls_is_named_with_what_makes_some(tmp_path) -> None:
    with pytest.raises(NothingFoundError, match=f"{tmp_path} has no calls: record some by callbox record"):
        read_calls(str(tmp_path), ())


@pytest.mark.parametrize("words", [["gen", "--report", "r.txt"], ["tead", "shop.*", "--report", "r.txt", "--", "x.py"]])
def test_report_of_no_known_kind_is_refused_before_anything_is_done(capsys, words) -> None:
    assert main(words) == 2
    assert "--report r.txt: its name must end in .json or .html" in capsys.readouterr().err
