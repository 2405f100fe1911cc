"""A recording that begins and ends deep inside frames, generators, handlers and C calls that run already.

The program starts and stops the recorder itself.
"""


def note(n=0):
    return n


def descend(n, bottom):
    if n:
        descend(n - 1, bottom)
    else:
        bottom()
    note(n)


def generate(begin):
    yield note(1)
    begin()
    note(2)
    yield note(3)
    note(4)


def begin_in_generator(begin):
    generator = generate(begin)
    next(generator)
    return generator


def end_in_callback(end):
    sorted([1], key=lambda n: end())


def record(recorder):
    generator = None

    def begin():
        recorder.start()
        note()

    def middle():
        nonlocal generator
        generator = begin_in_generator(begin)
        next(generator)
        try:
            fail_here()
        except ValueError:
            note(6)

    def fail_here():
        for _ in generator:
            note(7)
        raise ValueError

    def end():
        note(8)
        recorder.stop()
        note(9)

    descend(2, middle)
    descend(1, lambda: end_in_callback(end))
