"""How the site is built: `make docs`, which takes every warning for an error."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "robustgen"
author = "the robustgen developers"
project_copyright = "robustgen developers, Apache-2.0"
release = installed_version("robustgen")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_click",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "report_table",
    "mathml",
    "alone",
]
exclude_patterns = ["_build", "gallery/README.md", "sg_execution_times.rst"]
# Of the reports what is published: what .gitignore names may lie beside it.
exclude_patterns += ["runs", "**/records*.jsonl", "*/cells.*", "*/curves", "*/tables", "*/figures/*.svg"]
exclude_patterns += ["**/manifest.previous.json"]
templates_path = ["_templates"]
myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 3

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "robustgen"
html_show_sourcelink = False
html_extra_path = ["../reports"]  # the published reports travel with the site
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {
    "header_links_before_dropdown": 5,
    "navbar_persistent": ["search-button"],  # an icon: the links fit one row
    "navigation_with_keys": False,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
}

autosummary_generate = True
toc_object_entries_show_parents = "hide"  # the page is of one class, and its names are long
autodoc_typehints = "none"  # numpydoc's sections say them
numpydoc_show_class_members = False  # the template lists them

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": r"plot_",
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "write_computation_times": False,  # its page asks other hosts for scripts
    "min_reported_time": 3600,
    "copyfile_regex": r"$^",
}
