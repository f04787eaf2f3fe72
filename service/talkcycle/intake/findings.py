"""What was found wrong with a document so far."""

from types import NoneType
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from talkcycle.domain.faults import Fault
from talkcycle.intake.setting_faults import NOT_A_GROUP, keys_of, missing_key, unknown_key, words
from talkcycle.intake.unusable import Unusable
from talkcycle.intake.yaml_lines import Document, KeyPath, Value

Model = TypeVar("Model", bound=BaseModel)


class Findings:
    """Collects faults, and remembers which settings have one, so that nothing is concluded from those."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults: list[Fault] = list(document.faults)
        self._paths: set[KeyPath] = set(document.faulty)

    def fault(self, path: KeyPath, problem: str, mend: str) -> None:
        self.faults.append(self.document.fault(path, problem, mend))
        self._paths.add(path)

    def unusable(self, path: KeyPath, error: Unusable) -> None:
        self.fault(path, error.problem, error.mend)

    def sound(self, *paths: KeyPath) -> bool:
        """Whether nothing is wrong at, above or below any of *paths*."""
        return not any(
            found[: len(path)] == path or path[: len(found)] == found for path in paths for found in self._paths
        )

    def section(
        self, model: type[Model], value: Value, path: KeyPath = (), *, apart: frozenset[str] = frozenset()
    ) -> Model:
        """*value* as a *model*, each key on its own: a faulty one keeps its default, or stays away if it has none.

        Args:
            path: Where *value* stands.
            apart: Keys left to somebody else.
        """
        settings = model.model_construct()
        if path in self.document.faulty:
            return settings
        if not isinstance(value, dict):
            self.fault(path, *NOT_A_GROUP)
            return settings
        for key, each in value.items():
            if key not in model.model_fields:
                self.fault((*path, key), *unknown_key(key, keys_of(model)))
            elif key not in apart:
                self._set(settings, key, each, path)
        for key, field in model.model_fields.items():
            if field.is_required() and key not in value and (*path, key) not in self.document.lines:
                self.fault((*path, key), *missing_key(key, model))
        return settings

    def _set(self, settings: BaseModel, key: str, value: Value, path: KeyPath) -> None:
        kind = _group(type(settings).model_fields[key].annotation)
        if kind is not None:
            setattr(settings, key, self.section(kind, value, (*path, key)))
            return
        try:
            setattr(settings, key, value)
        except ValidationError as error:
            for each in error.errors(include_url=False):
                self._paths.add((*path, key))
                if each["input"] is not None:  # else the document has said already that nothing is written there
                    self.fault(self._written((*path, *each["loc"]), least=len(path) + 1), *words(each))

    def _written(self, path: KeyPath, *, least: int) -> KeyPath:
        """*path* without what no key of the file stands for: a text written once is kept under a key of ours."""
        while len(path) > least and path not in self.document.lines:
            path = path[:-1]
        return path


def _group(annotation: Any) -> type[BaseModel] | None:
    """The model of a group of settings, which may stay away; None: it is a single setting."""
    kinds = [each for each in get_args(annotation) or (annotation,) if each is not NoneType]
    if len(kinds) == 1 and isinstance(kinds[0], type) and issubclass(kinds[0], BaseModel):
        return kinds[0]
    return None
