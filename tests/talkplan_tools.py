"""The independent checker and generator of talkplan/1, where they lie beside the checkout; else tests skip and say so."""

import importlib.util
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from talkcycle.planning.instance import Instance
from talkcycle.planning.solve import ATTEMPTS_PER_SECOND, Solved, search

SHARED = Path(__file__).parents[2] / "shared" / "planning"
Document = Mapping[str, Any]


def tool(name: str) -> ModuleType:
    path = SHARED / f"{name}.py"
    if not path.exists():
        pytest.skip(f"the independent {name} of talkplan/1 is not at {path}")
    known = sys.modules.get(f"talkplan_{name}")
    if known is not None:
        return known
    spec = importlib.util.spec_from_file_location(f"talkplan_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def checked(instance: Document, plan: Document, *, bound: bool = False) -> tuple[dict[str, Any], list[Any]]:
    """The checker's figures, with what no solver can beat if asked for, and the violations it found."""
    checker = tool("check")
    read = checker.Inst(json.loads(json.dumps(instance)))
    figures, violations = checker.check(read, plan)
    return {**figures, **(checker.bound(read) if bound else {})}, violations


def generated(words: str, folder: Path) -> dict[str, Any]:
    """An instance of the generator, such as ``--n 60 --seed 4``."""
    file = folder / "generated.json"
    tool("gen").main([*words.split(), "-o", str(file)])
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def solved(instance: Instance, *, attempts: int = 20_000, seed: int = 0) -> Solved:
    """A search of so many attempts on any machine, however slow, so that the plan is always the same one."""
    return search(instance, seed=seed, effort=attempts / ATTEMPTS_PER_SECOND, limit=600)
