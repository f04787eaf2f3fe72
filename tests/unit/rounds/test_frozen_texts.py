"""The texts a round was approved with, read by a talkcycle that knows more of them."""

import pytest

from rendering_round import mini_templates
from talkcycle.rendering.library import Library
from talkcycle.rounds.texts import frozen_texts


def test_a_round_from_before_a_text_existed_keeps_its_own_texts_and_gets_the_shipped_one() -> None:
    then = {path: data for path, data in mini_templates().items() if not path.endswith("/new-host.md")}
    with pytest.raises(LookupError):
        Library(then, default_language="sv").mail("invitation", "sv")

    texts = frozen_texts(then, default_language="sv")

    own, since = (texts.library.mail(name, "sv") for name in ("invitation", "new-host"))
    assert own.template.subject.text({"short_date": "9 mars", "other_name": "Bo"}) == "Samtal 9 mars med Bo"
    assert "former_manager_name" in since.template.names
    assert texts.library.languages == {"sv"}
