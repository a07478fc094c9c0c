"""Answers to 06.5 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises import e06_5_repair_jitter as exercise


def whole_images(c, x, generator, crop=64):
    return c, x


WRONG = {
    "whether to mirror is still drawn twice": exercise.own_coin,
    "the place of the square is still drawn twice": exercise.own_place,
    "Only the map is mirrored": exercise.only_the_map,
    "Only the picture is mirrored": exercise.only_the_picture,
    "always the middle": exercise.in_the_middle,
    "always the same corner": exercise.in_the_corner,
    "the last one never comes": exercise.never_the_last,
    "only the diagonal is seen": exercise.one_shift,
    "nothing is ever mirrored": exercise.never_mirrored,
    "as few as before": exercise.always_mirrored,
    "The coin is not fair": exercise.seldom_mirrored,
    "stand on their roofs": exercise.upside_down,
    "have changed places": exercise.exchanged,
    "A generator made inside": exercise.own_seed,
    "Set back to its seed": exercise.same_seed_again,
    "global source": exercise.global_source,
    "64 is only its default": exercise.fixed_size,
    "shape (3, 66, 65)": whole_images,
}
