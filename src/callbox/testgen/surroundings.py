"""What a test needs around its call, from what the call touched: captured output, files, a clock, a seed."""

from __future__ import annotations

import datetime as dt
import importlib.util
import os
import re
import sys
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from callbox.errors import GenerateError
from callbox.testgen.call_form import CallForm
from callbox.testgen.case import place
from callbox.testgen.model import Call, Effect
from callbox.values.literals import Literal, literals

_REFUSED = {
    "network": "it talks to the network ({}): record and generate with --mock for the function that does",
    "process": "it starts a process ({})",
    "database": "it opens a database ({})",
    "environment": "it changes the environment ({})",
    "changes files": "it changes files or folders ({})",
}


@dataclass(slots=True)
class Surroundings:
    """What stands around a call in its test.

    Attributes:
        values: more values that are written, by name.
        variables: names of arguments that `before` sets, which are not written as values.
        mocks: names of mocks, which `before` makes.
        before: templates of statements before the call.
        after: templates of assertions after it.
        fixtures: pytest fixtures.
        decorators: of the test function.
        imports: import statements.
    """

    values: dict[str, Any] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    mocks: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    fixtures: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()

    def with_variables(self, template: str) -> str:
        """Put the names of variables in their places."""
        for name in self.variables:
            template = template.replace(place(name), name)
        return template


def surround(call: Call, form: CallForm, *, is_frozen: bool, is_zoned: bool) -> Surroundings:
    """Prepare what a call touched.

    Args:
        call: the recorded call.
        form: how the test calls.
        is_frozen: let the clock stand still.
        is_zoned: let it show the time zone of the recording.

    Raises:
        GenerateError: it touched something that a test cannot bring about.
    """
    around = Surroundings()
    _expect_output(call, around)
    for effect in call.effects:
        if effect.kind in _REFUSED:
            raise GenerateError(_REFUSED[effect.kind].format(effect.detail or "?"))
        if effect.kind == "randomness":
            _seed(effect, around)
    _prepare_files([e for e in call.effects if e.kind.endswith(" file")], form.values, around)
    if is_frozen:
        _freeze_time(call, around, is_zoned=is_zoned)
    return around


def _expect_output(call: Call, around: Surroundings) -> None:
    if not (call.stdout or call.stderr):
        return
    around.fixtures += ("capsys",)
    if call.stdout and call.stderr:
        around.after += ("captured = capsys.readouterr()",)
        reads = [("captured.out", "printed"), ("captured.err", "printed_to_stderr")]
    else:
        reads = [("capsys.readouterr().out", "printed") if call.stdout else ("capsys.readouterr().err", "printed")]
    texts = [text for text in (call.stdout, call.stderr) if text]
    for (read, name), text in zip(reads, texts, strict=True):
        around.values[name] = text
        around.after += (f"assert {read} == {place(name)}",)


def _seed(effect: Effect, around: Surroundings) -> None:
    if not effect.detail:
        raise GenerateError("it draws random numbers from a state that no small seed gives: call random.seed first")
    around.before += (f"random.seed({effect.detail})",)
    around.imports += ("import random",)


def _prepare_files(effects: list[Effect], values: Mapping[str, Any], around: Surroundings) -> None:
    """Put files that were named by an argument into `tmp_path`."""
    written = {e.detail for e in effects if e.kind == "writes file"}
    for effect in effects:
        if effect.kind == "reads file" and (effect.detail in written or _is_everywhere(effect.detail)):
            continue
        name = next((n for n, v in values.items() if _names(v, effect.detail)), None)
        verb = effect.kind.replace(" file", "")
        if name is None:
            raise GenerateError(f"it {verb} {effect.detail}, which no argument names")
        if effect.content is None:
            raise GenerateError(f"it {verb} {effect.detail}, which is large, or was gone after the call")
        _prepare_file(effect, name, values[name], around)


def _prepare_file(effect: Effect, name: str, value: Any, around: Surroundings) -> None:
    path = f'tmp_path / "{re.sub(r"[^0-9A-Za-z._-]", "_", PurePath(effect.detail).name)}"'
    if "tmp_path" not in around.fixtures:
        around.fixtures += ("tmp_path",)
    is_text, content = _as_text(effect.content or b"")
    content_name = "content" if "content" not in around.values else f"content_of_{name}"
    around.variables += (name,)
    around.values[content_name] = content
    around.before += (f"{name} = {f'str({path})' if isinstance(value, str) else path}",)
    file = f"Path({name})" if isinstance(value, str) else name
    if isinstance(value, str):
        around.imports += ("from pathlib import Path",)
    kind, encoding = ("text", ', encoding="utf-8"') if is_text else ("bytes", "")
    if effect.kind == "reads file":
        around.before += (f"{file}.write_{kind}({place(content_name)}{encoding})",)
    else:
        reading = f'{file}.read_text(encoding="utf-8")' if is_text else f"{file}.read_bytes()"
        around.after += (f"assert {reading} == {place(content_name)}",)


def _as_text(content: bytes) -> tuple[bool, str | bytes]:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False, content
    return (True, text) if "\r" not in text else (False, content)


def _names(value: Any, path: str) -> bool:
    if not isinstance(value, (str, PurePath)):
        return False
    return os.fspath(value) == path or (not Path(path).is_absolute() and str(Path(path)) == str(Path(value)))


def _is_everywhere(path: str) -> bool:
    """Say whether a file is part of Python, of an installed package or of the system's data."""
    roots = {
        sys.prefix,
        sys.base_prefix,
        os.devnull,
        "/usr/share",
        "/usr/lib",
        "/etc/localtime",
        *filter(None, sys.path),
    }
    where = Path(path).absolute()
    return any(where.is_relative_to(root) for root in roots if Path(root).absolute() != Path.cwd())


def _freeze_time(call: Call, around: Surroundings, *, is_zoned: bool) -> None:
    """Let the clock stand still at the moment of the recording, by the library that the project has."""
    moment = dt.datetime.fromtimestamp(call.t_epoch_ns // 10**9, dt.UTC)
    text = moment.strftime("%Y-%m-%d %H:%M:%S")
    if importlib.util.find_spec("time_machine") is not None:
        written = Literal(f'"{text}+00:00"')
        if is_zoned:
            written = literals({"moment": moment.astimezone(_zone_of(call))})[0]
        around.imports += ("import time_machine", *written.imports)
        around.decorators += (f"@time_machine.travel({written.source}, tick=False)",)
    elif importlib.util.find_spec("freezegun") is not None:
        around.imports += ("from freezegun import freeze_time",)
        offset = moment.astimezone(_zone_of(call)).utcoffset() if is_zoned else None
        zone = f", tz_offset={offset / dt.timedelta(hours=1):g}" if offset else ""
        around.decorators += (f'@freeze_time("{text}"{zone})',)
    else:
        raise GenerateError("it depends on the clock: install time-machine or freezegun to test it")


def _zone_of(call: Call) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(call.time_zone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError) as error:
        raise GenerateError(f"it depends on the time zone, and there is none called {call.time_zone!r}") from error
