"""exec and eval: functions made at run time, in this module's globals, in their own, and one code run twice."""

SOURCE = """
def made(n):
    return [inner(i) for i in range(n)]

def inner(i):
    return i + 1

result = made(2)
"""


def helper(n):
    return n + 1


def run_here():
    exec(compile("value = helper(1)", "<here>", "exec"), globals(), {})
    return eval("helper(2)")


def run_apart():
    namespace = {"__name__": __name__}
    exec(SOURCE, namespace)
    return namespace["made"](1)


def run_twice():
    code = compile("helper(1)", "<twice>", "eval")
    return [eval(code, {"__name__": __name__, "helper": helper}) for _ in range(3)]


def run_nameless():
    namespace = {"helper": helper}
    exec("def nameless():\n    return helper(1)\nnameless()", namespace)


def run_excluded():
    namespace = {"__name__": "excluded", "helper": helper}
    exec("def excluded():\n    return helper(1)\nexcluded()", namespace)


def raise_inside():
    try:
        exec("raise ValueError", globals(), {})
    except ValueError:
        return helper(1)
    try:
        exec("syntax error")
    except SyntaxError:
        return None


def main():
    assert run_here() == 3
    assert run_apart() == [1]
    assert run_twice() == [2, 2, 2]
    run_nameless()
    run_excluded()
    raise_inside()
