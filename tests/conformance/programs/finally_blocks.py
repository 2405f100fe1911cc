"""`finally` that runs code, returns over an exception, raises over a return, and continues a loop."""


def clean_up():
    return None


def fail():
    raise ValueError


def run_both():
    try:
        fail()
    finally:
        clean_up()


def return_over_exception():
    try:
        fail()
    finally:
        return clean_up()


def raise_over_return():
    try:
        return clean_up()
    finally:
        fail()


def leave_loops():
    for n in range(4):
        try:
            if n == 1:
                continue
            if n == 3:
                break
            fail()
        except ValueError:
            clean_up()
        finally:
            clean_up()


def nest():
    try:
        try:
            fail()
        finally:
            clean_up()
    except ValueError:
        clean_up()
    else:
        fail()


def main():
    for function in (run_both, raise_over_return):
        try:
            function()
        except ValueError:
            pass
    return_over_exception()
    leave_loops()
    nest()
