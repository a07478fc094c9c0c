"""Answers to 00.1 that must be rejected: what the message must say -> the answer."""


def forgot_return(image, amount):
    (image + amount).clamp(0, 1)


def in_place(image, amount):
    image += amount
    return image.clamp(0, 1)


def misspelt(image, amount):
    return (image + amout).clamp(0, 1)  # noqa: F821


def only_brighter(image):
    return (image + 0.25).clamp(0, 1)


WRONG = {
    "did not limit": lambda image, amount: image + amount,
    "not at 0": lambda image, amount: (image + amount).clamp(max=1),
    "You multiplied": lambda image, amount: (image * (1 + amount)).clamp(0, 1),
    "divided the amount by 255": lambda image, amount: (image + amount / 255).clamp(0, 1),
    "keep the dtype": lambda image, amount: (image + amount).clamp(0, 1).float(),
    "shape (1, 1, 2)": lambda image, amount: (image + amount).clamp(0, 1).unsqueeze(0),
    "Did you forget `return`?": forgot_return,
    "work in place": in_place,
    "name 'amout' is not defined": misspelt,
    "brighten takes (image)": only_brighter,
    "the function itself": 0.7,
}
