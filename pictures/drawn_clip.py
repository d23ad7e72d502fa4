"""A clip made by code, for use without downloads: the camera moves over a photograph while a ball passes in front."""

from __future__ import annotations

from importlib import resources

from PIL import Image, ImageChops, ImageDraw, ImageFilter

EDGE, OVERSAMPLING = 384, 2
CAMERA, BALL = (5.5, 3.0), (26.0, -6.0)
"""Pixels per frame, to the right and down. CAMERA moves the view, so that the photograph moves the other way; BALL is
the ball's movement within the view.
"""
BALL_START, BALL_RADIUS = (-10.0, 250.0), 46


def passing_ball(number: int) -> Image.Image:
    """Frame `number` of the clip, counting from 0."""
    with Image.open(str(resources.files("skimage").joinpath("data/astronaut.png"))) as photograph:
        left, top = (20 + number * speed for speed in CAMERA)
        view = (left, top, left + EDGE, top + EDGE)
        frame = photograph.convert("RGB").resize((EDGE, EDGE), Image.Resampling.BICUBIC, box=view)
    large = EDGE * OVERSAMPLING
    x, y = (OVERSAMPLING * (start + number * speed) for start, speed in zip(BALL_START, BALL, strict=True))
    radius = OVERSAMPLING * BALL_RADIUS
    disc = Image.new("L", (large, large))
    ImageDraw.Draw(disc).ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    light = Image.new("L", (large, large), 90)
    for share in range(1, 25):
        inner = radius * (1 - share / 25)
        centre = x - 0.35 * (radius - inner), y - 0.35 * (radius - inner)
        box = (centre[0] - inner, centre[1] - inner, centre[0] + inner, centre[1] + inner)
        ImageDraw.Draw(light).ellipse(box, fill=90 + 6 * share)
    colour = ImageChops.multiply(Image.new("RGB", light.size, (255, 132, 30)), Image.merge("RGB", [light] * 3))
    mask = disc.filter(ImageFilter.GaussianBlur(1)).resize(frame.size, Image.Resampling.BOX)
    return Image.composite(colour.resize(frame.size, Image.Resampling.BOX), frame, mask)
