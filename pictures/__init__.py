"""Pictures: from a name, a path or a URL to 8-bit sRGB pixels of the right size. No torch, no Ray."""

from pictures.errors import PictureError, UnknownPictureError, UnreadableError
from pictures.find import Finder, Picture
from pictures.read import resize, scaled_size

__all__ = ["Finder", "Picture", "PictureError", "UnknownPictureError", "UnreadableError", "resize", "scaled_size"]
