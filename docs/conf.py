"""How the documentation is built: Sphinx, Markdown by MyST, the furo theme."""

project = "Vanne"
author = "The Vanne authors"
copyright = "2026, the Vanne authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
html_theme = "furo"
html_title = "Vanne"
html_static_path = ["_static"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]
autodoc_member_order = "bysource"
autodoc_type_aliases = {"PolicyOrName": "Policy | str | Path"}
default_role = "literal"
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
