"""Generators: consumed, partly consumed, never started, closed, thrown into, sent to, in expressions."""


def count(n):
    for i in range(n):
        yield i
    return n


def echo():
    received = None
    while True:
        try:
            received = yield received
        except ValueError:
            received = "caught"


def refuse_to_close():
    try:
        yield 1
    except GeneratorExit:
        note()
        raise


def clean_up():
    try:
        yield 1
        yield 2
    finally:
        note()


def fail():
    yield 1
    raise KeyError


def note():
    return None


def interleave():
    a, b = count(3), count(3)
    return [next(a), next(b), next(a), next(b), next(a), next(b)]


def recurse(depth):
    if depth:
        for value in recurse(depth - 1):
            yield value + 1
    yield 0


def main():
    assert list(count(3)) == [0, 1, 2]
    started = count(3)
    next(started)
    never_started = count(3)
    del never_started
    started.close()

    sent = echo()
    next(sent)
    assert sent.send(1) == 1
    assert sent.throw(ValueError) == "caught"
    sent.close()

    for generator in (refuse_to_close(), clean_up()):
        next(generator)
        generator.close()
    dropped = clean_up()
    next(dropped)
    del dropped

    failing = fail()
    next(failing)
    try:
        next(failing)
    except KeyError:
        note()
    try:
        next(failing)
    except StopIteration:
        note()

    assert interleave() == [0, 0, 1, 1, 2, 2]
    assert list(recurse(2)) == [2, 1, 0]
    assert sum(n * n for n in count(3)) == 5
