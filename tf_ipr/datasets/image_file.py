"""Pictures as training reads them: the one reader of the project, `tf_ipr.files.image_file`."""

from tf_ipr.files.image_file import (
    DEFAULT_MAX_PIXELS,
    SUFFIXES,
    ImageFileError,
    list_images,
    read_image,
    write_image,
    write_png,
)

__all__ = ["DEFAULT_MAX_PIXELS", "SUFFIXES", "ImageFileError", "list_images", "read_image",
           "write_image", "write_png"]
