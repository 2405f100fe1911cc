"""Greenlets that switch in the middle of calls and of generators, throw into each other, and end by an exception.

needs: greenlet
"""

import greenlet


def ping(n):
    for i in range(n):
        note(i)
        partner.switch(i)
    return "ping"


def pong(first):
    value = first
    while True:
        value = answer(value)


def answer(value):
    note(value)
    return main_greenlet.switch(value)


def count(stop):
    for n in range(stop):
        main_greenlet.switch(n)
        yield n


def consume():
    return sum(count(2))


def fail():
    note("fail")
    raise KeyError("in a greenlet")


def wait():
    try:
        main_greenlet.switch()
    finally:
        note("ended")


def note(value):
    return value


main_greenlet = partner = None


def main():
    global main_greenlet, partner
    main_greenlet = greenlet.getcurrent()
    partner = greenlet.greenlet(pong)
    assert [partner.switch(i) for i in range(3)] == [0, 1, 2]
    assert greenlet.greenlet(lambda: ping(1)).switch() == 0

    consumer = greenlet.greenlet(consume)
    while not consumer.dead:
        consumer.switch()

    try:
        greenlet.greenlet(fail).switch()
    except KeyError:
        note("caught")

    waiting = greenlet.greenlet(wait)
    waiting.switch()
    try:
        waiting.throw(ValueError("thrown"))
    except ValueError:
        note("thrown")
    partner.throw(greenlet.GreenletExit)
