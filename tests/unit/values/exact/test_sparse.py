"""SciPy's sparse arrays and matrices."""

from __future__ import annotations

import numpy as np
import pytest

from callbox.errors import FormatError
from callbox.values.exact import decode, encode

sp = pytest.importorskip("scipy.sparse")

DENSE = np.array([[0.0, 1.5, 0.0], [2.0, 0.0, 0.0]])


@pytest.mark.parametrize("name", ["csr", "csc", "bsr", "coo", "dia", "dok", "lil"])
@pytest.mark.parametrize("kind", ["array", "matrix"])
def test_sparse_value_keeps_format_and_entries(name, kind) -> None:
    value = getattr(sp, f"{name}_{kind}")(DENSE)

    decoded = decode(encode(value))

    assert type(decoded) is type(value)
    assert (decoded.toarray() == DENSE).all()


def test_explicit_zeros_and_duplicates_stay() -> None:
    value = sp.coo_array((np.array([0.0, 1.0, 2.0]), (np.array([0, 1, 1]), np.array([0, 1, 1]))), shape=(2, 2))

    assert decode(encode(value)).data.tolist() == [0.0, 1.0, 2.0]


def test_index_outside_the_shape_is_a_format_error() -> None:
    value = sp.csr_array(DENSE)
    value.indices[0] = 99

    with pytest.raises(FormatError):
        decode(encode(value))
