"""How `make docs` builds the site: MyST for Markdown, Furo for looks. Nothing is fetched; a warning is an error."""

import importlib.metadata

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "SmartConnect connector"
release = importlib.metadata.version("smartconnect-connector")
copyright = "the authors of the SmartConnect connector; Apache License 2.0"

extensions = ["myst_parser"]
exclude_patterns = ["tables"]
myst_heading_anchors = 3  # links to headings, as a code host has them

html_theme = "furo"
html_title = project
html_show_sourcelink = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"


def setup(app: Sphinx) -> None:
    app.add_lexer("mermaid", TextLexer)  # a code host draws it; the site, which fetches nothing, shows its lines
