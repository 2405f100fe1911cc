"""Comprehensions of every kind, nested, with calls, raising; generator expressions, partly used."""


def double(n):
    return n * 2


def fail(n):
    if n == 2:
        raise ValueError
    return n


def nest():
    return [[double(n) for n in range(row)] for row in range(3)]


def filtered():
    return {double(n) for n in range(4) if double(n) > 2}


def mapped():
    return {n: double(n) for n in range(3)}


def lazy():
    values = (double(n) for n in range(5))
    return next(values), next(values)


def chained():
    doubled = (double(n) for n in range(3))
    return sum(double(n) for n in doubled)


def raising():
    try:
        return [fail(n) for n in range(4)]
    except ValueError:
        return double(1)


class Body:
    values = [double(n) for n in range(2)]


def main():
    nest()
    filtered()
    mapped()
    lazy()
    chained()
    raising()
    assert any(double(n) == 4 for n in range(10))
