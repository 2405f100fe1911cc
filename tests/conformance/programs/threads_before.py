"""A thread that already ran when the recording began, in the middle of a call and of a generator."""

import queue
import threading

jobs = queue.SimpleQueue()
results = queue.SimpleQueue()
worker_thread = None


def setup():
    global worker_thread
    worker_thread = threading.Thread(target=serve, name="worker", daemon=True)
    worker_thread.start()
    jobs.put(0)
    results.get()


def serve():
    for _ in steps():
        work(3)


def steps():
    while (job := jobs.get()) is not None:
        results.put(work(job))
        yield job


def work(n):
    return 0 if n == 0 else 1 + work(n - 1)


def main():
    for n in (1, 2):
        jobs.put(n)
        assert results.get() == n
    jobs.put(None)
    worker_thread.join()
