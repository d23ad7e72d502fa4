"""What a row says about a processor: enough to tell two apart that round differently."""

import hashlib
import json
import os
import subprocess
import sys

import pytest

from orchestrator import processor as module
from orchestrator.cluster.device import device_name
from orchestrator.processor import processor


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("fpu avx avx2", "A Processor, AVX2"),
        ("fpu avx2 avx512f", "A Processor, AVX-512"),
        ("avx2 avx512f avx512_bf16", "A Processor, AVX-512 BF16"),
        ("avx2 avx512f avx512_bf16 amx_bf16 amx_tile", "A Processor, AMX"),
        ("fpu", "A Processor"),
    ],
)
def test_the_model_and_its_widest_instructions_are_named(flags, said, tmp_path, monkeypatch):
    info = tmp_path / "cpuinfo"
    info.write_text(f"processor\t: 0\nmodel name\t: A Processor\nflags\t\t: {flags}\n\nprocessor\t: 1\n")
    monkeypatch.setattr(module, "CPU_INFO", info)
    assert processor() == said


def test_a_system_without_that_file_has_a_name_too(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CPU_INFO", tmp_path / "none")
    assert processor()


def images():
    """The hash of a small image in bf16, computed twice, and what a row would call the device."""
    import torch

    from stylize import ARCHITECTURES, PREPROCESSING, Lane, Network, Settings, Targets, Transfer, transfer_lanes
    from weights.he_normal import he_normal

    architecture = ARCHITECTURES["vgg16-slim"]
    network = Network(architecture, he_normal(architecture.parameter_shapes(), seed=0), PREPROCESSING["vgg-original"])
    random = torch.Generator().manual_seed(1)
    pictures = [torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8, generator=random) for _ in range(2)]
    settings = Settings(iterations=8, precision="bf16").for_architecture(architecture)
    found = []
    for _ in range(2):
        [[result]] = transfer_lanes([Lane(Transfer(*pictures, settings), (8,))], Targets(network))
        found.append(hashlib.sha256(result.pixels().numpy().tobytes()).hexdigest())
    return [*found, device_name(torch.device("cpu"))]


def test_instructions_that_round_differently_are_another_device():
    """With AMX and with AVX-512, as far as this machine has them: each gives the same pixels again, and if those of
    the two differ, then rows say so.
    """
    import torch

    first, again, device = images()
    assert first == again
    code = (
        "import json, sys, torch, test_processor; torch.set_num_threads(int(sys.argv[1])); "
        "print(json.dumps(test_processor.images()))"
    )
    narrower = os.environ | {
        "ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16",
        "PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), *sys.path]),
    }
    command = [sys.executable, "-c", code, str(torch.get_num_threads())]
    ran = subprocess.run(command, env=narrower, capture_output=True, text=True, check=True)
    other, other_again, other_device = json.loads(ran.stdout.splitlines()[-1])
    assert other == other_again
    assert other_device != device
    if "AMX" in device:
        assert other != first
