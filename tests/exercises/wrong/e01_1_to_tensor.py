"""Answers to 01.1 that must be rejected: what the message must say -> the answer."""

import torch


def right(array):
    tensor = torch.from_numpy(array).float() / 255
    return tensor.unsqueeze(0) if tensor.ndim == 2 else tensor.permute(2, 0, 1)


def forgot_return(array):
    right(array)


WRONG = {
    "You reshaped": lambda array: torch.from_numpy(array).float().reshape(-1, *array.shape[:2]) / 255,
    "did not divide": lambda array: right(array) * 255,
    "divided by 256": lambda array: right(array) * (255 / 256),
    "rows and columns as well": lambda array: right(array).transpose(1, 2),
    "is float64": lambda array: right(array).double(),
    "reversed the channels": lambda array: right(array).flip(0),
    "keeps a channel axis": lambda array: right(array).squeeze(0),
    "channels last": lambda array: torch.from_numpy(array) / 255,
    "a ndarray": lambda array: (array / 255).transpose(2, 0, 1),
    "forget `return`": forgot_return,
}
