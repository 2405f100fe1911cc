"""Loops hot enough that the interpreter specialises calls, subscripts, attributes, operators and iteration."""


class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __getitem__(self, index):
        return (self.x, self.y)[index]

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    @property
    def length(self):
        return self.x + self.y

    def scale(self, factor=2):
        return factor * self.x


class Dynamic:
    def __getattr__(self, name):
        return name


def with_defaults(a, b=1, *, c=2):
    return a + b + c


def with_star(*args, **kwargs):
    return len(args) + len(kwargs)


def items(n):
    for i in range(n):
        yield i


def fail_sometimes(n):
    if n % 10 == 0:
        raise ValueError
    return n


def main():
    vector = Vector(1, 2)
    dynamic = Dynamic()
    total = 0
    for n in range(60):
        total += vector[n % 2]
        total += Vector(n, n).length
        total += (vector + vector)[0]
        total += vector.scale() + vector.scale(3)
        total += with_defaults(n) + with_defaults(n, c=3) + with_star(n, key=n)
        total += len(dynamic.name)
    for n in items(60):
        total += n
    for n in range(60):
        try:
            total += fail_sometimes(n)
        except ValueError:
            total += 1
    change_class_in_the_loop()
    assert total > 0


def change_class_in_the_loop():
    class Changing:
        def __getitem__(self, index):
            return index

        def __init__(self):
            self.value = 1

    def replacement(self, index):
        return -index

    for n in range(60):
        if n == 40:
            Changing.__getitem__ = replacement
        assert abs(Changing()[n]) == n
