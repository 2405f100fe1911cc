"""`SystemExit`, `KeyboardInterrupt` and `GeneratorExit` as exceptions like others: raised deep, caught, replaced."""

import sys
import threading


def leave(n):
    if n == 0:
        sys.exit("bye")
    leave(n - 1)


def interrupt():
    raise KeyboardInterrupt


def replace():
    try:
        leave(1)
    except SystemExit as error:
        raise RuntimeError("instead") from error


def in_thread(function, *args):
    thread = threading.Thread(target=function, args=args)
    thread.start()
    thread.join()


def leave_by_generator():
    for _ in closing():
        sys.exit(1)


def closing():
    try:
        yield 1
    except GeneratorExit:
        note("closed")
        raise


def note(value):
    return value


def main():
    for function, error in ((interrupt, KeyboardInterrupt), (replace, RuntimeError), (leave_by_generator, SystemExit)):
        try:
            function()
        except error:
            note(error)
    in_thread(leave, 2)
    in_thread(leave_by_generator)
    in_thread(sys.exit)
