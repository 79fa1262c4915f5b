"""The shape of the package in figures: `python -m benchmarks.structure [ROOT]`.

ROOT is the folder that holds `twin/`, this repository unless given: two checkouts can be compared by the same
definitions. `--json` prints the figures as JSON; `--list NAME` prints what stands behind one of them. What
needs the package itself (calls, arguments, imports) runs in fresh processes that import it from ROOT.

    files               Python files under twin/.
    loose               Modules directly in twin/, other than __init__.
    one_importer        Modules that exactly one other module of the package imports. Imports count wherever
                        they stand, inside functions and under TYPE_CHECKING too; `from twin.a import b`
                        imports twin.a.b where that is a module, else twin.a.
    circles             Groups of modules that import each other, directly or in a round (strongly connected
                        components of two modules or more), over the same imports.
    running_circles     The same without imports under TYPE_CHECKING, which never run.
    lines               Lines of code: neither blank, nor a comment alone, nor in the docstring of a module, a
                        class or a function. Texts under constants count.
    entered_*           Files of the package in which a function runs during `fit`, `sample` and
                        `sample(given=…)` of 600 rows with a number and two categories. Helper threads
                        count; what runs because a module is imported during the call does not.
    arguments_*         Arguments of the public calls, without self.
    doubles             Names of classes that are defined more than once in the package.
    explained           Share of functions whose every argument is named in the section Args of the docstring,
                        among public ones of two arguments or more, self aside: functions, methods of public
                        classes, and constructors, which the docstring of their class may explain. Left out
                        are functions inside functions, and methods that take nothing but what a base class of
                        the package takes, where it is explained once for all. Options of the command line
                        are explained by their help.
    explained_settings  The same share of public dataclasses of two fields or more, by Args or Attributes.
    import_ratio        Seconds until both pandas and twin are imported, in that order in one process, over
                        those of pandas alone; the least of seven processes each. Seconds of the processor,
                        not of the clock, which other work on the machine stretches.
    import_ratio_alone  Those of `import twin` over those of `import pandas`, in processes of their own.
    longest             Lines of the longest file.
    long_files          Files of more than 600 lines.
    long_functions      Functions of more than 60 lines, docstring included, decorators not.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
CALLS = HERE / "benchmarks" / "runners" / "run_calls.py"
TRIALS = 7
LONG_FILE = 600
LONG_FUNCTION = 60
SECTION = re.compile(r"(\w[\w ]*):$")
ENTRY = re.compile(r"([\w\s,*`]+?)\s*(?:\([^)]*\))?:")
IMPORTS = "import time; a = time.process_time(); {}; print(time.process_time() - a)"

Classes = dict[str, list[tuple[str, ast.ClassDef]]]
Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.Module | ast.ClassDef | Function


@dataclass
class Module:
    """A file of the package.

    Args:
        name: Its dotted name; a package bears that of its folder.
        path: The file, relative to the root.
        text: What it holds.
        package: Whether it is the `__init__` of a folder.
    """

    name: str
    path: Path
    text: str
    package: bool

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)


@dataclass
class Figure:
    """One figure, and what stands behind it."""

    value: float
    items: list[str] = field(default_factory=list)


def main() -> int:
    """Print the figures of a checkout."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("root", nargs="?", type=Path, default=HERE, help="folder that holds twin/")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--list", metavar="NAME", help="print what stands behind a figure")
    args = parser.parse_args()
    root = args.root.resolve()
    figures = of_text(root)
    # The rest takes a minute; whoever asks for a list of the text need not wait for it.
    if args.list not in figures:
        figures |= of_calls(root) | of_imports(root)
    if args.list:
        if args.list not in figures:
            parser.error(f"no figure {args.list!r}; there are: {', '.join(figures)}")
        print("\n".join(figures[args.list].items))
    elif args.json:
        print(json.dumps({name: figure.value for name, figure in figures.items()}, indent=2))
    else:
        for name, figure in figures.items():
            print(f"{name:<20}{figure.value:>10,}")
    return 0


