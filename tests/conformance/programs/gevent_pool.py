"""Tasks of gevent: they sleep, wait for each other and are killed.

Only one at a time can go on, so their order is certain.

needs: gevent
"""

import gevent
import gevent.event
import gevent.pool


def main():
    pool = gevent.pool.Pool(1)
    assert pool.map(work, [3, 1, 2]) == [6, 2, 4]

    ready = gevent.event.Event()
    waiting = gevent.spawn(wait_for, ready)
    gevent.spawn(announce, ready)
    assert waiting.get() == "announced"

    slow = gevent.spawn(sleep_long)
    gevent.sleep(0)
    slow.kill()

    failing = gevent.spawn(fail)
    failing.link_exception(note)
    gevent.get_hub().handle_error = lambda *_: None
    failing.join()
    gevent.sleep(0)


def work(n):
    for step in steps(n):
        double(step)
    return double(n)


def steps(n):
    for i in range(n):
        gevent.sleep(0)
        yield i


def double(n):
    return 2 * n


def wait_for(event):
    event.wait()
    return note("announced")


def announce(event):
    event.set()


def sleep_long():
    try:
        gevent.sleep(60)
    finally:
        note("killed")


def fail():
    raise ValueError("nobody catches it")


def note(value):
    return value
