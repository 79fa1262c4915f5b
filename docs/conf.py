"""How the documentation is built: `make docs`. Needs no network."""

import shutil
from pathlib import Path

import click
import typer

import twin
from twin.cli.main import app as commands

HERE = Path(__file__).parent
GENERATED = HERE / "_generated"
EXAMPLE = GENERATED / "extra" / "example"

project = "twin"
author = "the authors of twin"
version = release = twin.__version__
copyright = "Apache-2.0"
html_title = "twin"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "jupyter_execute", "_generated/cli.md", "**/.ipynb_checkpoints"]
html_theme = "furo"
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_extra_path = ["_generated/extra"]

default_role = "code"  # names in single backticks of docstrings

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE / "_build" / ".jupyter_cache")
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the signatures say them already
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Source", "notes_style")]


def _describe(name: str, command: click.Command) -> str:
    """One command: what it does, its arguments and its options."""
    context = click.Context(command, info_name=f"twin {name}")
    lines = [f"## twin {name}", "", str(command.help).strip(), "", "```text"]
    lines += [command.get_usage(context).removeprefix("Usage: "), "```", ""]
    lines += ["| argument or option | meaning |", "|---|---|"]
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is not None and parameter.name != "help":
            left, right = (text.replace("|", "\\|") for text in record)
            lines.append(f"| `{left}` | {right} |")
    return "\n".join([*lines, ""])


def _generate() -> None:
    """What is made from the code: the command line, default limits; and notebooks from beside the docs."""
    GENERATED.mkdir(exist_ok=True)
    group = typer.main.get_command(commands)
    assert isinstance(group, click.Group) or hasattr(group, "commands")
    pages = [_describe(name, command) for name, command in group.commands.items()]
    (GENERATED / "cli.md").write_text("\n".join(pages), encoding="utf-8")
    (GENERATED / "policy.yaml").write_text(twin.Policy().to_yaml(), encoding="utf-8")
    for notebook in (HERE.parent / "notebooks").glob("*.ipynb"):
        shutil.copy(notebook, GENERATED / notebook.name)


def _make_example() -> None:
    """The report that pages link to, made by the code as it is: anew where that is newer."""
    page = EXAMPLE / "report.html"
    newest = max(path.stat().st_mtime for path in Path(twin.__file__).parent.rglob("*.*"))
    if page.exists() and page.stat().st_mtime > newest:
        return
    EXAMPLE.mkdir(parents=True, exist_ok=True)
    table = twin.datasets.load_rand_hie()
    told = twin.release(
        table, subject="person", target="physical_limitation", options=twin.ReportOptions(sensitive="sex")
    ).report
    told.to_json(EXAMPLE / "report.json")
    told.public.to_html(EXAMPLE / "public.html")
    told.to_html(page)


_generate()
_make_example()