def of_text(root: Path) -> dict[str, Figure]:
    """Figures that are read off the files alone.

    Args:
        root: Folder that holds `twin/`.
    """
    modules = modules_of(root)
    every, running = imports_of(modules), imports_of(modules, typing=False)
    longest = sorted(((len(m.text.splitlines()), str(m.path)) for m in modules.values()), reverse=True)
    files = [f"{path}: {lines} lines" for lines, path in longest]
    lengths = sorted(_lengths(modules), reverse=True)
    return {
        "files": _counted(str(m.path) for m in modules.values()),
        "loose": _counted(m.name for m in modules.values() if m.name.count(".") == 1 and not m.package),
        "one_importer": _counted(
            f"{name} <- {importers[0]}"
            for name in modules
            if len(importers := [other for other, targets in every.items() if name in targets]) == 1
        ),
        "circles": _counted(", ".join(circle) for circle in circles_of(every)),
        "running_circles": _counted(", ".join(circle) for circle in circles_of(running)),
        "lines": Figure(sum(map(code_lines, modules.values())), files),
        "doubles": _doubles(modules),
        "explained": _share(_functions(modules)),
        "explained_settings": _share(_settings(modules)),
        "longest": Figure(longest[0][0], files[:1]),
        "long_files": _counted(
            text for text, (lines, _) in zip(files, longest, strict=True) if lines > LONG_FILE
        ),
        "long_functions": _counted(f"{where}: {n} lines" for n, where in lengths if n > LONG_FUNCTION),
    }


def of_calls(root: Path) -> dict[str, Figure]:
    """Files that the public calls enter, and arguments that they take.

    Args:
        root: Folder that holds `twin/`.
    """
    told = json.loads(_python(root, "-W", "ignore", str(CALLS)))
    # An installed twin would answer as well; figures of another checkout would look right and be wrong.
    if Path(told["file"]).resolve() != root / "twin" / "__init__.py":
        raise RuntimeError(f"imported {told['file']}, not the package in {root}")
    return {
        **{f"entered_{call}": _counted(files) for call, files in told["entered"].items()},
        **{f"arguments_{call}": _counted(names) for call, names in told["arguments"].items()},
    }


def of_imports(root: Path) -> dict[str, Figure]:
    """What `import twin` costs beside `import pandas`.

    Args:
        root: Folder that holds `twin/`.
    """
    seconds: dict[str, list[float]] = defaultdict(list)
    # Turn by turn, so that a slow minute of the machine hits all alike.
    for _ in range(TRIALS):
        for what in ("import pandas", "import pandas, twin", "import twin"):
            seconds[what].append(float(_python(root, "-c", IMPORTS.format(what))))
    least = {what: min(each) for what, each in seconds.items()}
    items = [f"{what}: {each:.3f} s" for what, each in least.items()]
    pandas, both, alone = least.values()
    return {
        "import_ratio": Figure(round(both / pandas, 2), items),
        "import_ratio_alone": Figure(round(alone / pandas, 2), items),
    }


def modules_of(root: Path) -> dict[str, Module]:
    """All modules of the package by their dotted names.

    Args:
        root: Folder that holds `twin/`.
    """
    modules = {}
    for file in sorted((root / "twin").rglob("*.py")):
        path = file.relative_to(root)
        package = path.stem == "__init__"
        name = ".".join((path.parent if package else path.with_suffix("")).parts)
        modules[name] = Module(name, path, file.read_text(encoding="utf-8"), package)
    if not modules:
        raise SystemExit(f"no package twin in {root}")
    return modules


def imports_of(modules: dict[str, Module], *, typing: bool = True) -> dict[str, set[str]]:
    """Which modules of the package each module imports.

    Args:
        modules: The modules by name.
        typing: Whether imports under TYPE_CHECKING count.
    """
    found: dict[str, set[str]] = {}
    for module in modules.values():
        targets: set[str] = set()
        for node in _walk(module.tree, typing):
            if isinstance(node, ast.Import):
                targets.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                source = _source(module, node)
                inner = [f"{source}.{alias.name}" for alias in node.names]
                targets.update(name if name in modules else source for name in inner)
        found[module.name] = (targets & modules.keys()) - {module.name}
    return found


