"""Lambdas, closures and default arguments that are calls."""


def compose(*functions):
    result = lambda value: value
    for function in functions:
        result = (lambda inner, outer: lambda value: outer(inner(value)))(result, function)
    return result


def counter():
    n = 0

    def increment():
        nonlocal n
        n += 1
        return n

    return increment


def default_of(value=(lambda: 3)()):
    return value


def main():
    assert compose(lambda n: n + 1, lambda n: n * 2)(3) == 8
    increment = counter()
    assert [increment(), increment()] == [1, 2]
    assert default_of() == 3
    assert (lambda *args, **kwargs: len(args) + len(kwargs))(1, 2, a=3) == 3
    table = {"add": lambda a, b: a + b, "neg": lambda a: -a}
    assert table["add"](1, table["neg"](2)) == -1
    assert (lambda f: f(f, 3))(lambda f, n: 1 if n == 0 else n * f(f, n - 1)) == 6
