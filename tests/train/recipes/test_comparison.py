"""Comparisons: a run that has ended is not repeated, one that was cut short leaves the others whole."""

import numpy as np
import pytest
import torch

from course_lib.train.recipes.comparison import compare

RUNS = (("a", 0), ("b", 0), ("a", 1))


def result(variant: str, seed: int) -> dict:
    return {"score": {"a": 1.5, "b": 2.5}[variant] + seed, "picture": torch.full((2, 2), seed, dtype=torch.uint8)}


def test_an_interrupted_comparison_goes_on_where_it_was(tmp_path):
    done = []

    def run(variant, seed):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append((variant, seed))
        return result(variant, seed)

    with pytest.raises(KeyboardInterrupt):
        compare("n", RUNS, run, tmp_path, resume=False)
    with np.load(tmp_path / "n.npz", allow_pickle=False) as file:
        assert file["variant"].tolist() == ["a", "b"]
    again = []
    compare("n", RUNS, lambda variant, seed: again.append((variant, seed)) or result(variant, seed), tmp_path, resume=True)
    assert again == [("a", 1)]
    with np.load(tmp_path / "n.npz", allow_pickle=False) as file:
        assert file["variant"].tolist() == ["a", "b", "a"]
        assert file["seed"].tolist() == [0, 0, 1]
        assert file["score"].tolist() == [1.5, 2.5, 2.5]
        assert file["score"].dtype == np.float32
        assert file["picture"].dtype == np.uint8
        assert file["picture"][2].tolist() == [[1, 1], [1, 1]]


def test_without_resume_everything_is_run_again(tmp_path):
    compare("n", RUNS[:1], result, tmp_path, resume=True)
    compare("n", RUNS[:1], lambda variant, seed: result("b", seed), tmp_path, resume=False)
    with np.load(tmp_path / "n.npz", allow_pickle=False) as file:
        assert file["score"].tolist() == [2.5]
