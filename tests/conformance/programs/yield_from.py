"""`yield from` generators, iterators and each other; return values; exceptions on the way up."""


def leaf(n):
    for i in range(n):
        yield i
    return "leaf"


def middle(n):
    result = yield from leaf(n)
    yield result
    return "middle"


def root(n):
    result = yield from middle(n)
    yield from (result, note())


def fail():
    yield 1
    raise ValueError


def pass_on():
    yield from fail()


def catch():
    try:
        yield from pass_on()
    except ValueError:
        yield note()


def note():
    return "noted"


class Countdown:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration("result")
        self.n -= 1
        return self.n


def delegate_to_class():
    result = yield from Countdown(2)
    yield result


def main():
    assert list(root(2)) == [0, 1, "leaf", "middle", "noted"]
    assert list(catch()) == [1, "noted"]
    assert list(delegate_to_class()) == [1, 0, "result"]
    partial = root(3)
    next(partial)
    next(partial)
    partial.close()
