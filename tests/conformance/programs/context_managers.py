"""`with`: classes, generators, ExitStack; exits that swallow, raise, and run on return and break."""

import contextlib


class Scope:
    def __init__(self, swallows=False):
        self.swallows = swallows

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return self.swallows


class Broken:
    def __enter__(self):
        raise KeyError

    def __exit__(self, *_):
        return None


@contextlib.contextmanager
def scope(swallows=False):
    try:
        yield note()
    except ValueError:
        if not swallows:
            raise
    finally:
        note()


def note():
    return None


def fail():
    raise ValueError


def return_inside():
    with Scope(), scope():
        return note()


def break_inside():
    for _ in range(3):
        with Scope():
            break


def swallow():
    with Scope(swallows=True):
        fail()
    with scope(swallows=True):
        fail()


def pass_on():
    with contextlib.suppress(ValueError), scope():
        fail()
    with contextlib.suppress(KeyError), Broken():
        note()


def stack():
    with contextlib.ExitStack() as exits:
        exits.enter_context(Scope())
        exits.enter_context(scope())
        exits.callback(note)


@scope()
def decorated():
    return note()


def main():
    return_inside()
    break_inside()
    swallow()
    pass_on()
    stack()
    decorated()
    decorated()
