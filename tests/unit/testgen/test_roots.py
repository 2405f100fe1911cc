"""Objects that are built through what they stand in."""

from __future__ import annotations

from callbox.testgen.roots import Reference, find_repairs, find_root, guess_constructor


class Token:
    def __init__(self, value: str) -> None:
        self.value = value
        self.parent: Group | None = None


class Group(Token):
    def __init__(self, tokens: list[Token]) -> None:
        super().__init__("".join(token.value for token in tokens))
        self.tokens = tokens
        for token in tokens:
            token.parent = self


def tree() -> Group:
    return Group([Token("a"), Group([Token("b")])])


def test_root_is_the_outermost_that_holds_it() -> None:
    whole = tree()

    assert find_root(whole.tokens[1].tokens[0]) == (whole, ".tokens[1].tokens[0]")  # type: ignore[attr-defined]
    assert find_root(whole) == (whole, "")


def test_parameters_are_paired_with_attributes() -> None:
    assert guess_constructor(Group) == (("tokens", "tokens"),)


def test_what_a_constructor_set_otherwise_is_found() -> None:
    wanted = tree()
    wanted.tokens[0].value = "changed"
    wanted.tokens[0].parent = wanted.tokens[1]  # type: ignore[assignment]

    repairs = find_repairs(tree(), wanted, "group", ())

    assert repairs == [("group.tokens[0].value", "changed"), ("group.tokens[0].parent", "group.tokens[1]")]
    assert type(repairs[1][1]) is Reference


def test_nothing_is_repaired_where_nothing_differs() -> None:
    assert find_repairs(tree(), tree(), "group", ()) == []


def test_what_leads_elsewhere_cannot_be_repaired() -> None:
    wanted = tree()
    wanted.tokens[0].parent = tree()

    assert find_repairs(tree(), wanted, "group", ()) is None
