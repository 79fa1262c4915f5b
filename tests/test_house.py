"""The house itself: what an import costs, what it brings, and that its rooms stay small."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import twin

ROOT = Path(twin.__file__).parent
TYPED = {("fit.py", "fit"): 14, ("release.py", "release"): 17, ("build.py", "report"): 13}
"""Functions with many arguments, since these are what users type: a release passes on those of a fit."""
MODULES = sorted(ROOT.rglob("*.py"))


def test_import_brings_no_heavy_package() -> None:
    heavy = "torch", "opacus", "sdmetrics", "lightgbm", "sklearn", "scipy", "matplotlib", "polars"
    code = f"import sys, twin; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_torch_comes_only_when_a_network_is_trained_or_drawn() -> None:
    """All other modules of models can be imported without it; `network` and `gan` are among them."""
    nets = {"nets", "training", "layers", "net", "dp_gan", "dp_network", "dp_training"}
    rooms = sorted(p for p in (ROOT / "models").rglob("*.py") if p.stem not in nets)
    names = [".".join(p.relative_to(ROOT.parent).with_suffix("").parts) for p in rooms]
    code = f"import sys, importlib; [importlib.import_module(name) for name in {names!r}]"
    code += "; print([m for m in ('torch', 'opacus') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_public_names_exist_and_are_documented() -> None:
    for name in twin.__all__:
        assert getattr(twin, name).__doc__ or name == "__version__"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_rooms_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 600
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            doc = ast.get_docstring(node, clean=False) or ""
            length = (node.end_lineno or 0) - node.lineno + 1 - doc.count("\n")
            assert length <= 60, f"{node.name} has {length} lines"
            names = [a.arg for a in (*node.args.args, *node.args.kwonlyargs) if a.arg not in ("self", "cls")]
            if path.parent.name != "cli":  # a command's options are its arguments
                most = TYPED.get((path.name, node.name), 9)
                assert len(names) <= most, f"{node.name} takes {len(names)} arguments"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_code_from_files_and_no_global_randomness(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in ("pickle", "joblib", "cloudpickle", "np.random.seed", "random.seed("):
        assert word not in text


@pytest.mark.parametrize("figure", ["circles", "doubles", "explained", "long_files"])
def test_the_shape_of_the_package_holds(figure: str) -> None:
    """No circle of imports, no class name twice, no argument unexplained, no file too long."""
    command = [sys.executable, "-m", "benchmarks.structure", "--list", figure]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT.parent)
    assert done.stdout.strip() == ""


def test_only_the_ground_stands_at_the_top() -> None:
    loose = {path.stem for path in ROOT.glob("*.py")} - {"__init__"}
    assert loose == {"arrays", "codes", "errors", "progress", "randomness"}


def test_public_names_stay_what_they_are_when_all_modules_are_imported() -> None:
    code = (
        "import importlib, pathlib, sys, twin\n"
        "assert 'pandas' not in sys.modules\n"
        "from twin import Attack, Context, Report, Score\n"
        "root = pathlib.Path(twin.__file__).parent\n"
        "for path in sorted(root.rglob('*.py')):\n"
        "    name = '.'.join(path.relative_to(root.parent).with_suffix('').parts)\n"
        "    importlib.import_module(name.removesuffix('.__init__'))\n"
        "print([name for name in ('fit', 'report', 'release', 'scan', 'plan', 'check', 'compare', 'verify')\n"
        "       if not callable(getattr(twin, name))])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
