"""What the command line of `callbox bench` and the configuration come to."""

from __future__ import annotations

import pytest

from callbox.cli.bench_options import read_options
from callbox.errors import ConfigError


def test_zero_is_a_value_as_any_other(tmp_path) -> None:
    (tmp_path / "callbox.toml").write_text("[bench]\nmemory_mb = 512\nseed = 7\n")

    options = read_options(str(tmp_path), {"memory_mb": 0, "seed": 0, "deepest": False, "exclude": (), "junit": None})

    assert (options.memory_mb, options.seed, options.settings().memory_bytes) == (0, 0, 0)


def test_each_pattern_has_its_own_tolerances(tmp_path) -> None:
    (tmp_path / "callbox.toml").write_text(
        '[bench]\nrtol = 0\n[bench.tolerance."ratio"]\nequal_nan = false\natol = 1\n'
    )

    tolerances = read_options(str(tmp_path), {}).tolerances()

    ratio, other = tolerances.of("a.time_ratio"), tolerances.of("a.time_other")
    assert (ratio.rtol, ratio.atol, ratio.equal_nan) == (0.0, 1.0, False)
    assert (other.rtol, other.atol, other.equal_nan) == (0.0, 1e-8, True)


@pytest.mark.parametrize("line", ["rtol = true", "equal_nan = 1", "rtol = 'much'"])
def test_tolerance_of_another_type_is_told(tmp_path, line) -> None:
    (tmp_path / "callbox.toml").write_text(f'[bench.tolerance."ratio"]\n{line}\n')

    with pytest.raises(ConfigError, match="tolerance"):
        read_options(str(tmp_path), {}).tolerances()
