"""throw() and close() through `yield from` into an object that is no generator but has throw() and close()."""


def note():
    return None


def delegate(inner):
    yield from inner
    note()
    yield 2


class Thrown:
    def __init__(self):
        self.is_done = False

    def __iter__(self):
        return self

    def __next__(self):
        return 1

    def throw(self, *_):
        if self.is_done:
            raise StopIteration
        self.is_done = True
        return note()

    def close(self):
        note()


def throw_into(generator, n_throws=1):
    next(generator)
    for _ in range(n_throws):
        try:
            generator.throw(ValueError())
        except ValueError:
            note()
    generator.close()


def main():
    throw_into(delegate(Thrown()), n_throws=2)
    throw_into(delegate(Thrown()), n_throws=1)
    throw_into(delegate(iter([1, 2])))
