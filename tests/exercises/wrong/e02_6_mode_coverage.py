"""Answers to 02.6 that must be rejected: what the message must say -> the answer."""

import math

import torch

from course_lib.metrics.modes import mode_coverage


def parts(samples, centres, sigma):
    distance, mode = torch.cdist(samples, centres).min(1)
    found = mode_coverage(samples, centres, sigma)
    return distance, mode, *found


def stray(samples, centres, sigma):
    _, mode, _, quality, kl = parts(samples, centres, sigma)
    return len(set(mode.tolist())), quality, kl


def one_sigma(samples, centres, sigma):
    distance, mode, _, _, kl = parts(samples, centres, sigma)
    good = distance < sigma
    return len(mode[good].unique()), good.float().mean().item(), kl


def no_root(samples, centres, sigma):
    distance, mode, _, _, kl = parts(samples, centres, sigma)
    good = distance**2 <= 3 * sigma
    return len(mode[good].unique()), good.float().mean().item(), kl


def only_good(samples, centres, sigma):
    distance, mode, modes, quality, _ = parts(samples, centres, sigma)
    mode = mode[distance <= 3 * sigma]
    share = torch.bincount(mode, minlength=len(centres)) / len(mode)
    return modes, quality, torch.xlogy(share, share * len(centres)).sum().item()


def shares(samples, centres, sigma):
    _, mode, modes, quality, _ = parts(samples, centres, sigma)
    return modes, quality, torch.bincount(mode, minlength=len(centres)) / len(samples)


def not_a_number(samples, centres, sigma):
    modes, quality, share = shares(samples, centres, sigma)
    return modes, quality, (share * (share * len(centres)).log()).sum().item()


def other_way_round(samples, centres, sigma):
    modes, quality, share = shares(samples, centres, sigma)
    return modes, quality, ((1 / len(centres)) * torch.log((1 / len(centres)) / share)).sum().item()


def entropy(samples, centres, sigma):
    modes, quality, share = shares(samples, centres, sigma)
    return modes, quality, -torch.xlogy(share, share).sum().item()


def bits(samples, centres, sigma):
    modes, quality, kl = mode_coverage(samples, centres, sigma)
    return modes, quality, kl / math.log(2)


def per_cent(samples, centres, sigma):
    modes, quality, kl = mode_coverage(samples, centres, sigma)
    return modes, 100 * quality, kl


WRONG = {
    "only far-off samples": stray,
    "not one.": one_sigma,
    "take the root first": no_root,
    "not in per cent": per_cent,
    "good or not": only_good,
    "leave it out": not_a_number,
    "weighs by the samples' shares": other_way_round,
    "entropy of the histogram": entropy,
    "in nats": bits,
    "three values": lambda samples, centres, sigma: mode_coverage(samples, centres, sigma).modes,
}