def circles_of(imports: dict[str, set[str]]) -> list[list[str]]:
    """Groups of two modules or more, each of which leads to all others of its group.

    Args:
        imports: What each module imports.
    """
    reached = {name: _reached(imports, name) for name in imports}
    circles = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in imports
        if name in reached[name]
    }
    return sorted(map(list, circles))


def code_lines(module: Module) -> int:
    """Lines that are neither blank, nor a comment alone, nor in a docstring.

    Args:
        module: The file.
    """
    documented: set[int] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, Scope) and ast.get_docstring(node, clean=False) is not None:
            text = node.body[0]
            documented.update(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    lines = enumerate(map(str.strip, module.text.splitlines()), start=1)
    return sum(bool(line) and line[0] != "#" and number not in documented for number, line in lines)


def explained_by(docstring: str, *sections: str) -> set[str]:
    """Names that sections of a Google docstring explain.

    Args:
        docstring: The docstring, its indent taken off.
        sections: Headings of the sections that count.
    """
    names: set[str] = set()
    inside, indent = False, None
    for line in docstring.splitlines():
        depth = len(line) - len(line.lstrip())
        if not line.strip():
            continue
        if depth == 0:
            heading = SECTION.match(line)
            inside, indent = heading is not None and heading[1] in sections, None
        elif inside:
            # The first entry sets the indent; deeper lines go on with the entry above.
            indent = depth if indent is None else indent
            if depth == indent and (entry := ENTRY.match(line)):
                names.update(name.strip(" *`") for name in entry[1].split(","))
    return names


def _python(root: Path, *arguments: str) -> str:
    """What Python prints that finds the package in a root.

    Args:
        root: Folder that holds `twin/`.
        arguments: Arguments of the interpreter.
    """
    environ = os.environ | {"PYTHONPATH": str(root)}
    # From an empty folder and with -P, so that no other twin lies on the path before it.
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-P", *arguments]
        done = subprocess.run(command, cwd=folder, env=environ, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def _counted(items: Iterable[str]) -> Figure:
    """A figure that is the number of its items."""
    told = list(items)
    return Figure(len(told), told)


def _share(judged: Iterator[tuple[str, list[str]]]) -> Figure:
    """Share of those that leave nothing unexplained; the items are the others, and what they leave."""
    each = list(judged)
    open_ones = [f"{where}: {', '.join(missing)}" for where, missing in each if missing]
    return Figure(round(1 - len(open_ones) / max(1, len(each)), 3), open_ones)


def _walk(tree: ast.AST, typing: bool) -> Iterator[ast.AST]:
    """All nodes of a tree, with or without those under TYPE_CHECKING."""
    yield tree
    hidden: list[ast.stmt] = []
    if not typing and isinstance(tree, ast.If) and "TYPE_CHECKING" in ast.unparse(tree.test):
        hidden = tree.body
    for child in ast.iter_child_nodes(tree):
        if child not in hidden:
            yield from _walk(child, typing)


def _source(module: Module, node: ast.ImportFrom) -> str:
    """Dotted name that an import names after `from`, relative ones made absolute."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    parts = parts[: len(parts) - node.level + module.package]
    return ".".join([*parts, *filter(None, [node.module])])


def _reached(imports: dict[str, set[str]], start: str) -> set[str]:
    """Modules that are met on any way from one; itself too where a way leads back."""
    seen: set[str] = set()
    waiting = list(imports[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(imports[name])
    return seen


def _doubles(modules: dict[str, Module]) -> Figure:
    """Names of classes that are defined more than once, with their modules."""
    return _counted(
        f"{name}: {', '.join(module for module, _ in where)}"
        for name, where in sorted(_classes(modules).items())
        if len(where) > 1
    )


def _classes(modules: dict[str, Module]) -> Classes:
    """All classes by name, each with its module."""
    found: Classes = defaultdict(list)
    for module in modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                found[node.name].append((module.name, node))
    return found


def _lengths(modules: dict[str, Module]) -> Iterator[tuple[int, str]]:
    """Lines of each function."""
    for module in modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, Function):
                yield (node.end_lineno or node.lineno) - node.lineno + 1, _place(module, node)


def _functions(modules: dict[str, Module]) -> Iterator[tuple[str, list[str]]]:
    """Public functions of two arguments or more, and the arguments that none explains."""
    classes = _classes(modules)
    helped = {
        target.id
        for module in modules.values()
        for node in module.tree.body
        if isinstance(node, ast.Assign) and _has_help(ast.unparse(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for module in modules.values():
        for owner, node in _public(module.tree):
            if not isinstance(node, Function):
                continue
            names = _arguments(node, owner)
            if len(names) < 2 or (owner and set(names) <= _inherited(classes, owner, node.name, {owner})):
                continue
            told = explained_by(ast.get_docstring(node) or "", "Args") | _options(node, helped)
            if owner and node.name == "__init__":
                told |= explained_by(ast.get_docstring(owner) or "", "Args")
            yield _place(module, node, owner), [name for name in names if name not in told]


def _options(node: ast.FunctionDef | ast.AsyncFunctionDef, helped: set[str]) -> set[str]:
    """Arguments that are options of the command line and carry their own help, which `--help` prints."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    annotations = {a.arg: ast.unparse(a.annotation) for a in arguments if a.annotation}
    return {name for name, what in annotations.items() if what in helped or _has_help(what)}


def _has_help(annotation: str) -> bool:
    return annotation.startswith("Annotated[") and "help=" in annotation


def _settings(modules: dict[str, Module]) -> Iterator[tuple[str, list[str]]]:
    """Public dataclasses of two fields or more, and the fields that their docstring leaves open."""
    for module in modules.values():
        for _, node in _public(module.tree):
            if isinstance(node, ast.ClassDef) and any("dataclass" in d for d in _decorators(node)):
                told = explained_by(ast.get_docstring(node) or "", "Args", "Attributes")
                names = [
                    entry.target.id
                    for entry in node.body
                    if isinstance(entry, ast.AnnAssign)
                    and isinstance(entry.target, ast.Name)
                    and "ClassVar" not in ast.unparse(entry.annotation)
                    and not entry.target.id.startswith("_")
                ]
                if len(names) >= 2:
                    yield _place(module, node), [name for name in names if name not in told]


def _public(
    scope: ast.AST, owner: ast.ClassDef | None = None
) -> Iterator[tuple[ast.ClassDef | None, ast.ClassDef | Function]]:
    """Public classes and functions with the class that holds them; none from inside functions."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, Function):
            if not node.name.startswith("_") or (owner and node.name == "__init__"):
                yield owner, node
        elif isinstance(node, ast.ClassDef):
            if not node.name.startswith("_"):
                yield owner, node
                yield from _public(node, node)
        else:
            yield from _public(node, owner)


def _inherited(
    classes: dict[str, list[tuple[str, ast.ClassDef]]],
    owner: ast.ClassDef,
    method: str,
    seen: set[ast.ClassDef],
) -> set[str]:
    """Arguments that the bases of a class, known by their names, take in a method; none for constructors."""
    if method == "__init__":
        return set()
    names: set[str] = set()
    for base in owner.bases:
        for _, found in classes.get(ast.unparse(base).partition("[")[0].rpartition(".")[2], []):
            if found not in seen:
                for node in found.body:
                    if isinstance(node, Function) and node.name == method:
                        names.update(_arguments(node, found))
                names |= _inherited(classes, found, method, seen | {found})
    return names


def _arguments(node: Function, owner: ast.ClassDef | None) -> list[str]:
    """Names of the arguments, without self and without `*args` and `**kwargs`."""
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    if owner and "staticmethod" not in _decorators(node):
        names = names[1:]
    return names + [argument.arg for argument in node.args.kwonlyargs]


def _decorators(node: ast.ClassDef | Function) -> list[str]:
    return [ast.unparse(decorator) for decorator in node.decorator_list]


def _place(module: Module, node: ast.ClassDef | Function, owner: ast.ClassDef | None = None) -> str:
    """Where something stands, in a form that editors open."""
    name = f"{owner.name}.{node.name}" if owner else node.name
    return f"{module.path}:{node.lineno} {name}"


if __name__ == "__main__":
    raise SystemExit(main())
