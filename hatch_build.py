"""Compiles the planner's search while talkcycle is built or installed; without a C compiler it stays plain Python."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PLANNING = Path("service/talkcycle/planning")
COMPILED = ("board", "search", "tidy")
DIRECTIVES = {
    "language_level": 3,
    "annotation_typing": False,  # the types are in the .pxd files; annotations stay annotations
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
    "cdivision": True,  # nothing negative is divided
}


class CompileSearch(BuildHookInterface):
    """Puts the compiled modules beside their sources, where an editable install finds them and a wheel takes them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        """Compile, and mark the wheel as one for this platform; or say why not, and go on."""
        if self.target_name != "wheel":
            return
        folder = Path(self.root) / PLANNING
        for old in [*folder.glob("*.so"), *folder.glob("*.pyd")]:
            old.unlink()
        try:
            made = compile_into(folder, Path(self.root) / "service")
        except Exception as problem:  # noqa: BLE001  # whatever a compiler may raise, plain Python works
            self.app.display_warning(
                f"The planner's search was not compiled ({problem}); planning works, some hundred times slower. "
                "Install a C compiler and the headers of Python, and install talkcycle again."
            )
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["force_include"].update({str(file): f"talkcycle/planning/{file.name}" for file in made})


def compile_into(folder: Path, root: Path) -> list[Path]:
    """Compile the modules of *folder* in a temporary place and move the results into it. *root*: of the packages."""
    from Cython.Build import cythonize  # noqa: PLC0415  # present while a wheel is built, not while it is described
    from setuptools import Distribution, Extension  # noqa: PLC0415
    from setuptools.command.build_ext import build_ext  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as made:
        extensions = [
            Extension(f"talkcycle.planning.{name}", [str(folder / f"{name}.py")], extra_compile_args=["-O3", "-g0"])
            for name in COMPILED
        ]
        modules = cythonize(
            extensions, build_dir=made, include_path=[str(root)], compiler_directives=DIRECTIVES, quiet=True
        )
        command = build_ext(Distribution({"ext_modules": modules}))
        command.build_lib, command.build_temp = made, str(Path(made) / "objects")
        command.ensure_finalized()
        command.run()
        built = [Path(made) / command.get_ext_filename(module.name) for module in modules]
        return [Path(shutil.copy(file, folder / file.name)) for file in built]
