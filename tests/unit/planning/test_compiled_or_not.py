"""The search is compiled where a compiler is: the same lines, and the same plan, either way."""

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

import talkcycle.planning
from talkcycle.planning.search import compiled
from talkcycle.planning.solve import search
from talkcycle.planning.talkplan import from_json
from talkplan_tools import crowded

FOLDER = Path(talkcycle.planning.__path__[0])


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """``solve`` with everything below it read from its source."""
    module = ModuleType("nothing")
    for name in ("board", "search", "tidy", "solve"):
        full = f"talkcycle.planning.{name}"
        spec = spec_from_loader(full, SourceFileLoader(full, str(FOLDER / f"{name}.py")))
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        monkeypatch.setitem(sys.modules, full, module)
        spec.loader.exec_module(module)
    return module


def test_this_installation_is_compiled() -> None:
    assert compiled(), "run make test, or pip install --editable . with a C compiler"


@pytest.mark.parametrize("cascade", ["off", "soft", "hard"])
def test_the_source_finds_the_same_plan(plain: ModuleType, cascade: str) -> None:
    instance = from_json(crowded(cascade))

    by_source = plain.search(instance, seed=3, limit=600, attempts=500)

    assert not plain.compiled()
    assert by_source.plan == search(instance, seed=3, limit=600, attempts=500).plan
