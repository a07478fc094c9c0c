"""Controls for notebooks: each is a pure ``render(state) -> PNG bytes`` with thin ipywidgets wiring around it.

A line such as ``DegradationExplorer()`` at the end of a cell shows the widget.
"""

from course_lib.widgets import degradation_explorer
from course_lib.widgets.base import Explorer
from course_lib.widgets.degradation_explorer import DegradationExplorer

__all__ = ["DegradationExplorer", "Explorer", "degradation_explorer"]
