"""Methods of built-in types called through the type: with every form of arguments."""


def note():
    return None


def call_through_the_type():
    items = [3]
    list.append(items, 1)
    list.sort(items, reverse=True)
    dict.update({}, a=1)
    dict.update(*[{}], **{"b": 2})
    str.join(*["-", ["a", "b"]])
    str.format("{}{a}", 1, a=2)
    return items


def call_class_methods():
    dict.fromkeys([1])
    {}.fromkeys([2])
    bytes.fromhex("00")
    type.__call__(int, "1")


def call_slots():
    int.__add__(1, 2)
    list.__len__([1])
    object.__repr__(1)
    (1).__add__(2)
    str.__str__("a")


def pass_around():
    append = [].append
    append(1)
    for function in (str.upper, "b".upper):
        function(*(["a"] if function is str.upper else []))
    list(map(str.upper, ["a"]))


def call_with_wrong_arguments():
    try:
        [].append()
    except TypeError:
        note()
    try:
        {}.update(1, 2)
    except TypeError:
        note()


def main():
    call_through_the_type()
    call_class_methods()
    call_slots()
    pass_around()
    call_with_wrong_arguments()
