"""Ends of calls that raise: what a profile function is told of, case by case.

The cases are those that a tracer gets wrong: an error that is caught where it is raised, in a caller, in a
caller's caller; an error inside of an `except` clause; one while another is handled; errors from C.
"""


def raise_and_catch():
    try:
        1 / 0
    except ZeroDivisionError:
        pass


def raise_twice():
    try:
        1 / 0
    except ZeroDivisionError:
        1 / 0


def catch_twice():
    try:
        raise_twice()
    except ZeroDivisionError:
        pass


def reraise():
    try:
        1 / 0
    except ZeroDivisionError:
        raise


def nested_handler():
    try:
        1 / 0
    except ZeroDivisionError:
        try:
            raise KeyError
        except KeyError:
            pass


def wrong_handler():
    try:
        1 / 0
    except KeyError:
        pass


def finally_only():
    try:
        1 / 0
    finally:
        pass


def distant(n):
    return distant(n - 1) if n else 1 / 0


def from_c():
    return int("x"), [].pop()


def attempt(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return type(error).__name__


def bad_call():
    return attempt(1)


def wrong_arguments():
    attempt(1, 2, 3)
    return raise_and_catch(1)


def main():
    raise_and_catch()
    catch_twice()
    for function in (
        raise_twice,
        reraise,
        nested_handler,
        wrong_handler,
        finally_only,
        from_c,
        bad_call,
        wrong_arguments,
    ):
        attempt(function)
    attempt(distant, 3)
