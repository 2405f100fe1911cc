"""Plain and mutual recursion, and a closure that calls itself."""


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def is_even(n):
    return n == 0 or is_odd(n - 1)


def is_odd(n):
    return n != 0 and is_even(n - 1)


def hanoi(n):
    moves = []

    def move(n, source, target, spare):
        if n:
            move(n - 1, source, spare, target)
            moves.append((source, target))
            move(n - 1, spare, target, source)

    move(n, "a", "b", "c")
    return len(moves)


def main():
    assert fibonacci(7) == 13
    assert is_even(6)
    assert hanoi(3) == 7
