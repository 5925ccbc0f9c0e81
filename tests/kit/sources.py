"""Source files as syntax trees, for tests of rules."""

import ast
import gc
from pathlib import Path


def syntax_tree(file: Path) -> ast.Module:
    """Built without garbage collection. CPython before 3.11.8 counts the depth of all trees that are being built in one
    place, and raises SystemError for a mismatch when a collection in between runs code that builds another, as the
    printing of a traceback does, or lets another thread do so (python/cpython#106905).
    """
    text, is_on = file.read_text(), gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        if is_on:
            gc.enable()
