"""Signal handlers that raise inside of handlers, `finally`, context managers, generators and callbacks of C."""

import signal


class Alarm(Exception):
    pass


class Second(Exception):
    pass


def raise_alarm(number, frame):
    raise Alarm


def raise_in_turn(number, frame):
    try:
        interrupt(signal.SIGUSR1)
    finally:
        note("left")
    raise Second


def interrupt(number):
    signal.raise_signal(number)


def note(value):
    return value


class Guard:
    def __enter__(self):
        interrupt(signal.SIGUSR1)

    def __exit__(self, *error):
        return note(True)


class Closing:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        note(kind)
        return kind is Alarm


def in_finally():
    try:
        return note(1)
    finally:
        interrupt(signal.SIGUSR1)


def in_generator():
    try:
        yield 1
    finally:
        interrupt(signal.SIGUSR1)


def as_key(value):
    interrupt(signal.SIGUSR1)
    return value


def catch(function, *args):
    try:
        function(*args)
    except (Alarm, Second) as error:
        return note(type(error))
    return None


def guarded():
    with Guard():
        note("not reached")


def closing():
    with Closing():
        interrupt(signal.SIGUSR1)


def main():
    before = [signal.signal(signal.SIGUSR1, raise_alarm), signal.signal(signal.SIGUSR2, raise_in_turn)]
    try:
        assert catch(interrupt, signal.SIGUSR2) is Alarm
        assert catch(in_finally) is Alarm
        assert catch(list, in_generator()) is Alarm
        assert (
            catch(
                sorted,
                [3, 1, 2],
            )
            is None
        )
        assert catch(lambda: sorted([3, 1, 2], key=as_key)) is Alarm
        assert catch(guarded) is Alarm
        assert catch(closing) is None
    finally:
        signal.signal(signal.SIGUSR1, before[0])
        signal.signal(signal.SIGUSR2, before[1])
