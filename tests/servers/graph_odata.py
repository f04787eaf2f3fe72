"""The OData that clients of Outlook's service use: $filter, $select, $expand, $orderby, paging."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from servers.graph_received import GraphError, Received
from servers.organisation import property_key

Getter = Callable[[str], Any]
Condition = Callable[[Getter], bool]
TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?![\d:T-])\b)|(?P<instant>\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?)"
    r"|(?P<word>[A-Za-z_@][\w./@-]*)|(?P<mark>[(),:]))"
)
COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: bool(one == other),
    "ne": lambda one, other: bool(one != other),
    "gt": lambda one, other: one is not None and one > other,
    "ge": lambda one, other: one is not None and one >= other,
    "lt": lambda one, other: one is not None and one < other,
    "le": lambda one, other: one is not None and one <= other,
}
CONSTANTS = {"true": True, "false": False, "null": None}
PROPERTY = re.compile(r"String \{([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\} Name (.+)")


def property_of(id_: str) -> str:
    """By what the organisation knows the extended property ``String {GUID} Name NAME``. Raises GraphError 400."""
    found = PROPERTY.fullmatch(id_)
    if found is None:
        raise GraphError(400, "ErrorInvalidPropertyId", "The extended property id is invalid.")
    return property_key(found[1], found[2])


@lru_cache(maxsize=512)
def condition(text: str) -> Condition:
    """Raises GraphError 400: nothing we understand."""
    tokens: list[tuple[str, str]] = []
    at = 0
    text = text.strip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise _invalid()
        tokens.append((str(found.lastgroup), str(found[str(found.lastgroup)])))
        at = found.end()
    parser = _Parser(tokens)
    parsed = parser.either()
    if parser.tokens:
        raise _invalid()
    return parsed


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens

    def either(self) -> Condition:
        terms = [self.both()]
        while self.taken("or"):
            terms.append(self.both())
        return terms[0] if len(terms) == 1 else lambda get: any(each(get) for each in terms)

    def both(self) -> Condition:
        terms = [self.term()]
        while self.taken("and"):
            terms.append(self.term())
        return terms[0] if len(terms) == 1 else lambda get: all(each(get) for each in terms)

    def term(self) -> Condition:
        if self.taken("not"):
            inner = self.term()
            return lambda get: not inner(get)
        if self.taken("("):
            inner = self.either()
            self.need(")")
            return inner
        kind, word = self.next()
        if kind != "word":
            raise _invalid()
        if word == "startswith":
            return self.startswith()
        if word.endswith("/any"):
            return self.any(word.removesuffix("/any"))
        _, operator = self.next()
        if operator not in COMPARED:
            raise _invalid()
        compare, value = COMPARED[operator], self.value(word)
        return lambda get: compare(get(word), value)

    def startswith(self) -> Condition:
        self.need("(")
        _, path = self.next()
        self.need(",")
        start = self.value(path)
        self.need(")")
        return lambda get: str(get(path) or "").casefold().startswith(str(start).casefold())

    def any(self, path: str) -> Condition:
        self.need("(")
        _, variable = self.next()
        self.need(":")
        inner = self.either()
        self.need(")")
        prefix = len(variable) + 1
        return lambda get: any(inner(lambda name, of=each: of.get(name[prefix:])) for each in get(path) or ())  # type: ignore[misc]

    def value(self, path: str) -> Any:
        kind, value = self.next()
        if kind == "text":
            text = value[1:-1].replace("''", "'")
            return property_of(text) if PROPERTY.fullmatch(text) and path.endswith("/id") else text
        if kind == "number":
            return int(value)
        if kind == "instant":
            return value
        if value in CONSTANTS:
            return CONSTANTS[value]
        raise _invalid()

    def taken(self, word: str) -> bool:
        if self.tokens and self.tokens[0][1] == word and self.tokens[0][0] != "text":
            del self.tokens[0]
            return True
        return False

    def need(self, word: str) -> None:
        if not self.taken(word):
            raise _invalid()

    def next(self) -> tuple[str, str]:
        if not self.tokens:
            raise _invalid()
        return self.tokens.pop(0)


def getter(values: Mapping[str, Any]) -> Getter:
    """Of ``a/b``, what *values* have there; None: nothing."""

    def get(path: str) -> Any:
        found: Any = values
        for name in path.split("/"):
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    return get


def selected(values: dict[str, Any], request: Received) -> dict[str, Any]:
    """What ``$select`` leaves of *values*: what it names, the id, and what was expanded."""
    if "$select" not in request.query:
        return values
    names = {name.strip() for name in request.query["$select"].split(",")}
    names |= {name.partition("(")[0] for name in request.query.get("$expand", "").split(",")}
    return {name: value for name, value in values.items() if name in names or name == "id" or name.startswith("@")}


def expanded_properties(request: Received) -> tuple[str, ...]:
    """Ids of the extended properties that ``$expand`` asks for."""
    text = request.query.get("$expand", "")
    if "singleValueExtendedProperties" not in text:
        return ()
    ids = re.findall(r"\bid eq '((?:[^']|'')+)'", text)
    if not ids:
        raise GraphError(400, "ErrorInvalidUrlQuery", "An $expand of extended properties needs a $filter on id.")
    return tuple(ids)


def expansion(ids: Sequence[str], properties: Mapping[str, str]) -> dict[str, Any]:
    names = [name for name in map(property_of, ids) if name in properties]
    return {"singleValueExtendedProperties": [{"id": name, "value": properties[name]} for name in names]} if names else {}


def paged(
    items: Sequence[Any], request: Received, link: str, *, size: int, most: int = 1000
) -> tuple[Sequence[Any], dict[str, str]]:
    """One page, and the link to the next if there is one. *link*: address without query."""
    try:
        top, skip = int(request.query.get("$top", size)), int(request.query.get("$skip", 0))
    except ValueError:
        raise GraphError(400, "BadRequest", "Invalid paging.") from None
    if not 1 <= top <= most:
        raise GraphError(
            400, "BadRequest", f"Invalid page size specified: '{top}'. Must be between 1 and {most} inclusive."
        )
    page = items[skip : skip + top]
    if skip + top >= len(items):
        return page, {}
    query = urlencode(request.query | {"$skip": skip + top}, safe="$")
    return page, {"@odata.nextLink": f"{link}?{query}"}


def _invalid() -> GraphError:
    return GraphError(400, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.")
