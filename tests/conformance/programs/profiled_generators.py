"""Generators and their ends: exhausted, abandoned, closed early, closed never, `StopIteration` of their own."""


def unfinished():
    yield 1
    yield 2


def exhausted():
    yield from unfinished()
    return 3


def raising():
    yield 1
    raise KeyError("after one")


def stopping():
    yield 1
    raise StopIteration("of its own")


def swallowing():
    try:
        yield 1
    except GeneratorExit:
        return


def stubborn():
    while True:
        try:
            yield 1
        except GeneratorExit:
            yield 2


def never_started():
    yield 1


def next_of_deleted():
    generator = unfinished()
    next(generator)
    del generator


def drain(generator):
    try:
        for _ in generator:
            pass
    except (KeyError, RuntimeError) as error:
        return type(error).__name__
    return None


def close_early(function):
    generator = function()
    next(generator)
    try:
        generator.close()
    except RuntimeError:
        return "refused"
    return None


def main():
    for function in (unfinished, exhausted, raising, stopping):
        drain(function())
    next_of_deleted()
    for function in (unfinished, exhausted, swallowing):
        close_early(function)
    assert close_early(stubborn) == "refused"
    never_started()
    never_started().close()
    (n for n in range(3))
    assert sum(n for n in range(3)) == 3
