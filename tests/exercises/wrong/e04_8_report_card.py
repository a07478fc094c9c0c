"""Answers to 04.8 that must be rejected: what the message must say -> the answer."""

from course_lib.metrics.features import inception_score, precision_recall


def card(fakes=lambda x: (x + 1) / 2, reals=lambda x: x, swapped=False, double=False):
    def report(G, real, z, feature_net, judge):
        images = fakes(G(z))
        f, r = feature_net(images), feature_net(reals(real))
        precision, recall = precision_recall(r, f) if swapped else precision_recall(f, r)
        logits = judge(images)
        return inception_score(logits.softmax(1) if double else logits), precision, recall

    return report


WRONG = {
    "half of a digit's pixels": card(fakes=lambda x: x),
    "changed places": card(swapped=True),
    "the softmax twice": card(double=True),
    "Both are in [-1, 1] now": card(fakes=lambda x: x, reals=lambda x: 2 * x - 1),
    "in [0, 1] already": card(reals=lambda x: (x + 1) / 2),
    "three numbers: Inception Score": lambda *arguments: card()(*arguments)[0],
}
