"""C functions whose method definition serves several classes: `__new__`, and methods of `type`."""


class Plain:
    pass


class Pair(tuple):
    pass


def create():
    return object.__new__(Plain), tuple.__new__(Pair, (1, 2)), tuple.__new__(tuple, (1,)), int.__new__(int, 1)


def ask_classes():
    return Plain.__subclasses__(), Pair.mro(), type.mro(Plain)


def inherit():
    return Pair((1, 2)).count(1), Pair((1, 2)).index(2), tuple.count((1,), 1)


def main():
    create()
    ask_classes()
    inherit()
