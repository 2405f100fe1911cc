"""What `sys.monitoring` tells apart: calls that fail before they begin, implicit stops, classes, unpacked arguments."""


class Called:
    def __init__(self, *args, **kwargs):
        self.args = args

    def __call__(self, n):
        return n

    @classmethod
    def make(cls):
        return cls()

    @property
    def size(self):
        return len(self.args)

    def method(self, n=1):
        return n


class Meta(type):
    def __call__(cls, *args):
        return super().__call__(*args)


class Made(metaclass=Meta):
    pass


def unpacked():
    words = [1, 2]
    options = {"a": 1}
    return Called(*words), Called(**options), Called(*words, **options), max(*words)


def methods():
    called = Called.make()
    bound = called.method
    return called(1), bound(), bound(n=2), Called.method(called, 3), called.size, called.__call__(4)


def refused():
    for attempt in (lambda: Called.method(), lambda: Called().method(1, 2), lambda: len(), lambda: later()):
        try:
            attempt()
        except TypeError:
            pass


def later():
    nothing = None
    return nothing()


def loops():
    for _ in range(2):
        for _ in iter([]):
            pass
    for n in generate(2):
        n += 1
    return [n for n in generate(1)], {n: n for n in range(1)}


def generate(n):
    while n:
        n -= 1
        yield n


def late_default(n, *, text="".join(["a"])):
    return text * n


def main():
    unpacked()
    methods()
    refused()
    loops()
    Made()
    late_default(2)
    exec("late_default(1)", {"late_default": late_default})
    type("Dynamic", (Called,), {"method": lambda self: 5})().method()
