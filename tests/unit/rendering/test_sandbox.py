"""Texts with nothing to fill in are taken as they are, and are what they would be if they were compiled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkcycle.rendering import sandbox
from talkcycle.rendering.sandbox import compile_html, compile_markdown, compile_plain

COMPILE = {sandbox._MARKDOWN: compile_markdown, sandbox._PLAIN: compile_plain, sandbox._HTML: compile_html}  # noqa: SLF001  # what they are compiled by


@given(st.text(alphabet=st.one_of(st.sampled_from("ab \t\r\n}%#<&*_"), st.characters(exclude_characters="{"))))
def test_a_text_without_anything_to_fill_in_is_what_it_would_be_if_it_were_compiled(text: str) -> None:
    for environment, compile_ in COMPILE.items():
        compiled = compile_(text)
        assert compiled.text({}) == environment.from_string(text).render()
        assert (compiled.names, compiled.attributes) == (frozenset(), frozenset())


@pytest.mark.parametrize("text", ["{{ name }}", "{% if name %}x{% endif %}"])
def test_one_with_something_to_fill_in_names_it(text: str) -> None:
    assert compile_plain(text).names == {"name"}
