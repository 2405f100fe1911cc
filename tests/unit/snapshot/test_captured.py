from __future__ import annotations

import asyncio
import stat
from dataclasses import dataclass, field
from inspect import iscoroutinefunction

import pytest

from callbox.errors import CallboxWarning, ConfigError, FormatError, NothingFoundError
from callbox.snapshot import capture_args, load_capture


@dataclass
class Cart:
    items: list[str] = field(default_factory=list)


def add(cart: Cart, item: str, *rest: str, quantity: int = 1, **notes: str) -> int:
    cart.items += [item, *rest] * quantity
    return len(cart.items)


def log_in(user: str, password: str) -> str:
    return user


def test_call_is_kept_as_it_was_when_it_was_made(tmp_path) -> None:
    captured = capture_args(tmp_path)(add)

    result = captured(Cart(["a"]), "b", "c", quantity=2, colour="red")

    assert result == 5
    assert load_capture(captured) == ((Cart(["a"]), "b", "c"), {"quantity": 2, "colour": "red"})


def test_captured_call_can_be_made_again(tmp_path) -> None:
    captured = capture_args(tmp_path)(add)
    captured(Cart(), "b")

    args, kwargs = load_capture(captured)

    assert add(*args, **kwargs) == 1


def test_calls_are_in_order_and_the_oldest_go(tmp_path) -> None:
    captured = capture_args(tmp_path, retention=2)(log_in)
    for name in ("ada", "bob", "eve"):
        captured(name, "")

    assert [load_capture(captured, index).args[0] for index in (0, 1, -1)] == ["bob", "eve", "eve"]
    assert len(list(tmp_path.rglob("*.cbv"))) == 2


def test_retention_of_0_keeps_all(tmp_path) -> None:
    captured = capture_args(tmp_path, retention=0)(log_in)
    for number in range(15):
        captured(str(number), "")

    assert load_capture(captured, 14).args[0] == "14"


def test_later_runs_add_unless_told_to_overwrite(tmp_path) -> None:
    capture_args(tmp_path)(log_in)("ada", "")
    capture_args(tmp_path)(log_in)("bob", "")
    assert load_capture(log_in, 0, path=tmp_path).args[0] == "ada"

    capture_args(tmp_path, overwrite=True)(log_in)("eve", "")

    assert load_capture(log_in, 0, path=tmp_path).args[0] == "eve"


def test_ignored_argument_is_not_kept_and_later_ones_come_by_name(tmp_path) -> None:
    captured = capture_args(tmp_path, ignore_args=["cart"])(lambda cart, item: len(item))
    captured([], "pear")

    assert load_capture(captured) == ((), {"item": "pear"})


@pytest.mark.parametrize(
    ("ignored", "message"),
    [("nobody", "has no such parameter; it has cart, item"), ("item", "takes 'rest' after it by position only")],
)
def test_argument_that_cannot_be_ignored_is_refused(tmp_path, ignored, message) -> None:
    with pytest.raises(ConfigError, match=message):
        capture_args(tmp_path, ignore_args=[ignored])(add)


def test_disabled_leaves_the_function_as_it_is() -> None:
    assert capture_args(enabled=False)(add) is add


def test_secrets_reach_no_file(tmp_path) -> None:
    captured = capture_args(tmp_path)(log_in)
    captured("ada", "hunter2-sentinel")

    assert load_capture(captured).args == ("ada", "[redacted: key password]")
    assert not [file for file in tmp_path.rglob("*.cbv") if b"sentinel" in file.read_bytes()]


def test_files_are_private(tmp_path) -> None:
    capture_args(tmp_path)(log_in)("ada", "")

    [file] = tmp_path.rglob("*.cbv")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_cannot_be_kept_is_said_once_and_the_call_goes_on(tmp_path) -> None:
    captured = capture_args(tmp_path)(add)

    with pytest.warns(CallboxWarning, match=r"add was not captured: cannot capture call\[0\]\[1\]: it is a") as warned:
        assert captured(Cart(), (n for n in "ab")) == 1
        assert captured(Cart(), (n for n in "ab")) == 1

    assert len(warned) == 1


def test_call_with_wrong_arguments_fails_as_it_would(tmp_path) -> None:
    with pytest.raises(TypeError, match="log_in"):
        capture_args(tmp_path)(log_in)("ada")

    assert not list(tmp_path.rglob("*.cbv"))


def test_coroutine_function_stays_one(tmp_path) -> None:
    @capture_args(tmp_path)
    async def fetch(url: str) -> str:
        return url

    assert iscoroutinefunction(fetch)
    assert asyncio.run(fetch("a")) == "a"
    assert load_capture(fetch).args == ("a",)


def test_no_captured_call_says_where_it_looked(tmp_path) -> None:
    with pytest.raises(NothingFoundError, match=r"no captured call 3 of .*log_in: 0 in .*; call it once"):
        load_capture(log_in, 3, path=tmp_path)


def test_damaged_capture_is_refused(tmp_path) -> None:
    captured = capture_args(tmp_path)(log_in)
    captured("ada", "")
    [file] = tmp_path.rglob("*.cbv")
    file.write_bytes(file.read_bytes()[:-1])

    with pytest.raises(FormatError):
        load_capture(captured)
