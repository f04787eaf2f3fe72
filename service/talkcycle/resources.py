"""Files that ship with talkcycle: templates and the example configuration."""

from pathlib import Path


def shipped(kind: str) -> Path:
    """The folder of shipped *kind* (``templates`` or ``config``): in the wheel, else at the root of the checkout.

    Raises:
        FileNotFoundError: The installation is broken.
    """
    here = Path(__file__).parent
    for folder in (here / "_shipped" / kind, here.parent.parent / kind):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"talkcycle's own {kind} are missing beside {here}; install it again")
