"""What label maps have in common: `test_scenes` and `test_facades` try it on theirs; here, a palette of three colours."""

import pytest
import torch

from course_lib.data.label_maps import require_labels, to_labels, to_rgb

CLASSES, PALETTE = ("black", "red", "white"), ((0, 0, 0), (255, 51, 0), (255, 255, 255))


def test_colours_are_the_palette_and_come_back(generator):
    labels = torch.randint(3, (2, 5, 7), generator=generator)
    colours = to_rgb(labels, PALETTE)
    assert colours.shape == (2, 3, 5, 7)
    assert (colours[1, :, 4, 6] * 255).tolist() == pytest.approx(PALETTE[labels[1, 4, 6]])
    assert torch.equal(to_labels(colours, CLASSES, PALETTE, "flags"), labels)
    assert torch.equal(to_labels(colours[0], CLASSES, PALETTE, "flags"), labels[0])


@pytest.mark.bad_input
def test_bad_input():
    colours = to_rgb(torch.ones(3, 4, dtype=torch.long), PALETTE)
    colours[:, 1, 2] = torch.tensor([250, 50, 5]) / 255
    message = (
        r"1 of 12 pixels .* is \(250, 50, 5\) in row 1, column 2, nearest to red \(255, 51, 0\). Paint with the colours of flags.PALETTE"
    )
    with pytest.raises(ValueError, match=message):
        to_labels(colours, CLASSES, PALETTE, "flags")
    with pytest.raises(TypeError, match="labels: got torch.int32, expected a tensor of int64 .* goes through flags.to_labels"):
        require_labels(torch.zeros(2, 2, dtype=torch.int32), CLASSES, "flags")
    with pytest.raises(TypeError, match="labels: got list"):
        require_labels([[0]], CLASSES, "flags")
    with pytest.raises(ValueError, match=r"labels: got shape \(0, 2\)"):
        require_labels(torch.zeros(0, 2, dtype=torch.long), CLASSES, "flags")
    with pytest.raises(ValueError, match=r"labels: got -1 to 3, expected 0 to 2 \(indices into flags.CLASSES\)"):
        require_labels(torch.tensor([[-1, 3]]), CLASSES, "flags")
