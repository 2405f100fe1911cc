"""Signal handlers that return and that raise, through several frames, and inside a generator.

`signal.raise_signal` runs the handler before it returns, so that its place in the sequence is certain.
"""

import signal


class Interrupted(Exception):
    pass


def note_signal(number, frame):
    return number


def raise_from_handler(number, frame):
    raise Interrupted


def interrupt():
    signal.raise_signal(signal.SIGUSR1)


def pass_through(n):
    if n == 0:
        interrupt()
    else:
        pass_through(n - 1)


def generate():
    try:
        yield 1
        interrupt()
    except Interrupted:
        yield 2


def catch(function, *args):
    try:
        function(*args)
    except Interrupted:
        return True
    return False


def main():
    old = signal.signal(signal.SIGUSR1, note_signal)
    try:
        assert not catch(pass_through, 2)
        signal.signal(signal.SIGUSR1, raise_from_handler)
        assert catch(pass_through, 2)
        assert list(generate()) == [1, 2]
    finally:
        signal.signal(signal.SIGUSR1, old)
