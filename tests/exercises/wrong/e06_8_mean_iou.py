"""Answers to 06.8 that must be rejected: what the message must say -> the answer."""

from course_lib.check.exercises import e06_8_mean_iou as exercise


def a_text(found, labels, classes):
    return f"{exercise.mean_iou(found, labels, classes):.1%}"


WRONG = {
    "the share of right pixels": exercise.accuracy,
    "You average over the images": exercise.image_by_image,
    "so that the large ones decide": exercise.one_ratio,
    "One number for each class": exercise.one_a_class,
    "it says nothing about `found`": exercise.absent_is_zero,
    "a gift for every class": exercise.absent_is_one,
    "gives 0/0": exercise.absent_is_nan,
    "found and is not there at all": exercise.of_labels_only,
    "there and was never found": exercise.of_found_only,
    "in one of the two only counts as 0": exercise.of_both_only,
    "a class like the others": exercise.without_the_first,
    "Dice's coefficient": exercise.dice,
    "count the common pixels twice": exercise.counted_twice,
    "whoever finds it everywhere": exercise.of_labels,
    "whoever finds one right pixel": exercise.of_found,
    "You weigh the classes": exercise.by_frequency,
    "A number is wanted": a_text,
}
