"""Configuration of the documentation: ``make docs``."""

import os
import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "_ext"))
os.environ["MPLBACKEND"] = "agg"

from boldglm import __version__  # noqa: E402

project = "boldglm"
author = "The boldglm developers"
copyright = author  # noqa: A001
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "boldglm_site",
]
exclude_patterns = ["_build", "_ext", "made", "README.md"]
nitpicky = True
# `name` in a docstring is code, and a link where it is a public name (boldglm_site)
default_role = "code"
add_module_names = False
toc_object_entries_show_parents = "hide"

# Types are in the docstrings, in words
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_class_signature = "mixed"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": "/plot_",
    "reset_argv": "boldglm_site.simulated",
    "reset_modules": ("matplotlib",),
    "doc_module": ("boldglm",),
    "backreferences_dir": "gallery/_used",
    "prefer_full_module": {r"boldglm\."},
    "within_subsection_order": "boldglm_site.Course",
    "image_srcset": ["2x"],
    "thumbnail_size": (480, 320),
    "show_signature": False,
    "write_computation_times": False,
    "remove_config_comments": True,
}

html_theme = "furo"
html_title = "boldglm"
html_static_path = ["_static"]
html_css_files = ["boldglm.css"]
html_favicon = "_static/logo.svg"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_math_renderer = "mathml"
# what has no language is text: output, commands, equations
highlight_language = "none"
pygments_style = "friendly"
pygments_dark_style = "monokai"
html_theme_options = {
    "light_logo": "logo.svg",
    "dark_logo": "logo.svg",
    "navigation_with_keys": True,
    "light_css_variables": {
        "color-brand-primary": "#0f766e",
        "color-brand-content": "#0f766e",
        "color-brand-visited": "#0f766e",
        "font-stack": "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif",
    },
    "dark_css_variables": {
        "color-brand-primary": "#2dd4bf",
        "color-brand-content": "#2dd4bf",
        "color-brand-visited": "#2dd4bf",
    },
}
