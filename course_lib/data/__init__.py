"""Where images come from: bundled photographs, glyphs with known factors, digits, scenes painted by a known rule, folders, toys."""

from course_lib.data import facades, glyphs, scenes, toys
from course_lib.data.digits import DigitSet, digits
from course_lib.data.folders import data_folder, images
from course_lib.data.photos import photo, photo_info, photo_names

__all__ = ["DigitSet", "data_folder", "digits", "facades", "glyphs", "images", "photo", "photo_info", "photo_names", "scenes", "toys"]
