"""Exceptions through many frames: caught, raised again, chained, replaced, and `None` returned beside them."""


class Custom(Exception):
    def __init__(self, text):
        super().__init__(text)
        self.text = text


def return_none():
    return None


def raise_deep(n):
    if n == 0:
        raise Custom("deep")
    raise_deep(n - 1)


def catch_at_top():
    try:
        raise_deep(4)
    except Custom as error:
        return error.text


def raise_again():
    try:
        raise_deep(1)
    except Custom:
        raise


def chain():
    try:
        raise_deep(0)
    except Custom as error:
        raise KeyError("chained") from error


def replace():
    try:
        raise_deep(0)
    except Custom:
        return return_none()


# fmt: off
def catch_on_the_same_line():
    try: raise_deep(0)
    except Custom: return_none()
# fmt: on


def catch_group():
    try:
        raise ExceptionGroup("group", [Custom("a"), ValueError("b")])
    except* Custom:
        return_none()
    except* ValueError:
        return_none()


def swallow_stop_iteration():
    for _ in Counter(2):
        return_none()


class Counter:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        return self.n


def main():
    assert catch_at_top() == "deep"
    for function in (raise_again, chain):
        try:
            function()
        except (Custom, KeyError):
            return_none()
    replace()
    catch_on_the_same_line()
    catch_group()
    swallow_stop_iteration()
