"""Threads started while recording: many, nested, raising, subclasses, and a generator passed between them."""

import threading


def work(n):
    return [step(i) for i in range(n)]


def step(n):
    return n + 1


def run_in_thread(target, *args):
    thread = threading.Thread(target=target, args=args)
    thread.start()
    thread.join()


def start_another(depth):
    step(depth)
    if depth:
        run_in_thread(start_another, depth - 1)


def shared():
    received = yield step(0)
    while True:
        received = yield step(received)


class Worker(threading.Thread):
    def run(self):
        work(2)
        super().run()


def fail():
    step(1)
    raise ValueError


def ignore(args):
    return None


def main():
    threads = [threading.Thread(target=work, args=(n,)) for n in (3, 1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    start_another(2)
    worker = Worker(target=step, args=(4,))
    worker.start()
    worker.join()

    generator = shared()
    next(generator)
    run_in_thread(generator.send, 1)
    run_in_thread(generator.send, 2)
    assert generator.send(3) == 4
    generator.close()

    hook, threading.excepthook = threading.excepthook, ignore
    try:
        run_in_thread(fail)
    finally:
        threading.excepthook = hook
