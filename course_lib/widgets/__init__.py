"""Controls for notebooks: each is a pure ``render(state) -> PNG bytes`` with thin ipywidgets wiring around it.

A line such as ``DegradationExplorer()`` at the end of a cell shows the widget.
"""

from course_lib.widgets import (
    condition_board,
    degradation_explorer,
    denoise_bench,
    draw_and_decode,
    gan_lab,
    latent_map,
    map_painter,
    neighbourhood_explorer,
    progress_panel,
    sigma_mismatch,
    stack_explorer,
    swipe,
    time_machine,
    traversal_board,
    your_photo,
)
from course_lib.widgets.base import Explorer
from course_lib.widgets.condition_board import ConditionBoard
from course_lib.widgets.degradation_explorer import DegradationExplorer
from course_lib.widgets.denoise_bench import DenoiseBench
from course_lib.widgets.draw_and_decode import DrawAndDecode
from course_lib.widgets.gan_lab import GanLab
from course_lib.widgets.latent_map import LatentMap
from course_lib.widgets.map_painter import MapPainter
from course_lib.widgets.neighbourhood_explorer import NeighbourhoodExplorer
from course_lib.widgets.progress_panel import ProgressPanel
from course_lib.widgets.sigma_mismatch import SigmaMismatch
from course_lib.widgets.stack_explorer import StackExplorer
from course_lib.widgets.swipe import Swipe
from course_lib.widgets.time_machine import TimeMachine
from course_lib.widgets.traversal_board import TraversalBoard
from course_lib.widgets.your_photo import YourPhoto

__all__ = [
    "ConditionBoard",
    "DegradationExplorer",
    "DenoiseBench",
    "DrawAndDecode",
    "Explorer",
    "GanLab",
    "LatentMap",
    "MapPainter",
    "NeighbourhoodExplorer",
    "ProgressPanel",
    "SigmaMismatch",
    "StackExplorer",
    "Swipe",
    "TimeMachine",
    "TraversalBoard",
    "YourPhoto",
    "condition_board",
    "degradation_explorer",
    "denoise_bench",
    "draw_and_decode",
    "gan_lab",
    "latent_map",
    "map_painter",
    "neighbourhood_explorer",
    "progress_panel",
    "sigma_mismatch",
    "stack_explorer",
    "swipe",
    "time_machine",
    "traversal_board",
    "your_photo",
]
