"""What a step makes the device do: how many operations, nothing that waits, always in the same memory."""

import pytest
import torch

from benchmarks.counting import HostReadError, of_a_step, watched, watching
from stylize import ARCHITECTURES, PREPROCESSING, Masks, Network, Previous, Settings, Targets, Transfer, transfer_batch
from stylize import step as step_module

STYLE_LAYERS = [f"conv{block}_1" for block in range(1, 6)]
SLICED = {"style_representation": "sliced-wasserstein"}
MRF = {"style_representation": "mrf", "mrf_rotations": [0], "mrf_scales": [1]}
NNST = {"style_representation": "nnst"}


@pytest.fixture(scope="module")
def without_numbers():
    """VGG-16 on a device that knows shapes only."""
    architecture = ARCHITECTURES["vgg16"]
    parameters = {name: torch.zeros(shape, device="meta") for name, shape in architecture.parameter_shapes().items()}
    return Network(architecture, parameters, PREPROCESSING["vgg-original"]).to("meta")


@pytest.fixture(scope="module")
def photographs():
    generator = torch.Generator().manual_seed(0)
    return [(torch.rand(3, 64, 64, generator=generator) * 255).byte() for _ in range(3)]


def settings(**changes):
    return Settings(**({"iterations": 8, "precision": "fp32", "history_every": 1000} | changes))


@pytest.mark.parametrize(("precision", "most", "with_views"), [("fp32", 100, 170), ("bf16", 110, 180)])
def test_a_step_of_figure_5_takes_so_many_operations(without_numbers, photographs, precision, most, with_views):
    """Eight images of all five layers. It was 397 operations, of which 262 are no views."""
    content, style, _ = photographs
    ratios = [10.0**-power for power in range(1, 9)]
    batch = [Transfer(content, style, settings(ratio=ratio, precision=precision)) for ratio in ratios]
    operations, no_views = of_a_step(batch, Targets(without_numbers))
    assert 60 < no_views <= most
    assert no_views < operations <= with_views


def everything(photographs):
    """Every method by name: the transfers of a batch."""
    content, style, other = photographs
    half = (torch.arange(64) < 32).long().expand(64, 64)
    known = (torch.arange(64) < 50).float().expand(64, 64)
    previous = Previous(other.float(), known)

    def one(masks=None, previous=None, blend=(), **changes):
        start = other if changes.get("init") == "image" else None
        return Transfer(content, style, settings(**changes), blend, start, masks, previous)

    return {
        "adam": [one(), one(ratio=1.0, decay="exponential"), one(style_layers=["conv1_1"]), one(ratio=0.0)],
        "lbfgs": [one(optimizer="lbfgs"), one(optimizer="lbfgs", learning_rate=1.0)],
        "mean and variance": [one(style_representation="mean-variance")],
        "wasserstein": [one(style_representation="wasserstein", style_layers=["conv1_1"])],
        "sliced": [one(**SLICED), one(**SLICED, ratio=1.0)],
        "sliced and masks": [one(Masks(half, half), **SLICED, sliced_directions=16)],
        "patches": [one(**MRF), Transfer(content, other, settings(**MRF))],
        "neighbours": [one(**NNST), Transfer(content, other, settings(**NNST)), one(Masks(half, half), **NNST)],
        "representations": [one(), one(style_representation="mean-variance"), one(**MRF)],
        "masks": [one(Masks(half, half)), one(), one(Masks(1 - half, half))],
        "matting": [one(matting_weight=10.0), one(), Transfer(other, style, settings(matting_weight=1.0))],
        "laplacian": [one(laplacian_weight=10.0), one(), one(laplacian_weight=1.0, laplacian_blur=2.0)],
        "temporal": [one(previous=previous, temporal_weight=10.0, init="image"), one()],
        "blend": [one(blend=((other, 0.3),)), one()],
        "variation": [one(tv_weight=0.1), one()],
        "plateau": [one(plateau=1e-3), one()],
        "history": [one(history_every=1), one(ratio=1.0, history_every=1)],
        "snapshots": [one(frames_every=2), one(ratio=1.0, frames_every=2)],
        "bf16": [one(precision="bf16"), one(precision="bf16", ratio=1.0)],
        "checkpointing": [one(checkpointing="always")],
        "luminance": [one(colour="luminance"), one()],
    }


