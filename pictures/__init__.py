"""Pictures: from a name, a path or a URL to 8-bit sRGB pixels of the right size. No torch, no Ray."""

from pictures.clip import Clip
from pictures.errors import PictureError, UnknownPictureError, UnreadableError
from pictures.find import Finder, Picture
from pictures.read import label_image, resize, scaled_size

__all__ = [
    "Clip",
    "Finder",
    "Picture",
    "PictureError",
    "UnknownPictureError",
    "UnreadableError",
    "label_image",
    "resize",
    "scaled_size",
]
