"""A value that cannot be used, and how to mend it."""

MOST_SHOWN = 60


class Unusable(ValueError):
    """Text that is not what it should be; whoever knows where it stands makes a fault of it."""

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.mend = mend


def quoted(value: object) -> str:
    """*value* in quotes, fit to be shown."""
    return f'"{shown(str(value))}"'


def shown(text: str) -> str:
    """*text* on one line, cut short, nothing in it that a terminal would act upon."""
    text = text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"
    return text if text.isprintable() else "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
