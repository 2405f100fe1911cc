"""Children made by fork, in the middle of calls and of a generator: the parent's recording goes on undisturbed.

What a child records is another process's; see test_processes.py.
"""

import os


def work(n):
    return 0 if n == 0 else 1 + work(n - 1)


def fork_deep(n):
    if n > 0:
        return fork_deep(n - 1)
    child = os.fork()
    if child == 0:
        try:
            work(3)
        finally:
            os._exit(7)
    return wait(child)


def wait(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def fork_each(codes):
    for code in codes:
        child = os.fork()
        if child == 0:
            os._exit(code)
        yield wait(child)


def main():
    if not hasattr(os, "fork"):
        work(6)
        return
    assert fork_deep(2) == 7
    assert list(fork_each([1, 2])) == [1, 2]
    work(2)
