"""The program Prism, which checks requests against an OpenAPI document: installed over npm once, outside the repository.

As a script it installs Prism where it can be used, so that no test has to: ``make servers`` does.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

VERSION = "5.14.2"
DOCUMENT = Path(__file__).resolve().parents[3] / "shared/schemas/graph/graph-openapi-trimmed.yaml"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
FOLDER = _CACHE / "talkcycle-tests" / f"prism-{VERSION}"


def why_not() -> str | None:
    """Why requests to Graph cannot be checked here; None: they can."""
    if not DOCUMENT.exists():
        return f"Graph's OpenAPI document is not beside the repository ({DOCUMENT})"
    if shutil.which("node") is None or (shutil.which("npm") is None and not _program().exists()):
        return "Node.js and npm, with which Prism is installed and run, are not here"
    return None


def installed() -> Path:
    """The program; installed now if it is not yet. Two that install at once do not disturb each other."""
    if not _program().exists():
        FOLDER.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="prism-", dir=FOLDER.parent))
        package = f"@stoplight/prism-cli@{VERSION}"
        npm = ["npm", "install", "--prefix", str(made), "--no-audit", "--no-fund", "--ignore-scripts", package]
        try:
            subprocess.run(npm, check=True, capture_output=True, text=True, timeout=300)
            made.rename(FOLDER)
        except OSError:  # another one was quicker
            if not _program().exists():
                raise
        except subprocess.CalledProcessError as failure:
            raise RuntimeError(f"npm could not install Prism: {failure.stderr[-500:]}") from failure
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return _program()


def _program() -> Path:
    return FOLDER / "node_modules/@stoplight/prism-cli/dist/index.js"


if __name__ == "__main__":
    reason = why_not()
    if reason is None:
        installed()
    else:
        sys.stdout.write(f"Requests to Graph will not be checked against its document: {reason}.\n")
