"""Answers to 01.6 that must be rejected: what the message must say -> the answer."""


def factors(x, y, c1=1e-4, c2=9e-4):
    a, b = x.mean(), y.mean()
    covariance = ((x - a) * (y - b)).mean()
    return (2 * a * b + c1) / (a**2 + b**2 + c1), (2 * covariance + c2) / (x.var(correction=0) + y.var(correction=0) + c2)


def both(x, y, **constants):
    brightness, structure = factors(x, y, **constants)
    return brightness * structure


def sample_variance(x, y):
    a, b = x.mean(), y.mean()
    covariance = ((x - a) * (y - b)).sum() / (x.numel() - 1)
    return factors(x, y)[0] * (2 * covariance + 9e-4) / (x.var() + y.var() + 9e-4)


def standard_deviations(x, y):
    covariance = ((x - x.mean()) * (y - y.mean())).mean()
    return factors(x, y)[0] * (2 * covariance + 9e-4) / (x.std(correction=0) + y.std(correction=0) + 9e-4)


WRONG = {
    "brightness factor is missing": lambda x, y: factors(x, y)[1],
    "structure factor is missing": lambda x, y: factors(x, y)[0],
    "SSIM is their product": lambda x, y: sum(factors(x, y)) / 2,
    "gives 0 / 0": lambda x, y: both(x, y, c1=0.0, c2=0.0),
    "are squares": lambda x, y: both(x, y, c1=0.01, c2=0.03),
    "images from 0 to 255": lambda x, y: both(x, y, c1=2.55**2, c2=7.65**2),
    "one less than the number": sample_variance,
    "standard deviations where": standard_deviations,
}
