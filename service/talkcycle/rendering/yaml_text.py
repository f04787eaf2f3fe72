"""YAML with the line of what is wrong."""

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError


class BadYaml(Exception):
    """Text that is not YAML. *line*: one-based."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line


def read_yaml(text: str) -> Any:
    """The value of *text*, YAML 1.2, plain types only. Raises BadYaml."""
    try:
        return YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadYaml(str(error.problem or error.context), line) from error
    except YAMLError as error:
        raise BadYaml(str(error).splitlines()[0], 1) from error


def line_of_key(text: str, key: str) -> int:
    """The line on which *key* stands at the left margin; 1 when it does not."""
    return next((number for number, line in enumerate(text.splitlines(), 1) if line.startswith(f"{key}:")), 1)
