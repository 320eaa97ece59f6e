"""Text of people never becomes markup."""

from __future__ import annotations

import pytest

from galcore.ui.text import clean, count, plain, shorten, shorten_inside


@pytest.mark.parametrize(
    "text", ["<b>x</b>", "[a](b)", "**x**", ":red[x]", "$x$", "`x`", "# x", "a | b", "~~x~~"]
)
def test_signs_of_markup_are_escaped(text: str) -> None:
    shown = plain(text)[1:-1]
    for sign in "<>[]*`$#|~:":
        assert shown.count(sign) == shown.count("\\" + sign)


def test_a_right_to_left_name_cannot_turn_the_line_around() -> None:
    shown = plain("\u202eevil\u05d0")
    assert "\u202e" not in shown
    assert shown[0] == "\u2068"
    assert shown[-1] == "\u2069"


def test_long_names_are_shortened_and_control_characters_go() -> None:
    assert len(shorten("x" * 300, 40)) == 40
    assert shorten_inside("hubble_deep_field_00144_00353", 16) == "hubbl…0144_00353"
    assert shorten_inside("M 51", 16) == "M 51"
    assert clean("a\x00b\n\tc  d") == "a b c d"


def test_numbers_have_their_noun() -> None:
    assert [count(n, "grid") for n in (0, 1, 2)] == ["0 grids", "1 grid", "2 grids"]
