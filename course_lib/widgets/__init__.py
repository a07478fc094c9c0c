"""Controls for notebooks: each is a pure ``render(state) -> PNG bytes`` with thin ipywidgets wiring around it.

A line such as ``DegradationExplorer()`` at the end of a cell shows the widget.
"""

from course_lib.widgets import degradation_explorer, gan_lab, neighbourhood_explorer, stack_explorer, time_machine
from course_lib.widgets.base import Explorer
from course_lib.widgets.degradation_explorer import DegradationExplorer
from course_lib.widgets.gan_lab import GanLab
from course_lib.widgets.neighbourhood_explorer import NeighbourhoodExplorer
from course_lib.widgets.stack_explorer import StackExplorer
from course_lib.widgets.time_machine import TimeMachine

__all__ = [
    "DegradationExplorer",
    "Explorer",
    "GanLab",
    "NeighbourhoodExplorer",
    "StackExplorer",
    "TimeMachine",
    "degradation_explorer",
    "gan_lab",
    "neighbourhood_explorer",
    "stack_explorer",
    "time_machine",
]
