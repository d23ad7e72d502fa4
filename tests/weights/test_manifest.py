"""The manifest keeps what it promises."""

import pytest

from stylize import ARCHITECTURES, PREPROCESSING
from weights import manifest

ENTRIES = [(architecture, name) for architecture, entries in manifest().items() for name in entries]
REMOTE = [(architecture, name) for architecture, name in ENTRIES if name != "embedded"]


@pytest.mark.parametrize(("architecture", "name"), ENTRIES)
def test_every_entry_is_of_an_architecture_and_a_preprocessing_that_exist(architecture, name):
    assert architecture in ARCHITECTURES
    assert manifest()[architecture][name].preprocessing in PREPROCESSING


@pytest.mark.parametrize(("architecture", "name"), REMOTE)
def test_every_file_is_fetched_over_https_and_proved_by_the_hash_in_its_name(architecture, name):
    entry = manifest()[architecture][name]
    assert entry.url.startswith("https://")
    assert entry.remote.name.endswith(f"-{entry.checksum.digits[:8]}.pth")


def test_no_two_entries_share_a_file_name():
    """They lie beside each other in the cache."""
    names = [manifest()[architecture][name].remote.name for architecture, name in REMOTE]
    assert len(set(names)) == len(names)


def test_every_architecture_has_pretrained_weights():
    assert set(manifest()) == set(ARCHITECTURES)


@pytest.mark.parametrize(
    ("architecture", "name", "published"),
    [
        ("vgg16", "original", "VGG16_Weights.IMAGENET1K_FEATURES"),
        ("vgg16", "torchvision", "VGG16_Weights.IMAGENET1K_V1"),
        ("vgg19", "torchvision", "VGG19_Weights.IMAGENET1K_V1"),
        ("squeezenet1_1", "torchvision", "SqueezeNet1_1_Weights.IMAGENET1K_V1"),
        ("alexnet", "torchvision", "AlexNet_Weights.IMAGENET1K_V1"),
    ],
)
def test_torchvisions_weights_are_where_torchvision_has_them(architecture, name, published):
    from torchvision.models import get_weight

    assert manifest()[architecture][name].url == get_weight(published).url


def test_the_papers_networks_default_to_the_weights_that_oxford_trained():
    """Gatys et al. used those; the ones that torchvision trained give visibly different pictures."""
    for architecture in ("vgg16", "vgg19"):
        assert next(iter(manifest()[architecture])) == "original"
