"""The documentation as a site: `make site`.

The sources are those of the whole project, so that a page may name README.md and the changelog by
the links that work on a forge too. Nothing on a page comes from another host.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "site"), str(HERE.parent / "src")]

import charts  # noqa: E402
from django.conf import settings  # noqa: E402

import helpdesk_core  # noqa: E402

if not settings.configured:  # the reference names DjangoRepository
    settings.configure(INSTALLED_APPS=["helpdesk_core.adapters.django"], USE_TZ=True)
    __import__("django").setup()

project = "helpdesk_core"
author = copyright = "the helpdesk_core authors"
release = version = helpdesk_core.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md", "docs/api/*.md", "benchmarks/README.md"]
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]
default_role = "code"
nitpicky = False
highlight_language = "none"

autodoc_typehints = "none"  # in a signature they would hide its names
autodoc_preserve_defaults = True
autodoc_member_order = "groupwise"
maximum_signature_line_length = 88

html_theme = "furo"
html_title = f"helpdesk_core {release}"
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_extra_path = ["site/extra"]  # an index.html at the top, which leads to docs/index.html
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"source_edit_link": "", "source_view_link": ""}


class Chart(Directive):
    """A chart in the language of Mermaid, as a picture: no script is loaded to draw it."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The picture, in the page."""
        picture = charts.draw("\n".join(self.content))
        return [nodes.raw("", f'<div class="chart">{picture}</div>', format="html")]


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx of the charts."""
    app.add_directive("mermaid", Chart)
    return {"parallel_read_safe": True}
