"""How well the embedded auto-painter colours what it has not seen, beside rules without a network.

python -m benchmarks.autopainter --pictures FOLDER
python -m benchmarks.autopainter --generator FILE --sheet sheet.png

20 held-out cartoons (ink sketches, 128 px), and photographs (XDoG sketches, long edge 128 px): the mean absolute error
of the colours (L1, 0–1) and ΔE of CIELAB (1976), with 0, 8 and 40 hints of 4 to 8 px from the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from skimage.color import rgb2lab

from autopaint.examples import seen
from autopaint.export import generator_of, parameter_shapes
from autopaint.hints import Hints, flood, hints_of_truth, nearest_hint, no_hints
from autopaint.networks import Generator
from autopaint.sketch import RELATIVE_SIGMA, xdog
from pictures.cartoons import cartoon
from weights.load import load

Picture = NDArray[np.float32]
HELD_OUT = range(1_000_000, 1_000_020)
COUNTS = (0, 8, 40)
EMBEDDED = Path(__file__).parents[1] / "weights" / "autopainter.safetensors"
THRESHOLD = 0.4


def cartoons(edge: int = 128) -> dict[str, tuple[NDArray[np.uint8], Picture]]:
    """Truth and ink sketch of each held-out cartoon."""
    drawn = {f"cartoon {number}": cartoon(number, (edge, edge)) for number in HELD_OUT}
    return {name: (one.picture(), np.asarray(one.sketch() / 255, np.float32)) for name, one in drawn.items()}


def photographs(folder: Path | None, edge: int = 128) -> dict[str, tuple[NDArray[np.uint8], Picture]]:
    """Truth and XDoG sketch of photographs: two that were not learned from, two that were, and the paper's."""
    found = {name: Image.fromarray(getattr(data, name)()) for name in ("chelsea", "coffee", "astronaut", "rocket")}
    if folder:
        found["neckarfront"] = Image.open(folder / "neckarfront.jpg").convert("RGB")
    pictures = {}
    for name, picture in found.items():
        scale = edge / max(picture.size)
        size = round(picture.width * scale), round(picture.height * scale)
        truth = np.asarray(picture.resize(size, Image.Resampling.LANCZOS))
        pictures[name] = truth, xdog(truth, RELATIVE_SIGMA * edge, THRESHOLD)
    return pictures


def hints(truth: NDArray[np.uint8], count: int, seed: int) -> Hints:
    """Squares of 4 to 8 px from the truth; at 128 px."""
    found = no_hints(*truth.shape[:2])
    for part, edge in enumerate((4, 5, 6, 8)):
        more = hints_of_truth(truth, count // 4, edge * max(truth.shape) // 128, 10 * seed + part)
        found.painted[more.painted] = True
        found.colours[more.painted] = more.colours[more.painted]
    return found


@torch.no_grad()
def painted(generator: Generator, sketch: Picture, given: Hints) -> Picture:
    """The generator's colours, H×W×3 in 0–1."""
    return generator(seen(sketch, given)[None])[0].clamp(0, 1).permute(1, 2, 0).numpy()  # type: ignore[no-any-return]


def _even(truth: NDArray[np.uint8]) -> Picture:
    """The picture's mean colour everywhere."""
    return np.broadcast_to(truth.mean((0, 1), dtype=np.float32) / 255, truth.shape)


def errors(truth: NDArray[np.uint8], colours: Picture) -> tuple[float, float]:
    """L1 and ΔE."""
    wanted = truth / np.float32(255)
    difference = np.linalg.norm(rgb2lab(wanted) - rgb2lab(np.clip(colours, 0, 1)), axis=-1)
    return float(np.abs(wanted - colours).mean()), float(difference.mean())


def main(
    generator: Annotated[Path, typer.Option(help="A generator's file.")] = EMBEDDED,
    pictures: Annotated[Path | None, typer.Option(help="A folder with neckarfront.jpg.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="Where to draw a sheet of the cartoons.")] = None,
    edge: Annotated[int, typer.Option(min=64, help="Pixels of the long edge.")] = 128,
) -> None:
    """Print the table of the model card."""
    torch.set_num_threads(1)
    network = generator_of(load(generator, parameter_shapes()))
    rules: dict[str, Callable[[NDArray[np.uint8], Picture, Hints], Picture]] = {
        "picture's own mean colour": lambda truth, sketch, given: _even(truth),
        "nearest hint × lines": lambda truth, sketch, given: nearest_hint(sketch, given),
        "flooded hint × lines": lambda truth, sketch, given: flood(sketch, given).colours * sketch[..., None],
        "generator": lambda truth, sketch, given: painted(network, sketch, given),
    }
    for title, group in {"20 cartoons": [cartoons(edge)], "photographs": [photographs(pictures, edge)]}.items():
        print(f"\n{title}: L1 / ΔE with {', '.join(map(str, COUNTS))} hints")
        names = [title] if title == "20 cartoons" else list(group[0])
        for name in names:
            chosen = list(group[0].values()) if name == title else [group[0][name]]
            for rule, colour in rules.items():
                cells = []
                for count in COUNTS:
                    if (count == 0) != (rule == "picture's own mean colour") and rule != "generator":
                        cells.append("–")
                        continue
                    found = [
                        errors(truth, colour(truth, sketch, hints(truth, count, seed)))
                        for seed, (truth, sketch) in enumerate(chosen)
                    ]
                    cells.append(" / ".join(f"{value:.{3 - 2 * at}f}" for at, value in enumerate(np.mean(found, 0))))
                print(f"{name:14} {rule:28} {'   '.join(f'{cell:>13}' for cell in cells)}")
    if sheet:
        both = list(cartoons(edge).values())[:8] + list(photographs(pictures, edge).values())
        _sheet(network, both, edge).save(sheet)


def _sheet(network: Generator, pictures: list[tuple[NDArray[np.uint8], Picture]], edge: int) -> Image.Image:
    """Rows: sketch, then the generator with 0, 8 and 40 hints (hints shown on the sketch for 8), truth."""
    found = Image.new("RGB", (edge * len(pictures), edge * 6), "white")
    for column, (truth, sketch) in enumerate(pictures):
        given = [hints(truth, count, column) for count in COUNTS]
        laid = np.where(given[1].painted[..., None], given[1].colours, sketch[..., None])
        rows = [np.repeat(sketch[..., None], 3, -1), painted(network, sketch, given[0]), laid]
        rows += [painted(network, sketch, one) for one in given[1:]] + [truth / 255]
        for row, one in enumerate(rows):
            found.paste(Image.fromarray((255 * one).round().astype(np.uint8)), (column * edge, row * edge))
    return found


if __name__ == "__main__":
    typer.run(main)
