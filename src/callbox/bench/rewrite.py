"""A benchmark's body, rewritten so that the values it computes and drops are kept.

Most benchmarks return nothing: what they compute stands in an expression or a
variable that nobody reads. The rewritten body hands each such value to a keeper
and is otherwise the same. It is used only if the source found for a function
compiles to the very code that the function has.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

KEEPER = "__callbox_keep__"
"""The global name by which a rewritten body finds its keeper."""
Keep = Callable[[str, Any], Any]
"""Called as `keep(name, value)`; returns the value."""


def rewritten(function: FunctionType, keep: Keep) -> FunctionType | None:
    """Return a function that does the same and tells `keep` what it computes.

    The module is compiled whole, for what surrounds a function shows in its code:
    closures, private names, and which names are imported. `keep` becomes a global.

    Args:
        function: a plain function; of a method, its function.
        keep: is told of values.

    Returns:
        None, if the function has no source, or another one than its file says.
    """
    original = function.__code__
    try:
        module = ast.parse("".join(linecache.getlines(original.co_filename)))
        definition = next((node for node in ast.walk(module) if _is_at(node, original)), None)
        if definition is None or not any(_is_same_code(code, original) for code in _compiled(module, original)):
            return None
        _Rewriting().visit_body(definition)
        code = next(_compiled(module, original))
    except (SyntaxError, ValueError, RecursionError, StopIteration):
        return None
    cells = dict(zip(original.co_freevars, function.__closure__ or (), strict=True))
    closure = tuple(cells[name] for name in code.co_freevars)
    twin = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, closure)
    twin.__kwdefaults__ = function.__kwdefaults__
    function.__globals__[KEEPER] = keep
    return twin


def rewritten_script(source: str, filename: str) -> CodeType:
    """Compile a script whose values are told to a global called `KEEPER`."""
    module = ast.parse(source, filename)
    _Rewriting().visit_body(module)
    return compile(ast.fix_missing_locations(module), filename, "exec", dont_inherit=True)


def _is_at(node: ast.AST, code: CodeType) -> bool:
    """Say whether a node defines the function that code is of; code begins at the first decorator."""
    if not isinstance(node, ast.FunctionDef) or node.name != code.co_name:
        return False
    return min([node.lineno, *(d.lineno for d in node.decorator_list)]) == code.co_firstlineno


def _compiled(module: ast.Module, like: CodeType) -> Iterator[CodeType]:
    """Compile a module and give the code of the function of the same place."""
    waiting = [compile(module, like.co_filename, "exec", dont_inherit=True)]
    while waiting:
        code = waiting.pop()
        if code.co_qualname == like.co_qualname and code.co_firstlineno == like.co_firstlineno:
            yield code
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _is_same_code(mine: CodeType, theirs: CodeType) -> bool:
    if len(mine.co_consts) != len(theirs.co_consts):
        return False
    names = ("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_argcount", "co_flags")
    if any(getattr(mine, name) != getattr(theirs, name) for name in names):
        return False
    return all(_is_same_constant(a, b) for a, b in zip(mine.co_consts, theirs.co_consts, strict=True))


def _is_same_constant(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, CodeType):
        return isinstance(theirs, CodeType) and _is_same_code(mine, theirs)
    return type(mine) is type(theirs) and repr(mine) == repr(theirs)


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class _Rewriting(ast.NodeTransformer):
    """Hands values of expression statements and assignments to the keeper; leaves inner functions alone."""

    def visit_body(self, node: Any) -> None:
        """Rewrite the statements of a function or a script."""
        kept = [self.visit(statement) for statement in node.body]
        node.body = [one for item in kept for one in (item if isinstance(item, list) else [item])]

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if not isinstance(node.value, ast.Constant | ast.Yield | ast.YieldFrom | ast.Await):
            node.value = _kept(f"line {node.lineno}", node.value)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        node.value = _kept(ast.unparse(node.targets[0]), node.value)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = _kept(ast.unparse(node.target), node.value)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST | list[ast.AST]:
        if not isinstance(node.target, ast.Name):
            return node
        read = ast.copy_location(ast.Name(node.target.id, ast.Load()), node)
        return [node, ast.copy_location(ast.Expr(_kept(node.target.id, read)), node)]

    def visit(self, node: ast.AST) -> Any:
        """Visit a node, unless it begins a scope of its own."""
        return node if isinstance(node, _SCOPES) else super().visit(node)


def _kept(name: str, value: ast.expr) -> ast.expr:
    call = ast.Call(ast.Name(KEEPER, ast.Load()), [ast.Constant(name), value], [])
    return ast.fix_missing_locations(ast.copy_location(call, value))
