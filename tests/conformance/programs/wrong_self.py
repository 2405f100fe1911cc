"""Methods of built-in types called through the type with a self of another type: refused before the method runs."""


def note():
    return None


def call_with_wrong_self():
    for arguments in ((1, 2), ("a", "b")):
        try:
            list.append(*arguments)
        except TypeError:
            note()
    try:
        list.append(1, 2)
    except TypeError:
        note()


def main():
    call_with_wrong_self()
