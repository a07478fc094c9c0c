"""Answers to 07.1 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises.e07_1_kl import kl_standard_normal

WRONG = {
    "Not summed, please": lambda mu, logvar: kl_standard_normal(mu, logvar).sum(1),
    "a hidden β of 1/d": lambda mu, logvar: kl_standard_normal(mu, logvar).mean(1),
    "factor ½ is missing": lambda mu, logvar: mu**2 + logvar.exp() - logvar - 1,
    "sign is turned": lambda mu, logvar: 0.5 * (1 + logvar - mu**2 - logvar.exp()),
    "Without the exponential": lambda mu, logvar: -0.5 * (1 + logvar - mu**2 - logvar),
    "takes logvar for log σ.": lambda mu, std_log: 0.5 * (mu**2 + (2 * std_log).exp() - 2 * std_log - 1),
    "in the place of σ²": lambda mu, logvar: 0.5 * (mu**2 + (0.5 * logvar).exp() - logvar - 1),
    "The −1 is missing": lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - logvar),
    "has to be squared": lambda mu, logvar: 0.5 * (mu + logvar.exp() - logvar - 1),
    "the other way round": lambda mu, logvar: 0.5 * ((mu**2 + 1) / logvar.exp() + logvar - 1),
}
