"""What was found wrong with a document so far."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from talkcycle.domain.faults import Fault
from talkcycle.intake.model_faults import NOT_A_GROUP, faults_of, keys_of, missing_key, unknown_key
from talkcycle.intake.unusable import Unusable
from talkcycle.intake.yaml_lines import Document, KeyPath, Value

Model = TypeVar("Model", bound=BaseModel)


class Findings:
    """Collects faults, and remembers which settings have one, so that nothing is concluded from those."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults: list[Fault] = list(document.faults)
        self._paths: set[KeyPath] = set()

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
        if not isinstance(value, dict):
            self.fault(path, *NOT_A_GROUP)
            return settings
        for key, each in value.items():
            if key not in model.model_fields:
                self.fault((*path, key), *unknown_key(key, keys_of(model)))
            elif key not in apart:
                try:
                    setattr(settings, key, each)
                except ValidationError as error:
                    self._add(error, model, path)
        for key, field in model.model_fields.items():
            if field.is_required() and key not in value and (*path, key) not in self.document.lines:
                self.fault((*path, key), *missing_key(key, model))
        return settings

    def _add(self, error: ValidationError, model: type[BaseModel], path: KeyPath) -> None:
        for each in error.errors(include_url=False, include_input=False, include_context=False):
            self._paths.add((*path, *each["loc"]))
        self.faults.extend(faults_of(error, self.document, model, path))
