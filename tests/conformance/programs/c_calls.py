"""Calls of C functions: built-ins, methods, class and static methods, modules, keywords, star arguments, errors."""

import collections
import itertools
import json
import math
import operator
import re


class Text(str):
    def shout(self):
        return self.upper()


class Stack(list):
    def append(self, item):
        super().append(item)


class Plain:
    pass


def use_builtins():
    return len([1, 2]), abs(-1), max(1, 2), isinstance(1, int), sorted([2, 1]), getattr(Plain, "missing", None)


def use_methods():
    items = []
    items.append(1)
    items.extend([2, 3])
    list.append(items, 4)
    append = items.append
    append(5)
    return ["a", "b"], {}.get("key"), b"ab".hex(), (1).bit_length(), (1,).count(1)


def use_class_methods():
    return dict.fromkeys("ab"), str.maketrans("a", "b"), int.from_bytes(b"a", "big"), float.fromhex("0x1p0")


def use_modules():
    return math.sqrt(4), json.loads("[1]"), operator.add(1, 2), re.compile("a").match("a")


def use_subclasses():
    stack = Stack()
    stack.append(1)
    stack.pop()
    return Text("a").shout(), collections.deque([1]).popleft(), collections.OrderedDict(a=1).popitem()


def use_star_arguments(*args, **kwargs):
    return max(*args), print(*args, **kwargs), sum(args)


def call_types():
    return int("1"), list("ab"), Plain(), str(1), itertools.chain([1], [2]), range(3)


def raise_in_c():
    for function, argument in ((int, "x"), (math.sqrt, -1), (len, 1), ([].index, 1), (json.loads, "{")):
        try:
            function(argument)
        except (ValueError, TypeError):
            len("caught")
    try:
        {}.pop("missing")
    except KeyError:
        len("caught")
    try:
        next(iter([]))
    except StopIteration:
        len("caught")


class Silent:
    def write(self, text):
        return len(text)


def main():
    use_builtins()
    use_methods()
    use_class_methods()
    use_modules()
    use_subclasses()
    use_star_arguments(1, 2, file=Silent())
    call_types()
    raise_in_c()
