"""Threads that end by SystemExit, by an error nobody catches, and inside `finally`."""

import sys
import threading


def leave(status):
    try:
        sys.exit(status)
    finally:
        note()


def leave_deep(n):
    if n == 0:
        raise SystemExit(2)
    leave_deep(n - 1)


def fail():
    raise KeyError("unhandled")


def note():
    return None


def on_error(args):
    note()


def run(target, *args):
    thread = threading.Thread(target=target, args=args)
    thread.start()
    thread.join()


def main():
    hook, threading.excepthook = threading.excepthook, on_error
    try:
        run(leave, 3)
        run(leave_deep, 2)
        run(fail)
    finally:
        threading.excepthook = hook
