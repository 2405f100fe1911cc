"""throw() into generators in every state: unstarted, suspended, finished; caught, replaced, passed on."""


def plain():
    yield 1
    yield 2


def catch_and_end():
    try:
        yield 1
    except ValueError:
        return


def catch_and_go_on():
    while True:
        try:
            yield 1
        except ValueError:
            note()


def replace():
    try:
        yield 1
    except ValueError as error:
        raise KeyError from error


def ignore_close():
    while True:
        try:
            yield 1
        except GeneratorExit:
            note()


def note():
    return None


def throw(generator, error):
    try:
        return generator.throw(error)
    except (ValueError, KeyError, StopIteration):
        note()


def main():
    throw(plain(), ValueError())
    for make in (plain, catch_and_end, catch_and_go_on, replace):
        generator = make()
        next(generator)
        throw(generator, ValueError())
        throw(generator, ValueError())
        generator.close()
    stubborn = ignore_close()
    next(stubborn)
    try:
        stubborn.close()
    except RuntimeError:
        note()
    throw(stubborn, ValueError())