@pytest.mark.parametrize("method", everything([torch.zeros(3, 64, 64, dtype=torch.uint8)] * 3))
def test_no_step_reads_from_the_device_or_brings_anything_there(without_numbers, photographs, method):
    batch = everything(photographs)[method]
    seen = watched(batch, Targets(without_numbers), first=0, on_snapshot=lambda snapshot: None)
    assert seen.operations["convolution"] >= 8


READS = {
    "item": lambda numbers: numbers.sum().item(),
    "tolist": lambda numbers: numbers.tolist(),
    "cpu": lambda numbers: numbers.cpu(),
    "if": lambda numbers: bool(numbers.sum()),
    "tensor": lambda numbers: torch.tensor([1.0, 2.0], device="meta"),
    "to": lambda numbers: torch.ones(3).to("meta"),
    "mask": lambda numbers: numbers[numbers > 0],
}


@pytest.mark.parametrize("read", READS)
def test_what_would_wait_is_noticed(read):
    numbers = torch.ones(3, device="meta")
    with watching() as watch:
        watch.counts = True
        with pytest.raises((HostReadError, RuntimeError, NotImplementedError)):
            READS[read](numbers)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_a_recorded_step_gives_the_same_images(network, pictures, monkeypatch, optimizer):
    """In place of a CUDA graph: what is recorded may only look at the memory that it had when it was recorded."""
    recorded = []

    def record(run):
        optimiser = run.__self__._optimiser
        state = addresses(optimiser)
        assert state

        def replay():
            assert addresses(optimiser) == state
            run()

        recorded.append(len(state))
        return replay

    each = [Transfer(*pictures, settings(iterations=60, optimizer=optimizer, ratio=ratio)) for ratio in (1e-3, 1e-2)]
    plain = transfer_batch(each, Targets(network))
    monkeypatch.setattr(step_module, "record", record)
    monkeypatch.setattr(step_module, "may_record", lambda device: True)
    replayed = transfer_batch(each, Targets(network))
    assert len(recorded) == 1
    for one, other in zip(plain, replayed, strict=True):
        assert torch.equal(one.image, other.image)
        assert one.history == other.history


def addresses(owner):
    """Where the state of an optimiser is in memory, by name."""
    found = {}
    for name, value in vars(owner).items():
        if isinstance(value, torch.Tensor):
            found[name] = value.data_ptr()
        elif type(value).__module__.startswith("stylize.optimisers"):
            found |= {f"{name}.{inner}": address for inner, address in addresses(value).items()}
    return found


def test_a_step_that_cannot_be_recorded_runs_as_it_is(network, pictures, monkeypatch):
    tried = []
    monkeypatch.setattr(step_module, "record", tried.append)  # which gives None
    monkeypatch.setattr(step_module, "may_record", lambda device: True)
    one = Transfer(*pictures, settings(iterations=60))
    [result] = transfer_batch([one], Targets(network))
    assert len(tried) == 1
    monkeypatch.undo()
    assert torch.equal(result.image, transfer_batch([one], Targets(network))[0].image)


@pytest.mark.parametrize("changes", [{"iterations": 42}, {"style_representation": "wasserstein", "iterations": 60}])
def test_what_would_not_pay_or_cannot_be_recorded_is_not_tried(network, pictures, monkeypatch, changes):
    tried = []
    monkeypatch.setattr(step_module, "record", tried.append)
    monkeypatch.setattr(step_module, "may_record", lambda device: True)
    transfer_batch([Transfer(*pictures, settings(style_layers=["conv1"], **changes))], Targets(network))
    assert not tried


def test_one_image_that_cannot_be_recorded_keeps_its_batch_from_being_recorded(network, pictures, monkeypatch):
    tried = []
    monkeypatch.setattr(step_module, "record", tried.append)
    monkeypatch.setattr(step_module, "may_record", lambda device: True)
    kinds = ("gram", "wasserstein")
    each = [settings(style_layers=["conv1"], style_representation=kind, iterations=60) for kind in kinds]
    transfer_batch([Transfer(*pictures, one) for one in each], Targets(network))
    assert not tried
    transfer_batch([Transfer(*pictures, each[0])], Targets(network))
    assert len(tried) == 1
