"""Answers to 03.2 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e03_2_snapshot import (
    always_train,
    clamped,
    in_training_mode,
    not_moved,
    with_graph,
    without_graph_only,
)

WRONG = {
    "in any case": always_train,
    "looking at them moves": in_training_mode,
    "keeps the graph that made it": with_graph,
    "trains on with running statistics": without_graph_only,
    "G's own values in [-1, 1]": not_moved,
    "all of [-1, 0] black": clamped,
}
