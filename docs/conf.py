"""How the documentation is built: `make docs`. Needs no network."""

import shutil
from pathlib import Path

import click
import typer

import twin
from twin.cli import app as commands

HERE = Path(__file__).parent
GENERATED = HERE / "_generated"

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
    """Pages that are made from the code: the command line, and the notebooks from beside the docs."""
    GENERATED.mkdir(exist_ok=True)
    group = typer.main.get_command(commands)
    assert isinstance(group, click.Group) or hasattr(group, "commands")
    pages = [_describe(name, command) for name, command in group.commands.items()]
    (GENERATED / "cli.md").write_text("\n".join(pages), encoding="utf-8")
    for notebook in (HERE.parent / "notebooks").glob("*.ipynb"):
        shutil.copy(notebook, GENERATED / notebook.name)


_generate()
