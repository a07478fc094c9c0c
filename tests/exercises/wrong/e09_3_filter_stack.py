"""Answers to 09.3 that must be rejected: what the message must say -> the answer."""

import torch


def solve(stack, sigma, threshold, T, H, *, limit=None, back=None, compare=torch.abs, haar_back=None):
    spectrum = torch.tensordot(H, T @ stack @ T.T, 1)
    keep = compare(spectrum) > (threshold * sigma / 255 if limit is None else limit)
    inverse = torch.linalg.inv(T) if back is None else back
    mixed = torch.tensordot(H.T if haar_back is None else haar_back, spectrum * keep, 1)
    return inverse @ mixed @ inverse.T, int(keep.sum())


def soft(stack, sigma, threshold, T, H):
    spectrum, limit = torch.tensordot(H, T @ stack @ T.T, 1), threshold * sigma / 255
    shrunk = torch.nn.functional.softshrink(spectrum, limit)
    inverse = torch.linalg.inv(T)
    return inverse @ torch.tensordot(H.T, shrunk, 1) @ inverse.T, int((spectrum.abs() > limit).sum())


def spectrum_only(stack, sigma, threshold, T, H):
    spectrum = torch.tensordot(H, T @ stack @ T.T, 1)
    keep = spectrum.abs() > threshold * sigma / 255
    return spectrum * keep, int(keep.sum())


def columns_only(stack, sigma, threshold, T, H):
    spectrum = torch.tensordot(H, T @ stack, 1)
    keep = spectrum.abs() > threshold * sigma / 255
    return torch.linalg.inv(T) @ torch.tensordot(H.T, spectrum * keep, 1), int(keep.sum())


def removed(stack, sigma, threshold, T, H):
    blocks, number = solve(stack, sigma, threshold, T, H)
    return blocks, stack.numel() - number


WRONG = {
    "You took T.T for the inverse": lambda s, g, t, T, H: solve(s, g, t, T, H, back=T.T),
    "divide the threshold by 255": lambda s, g, t, T, H: solve(s, g, t, T, H, limit=t * g),
    "does not depend on sigma.": lambda s, g, t, T, H: solve(s, g, t, T, H, limit=t),
    "does not depend on sigma:": lambda s, g, t, T, H: solve(s, g, t, T, H, limit=t / 255),
    "soft threshold": soft,
    "compare the magnitude": lambda s, g, t, T, H: solve(s, g, t, T, H, compare=lambda x: x),
    "asked are the survivors": removed,
    "along the stack, is missing": lambda s, g, t, T, H: solve(s, g, t, T, torch.eye(len(s))),
    "not H once more": lambda s, g, t, T, H: solve(s, g, t, T, H, haar_back=H),
    "T.T from the right": columns_only,
    "You returned the spectrum": spectrum_only,
    "Return two things": lambda s, g, t, T, H: solve(s, g, t, T, H)[0],
}
