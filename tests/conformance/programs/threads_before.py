"""A thread that already ran when the recording began, in the middle of a call and of a generator.

It waits in library code, so that nothing of this module happens while the recording begins.
"""

import threading

started = threading.Event()
may_go_on = threading.Event()
worker = threading.Thread(target=lambda: serve(), name="worker", daemon=True)


def setup():
    worker.start()
    started.wait()


def serve():
    for n in steps():
        work(n)


def steps():
    work(1)
    started.set()
    may_go_on.wait()
    work(0)
    for n in (1, 2):
        yield work(n)


def work(n):
    return 0 if n == 0 else 1 + work(n - 1)


def main():
    may_go_on.set()
    worker.join()
