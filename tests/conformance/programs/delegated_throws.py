"""throw() and close() through `yield from`: the inner frame catches, returns, or raises."""


def note():
    return None


def catch_and_return():
    try:
        yield 1
    except ValueError:
        return note()


def catch_and_yield():
    try:
        yield 1
    except ValueError:
        yield note()


def let_through():
    yield 1


def clean_up():
    try:
        yield 1
    finally:
        note()


def delegate(inner):
    yield from inner
    note()
    yield 2


def delegate_twice(inner):
    yield from delegate(inner)
    note()


def delegate_and_return(inner):
    return (yield from inner)


def delegate_through(inner):
    yield from delegate_and_return(inner)
    note()
    yield 3


def delegate_and_catch(inner):
    try:
        yield from delegate_twice(inner)
    except ValueError:
        note()
    yield 4


def throw_into(generator, n_throws=1):
    next(generator)
    for _ in range(n_throws):
        try:
            generator.throw(ValueError())
        except ValueError:
            note()
    generator.close()


def main():
    for make_inner in (catch_and_return, catch_and_yield, let_through, clean_up):
        for make_outer in (delegate, delegate_twice, delegate_through, delegate_and_catch):
            throw_into(make_outer(make_inner()))
    closed = delegate_twice(clean_up())
    next(closed)
    closed.close()
