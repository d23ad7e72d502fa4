"""Networks of torchvision against torchvision's own modules: names, layers, responses, costs and random weights."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.counting import peak_bytes
from stylize import (
    ARCHITECTURES,
    PREPROCESSING,
    Network,
    Settings,
    SettingsError,
    Targets,
    Transfer,
    architecture_named,
)
from stylize.network.arithmetic import storage
from stylize.network.step_memory import batch_bytes
from stylize.network.torchvision_names import NAMES, default_layers
from stylize.settings import TrialSettings
from weights.torchvision_weights import entries, older_key

ONE_SIZE_ONLY = {"maxvit_t", "vit_b_16", "vit_b_32", "vit_h_14", "vit_l_16", "vit_l_32"}
SMALL = ["resnet18", "mobilenet_v3_small", "squeezenet1_0"]


def test_every_network_of_torchvision_is_there_but_for_those_of_one_size():
    import torchvision

    theirs = set(torchvision.models.list_models(module=torchvision.models))
    assert {*NAMES} == theirs - {*ARCHITECTURES} - ONE_SIZE_ONLY
    assert len(NAMES) == len({*NAMES})
    for name in NAMES:
        content, style = default_layers(name)
        assert len(content) == 1
        assert len(style) == 5


def test_a_wrong_name_gets_the_closest():
    with pytest.raises(ValueError, match=r"'resnet50', .* or another of the names that `sweep schema` lists"):
        TrialSettings(architecture="resnet52", content="photo", style="painting")


@pytest.mark.parametrize("name", SMALL)
def test_layers_have_torchvisions_names_and_those_of_the_modules_that_end_there(name):
    import torchvision
    from torchvision.models.feature_extraction import get_graph_node_names

    architecture = architecture_named(name)
    _, names = get_graph_node_names(torchvision.models.get_model(name, weights=None), suppress_diff_warning=True)
    nodes = [layer.names[0] for layer in architecture.traced.layers]
    assert nodes == [one for one in names if one in nodes]
    architecture.check_layers(architecture.content_layers + architecture.style_layers)
    assert list(architecture.style_layers) == sorted(architecture.style_layers, key=architecture.layers.index)
    scales = [256 // architecture.response_shape(layer, 256, 256)[0] for layer in architecture.style_layers]
    assert scales == sorted(scales)
    assert architecture.response_shape(architecture.content_layers[0], 256, 256) == (32, 32) or name == "squeezenet1_0"


def test_a_module_is_the_layer_in_which_it_ends():
    resnet = architecture_named("resnet18")
    for name in ("layer1", "layer1.1", "layer1.1.relu_1"):
        assert resnet.response("layer1", 64, 96) == resnet.response(name, 64, 96)
    with pytest.raises(SettingsError, match=r"resnet18 has no layer 'layer5'; did you mean 'layer\d'\? `sweep layers"):
        resnet.check_layers(["layer5"])


def plain(name, parameters):
    """torchvision's own model in float64, its batch normalisation in evaluation mode, with these parameters."""
    import torchvision

    model = torchvision.models.get_model(name, weights=None).eval()
    assert not model.load_state_dict(parameters, strict=False).unexpected_keys
    return model.double()


def hooked(model, picture):
    """What each module gives at each of its calls, as it was before a later module changes it in place."""
    found = {}

    def keep(name):
        def hook(module, inputs, output):
            calls = sum(one == name or one.startswith(f"{name}_") for one in found)
            found[f"{name}_{calls}" if calls else name] = output.clone()

        return hook

    handles = [module.register_forward_hook(keep(name)) for name, module in model.named_modules() if name]
    with torch.no_grad():
        model(picture)
    for handle in handles:
        handle.remove()
    return found


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("checkpointing", [False, True])
def test_all_responses_are_those_of_the_plain_model(name, checkpointing):
    """All are asked for at once, so that a ReLU in place would change the response before it."""
    architecture = architecture_named(name)
    parameters = architecture.random_parameters(1)
    network = Network(architecture, parameters, PREPROCESSING["torchvision"]).double()
    generator = torch.Generator().manual_seed(0)
    picture = torch.rand(1, 3, 64, 96, generator=generator, dtype=torch.float64) * 255
    mean, deviation = (
        torch.tensor(values, dtype=torch.float64).view(1, 3, 1, 1)
        for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    expected = hooked(plain(name, parameters), (picture / 255 - mean) / deviation)
    layers = [layer for layer in architecture.layers if layer in expected]
    assert len(layers) > 40
    image = picture.requires_grad_()
    found = network(image, layers, torch.float64, checkpointing=checkpointing)
    for layer in layers:
        # The mean and deviation of pictures are fp32 numbers, and small variances make more of the difference.
        assert (found[layer] - expected[layer]).abs().max() < 1e-5 * expected[layer].abs().max(), layer
    [gradient] = torch.autograd.grad(sum(one.square().mean() for one in found.values()), image)
    assert gradient.isfinite().all()
    assert gradient.any()


def test_responses_with_the_channels_last_are_turned_around():
    architecture = architecture_named("convnext_tiny")
    network = Network(architecture, architecture.random_parameters(0), PREPROCESSING["torchvision"])
    turned = ["features.1.0.block.2", "features.1.0.block.3"]  # the layer normalisation, and 4 times as many channels
    found = network(torch.rand(1, 3, 64, 96) * 255, [*turned, "features.3"])
    assert [tuple(one.shape) for one in found.values()] == [(1, 96, 16, 24), (1, 384, 16, 24), (1, 192, 8, 12)]
    assert architecture.response("features.1.0.block.3", 64, 96).channels == 384


@pytest.mark.parametrize("name", SMALL)
def test_the_smallest_edge_is_the_first_with_a_response(name):
    architecture = architecture_named(name)
    network = Network(architecture, architecture.random_parameters(0), PREPROCESSING["torchvision"])
    layer = architecture.style_layers[-1]
    edge = architecture.smallest_edge(layer)
    assert min(network(torch.rand(1, 3, edge, edge), [layer])[layer].shape) >= 1
    if edge > 1:
        with pytest.raises(RuntimeError):
            network(torch.rand(1, 3, edge - 1, edge - 1), [layer])


def test_operations_and_sizes_are_those_of_torchvisions_model():
    """ResNet-18 without its classifier: 1.81 billion multiplications at 224×224."""
    import torchvision

    resnet = architecture_named("resnet18")
    with torch.device("meta"):
        model = torchvision.models.resnet18(weights=None)
    with FlopCounterMode(display=False) as counter:
        model(torch.empty(1, 3, 224, 224, device="meta"))
    assert resnet.operations("layer4", 224, 224) == 2 * (counter.get_total_flops() - 2 * 512 * 1000)
    assert [response.channels for response in resnet.responses("layer4", 224, 224)][-1] == 512
    shapes = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    ours = resnet.parameter_shapes()
    assert ours == {key: shapes[key] for key in ours}
    left_out = {key for key in shapes if key not in ours}
    assert all(key.startswith("fc.") or key.endswith("num_batches_tracked") for key in left_out)


@pytest.mark.parametrize(("precision", "checkpointing"), [("fp32", "never"), ("bf16", "never"), ("fp32", "always")])
@pytest.mark.parametrize("name", ["resnet18", "convnext_tiny"])
def test_the_model_of_memory_is_close(name, precision, checkpointing):
    architecture = architecture_named(name)
    parameters = {key: torch.empty(shape, device="meta") for key, shape in architecture.parameter_shapes().items()}
    network = Network(architecture, parameters, PREPROCESSING["torchvision"]).to("meta")
    network._body._model_in(torch.bfloat16)  # rounded once for all batches: no part of a step
    content, style = (torch.zeros(3, 160, 160, dtype=torch.uint8).fill_(one) for one in (90, 160))
    given = {"iterations": 4, "history_every": 1000, "precision": precision, "checkpointing": checkpointing}
    transfers = [Transfer(content, style, Settings(ratio=ratio, **given)) for ratio in (0.1, 0.01)]
    settings = transfers[0].settings.for_architecture(architecture)
    modelled = batch_bytes(settings, architecture, 160, 160, 2, storage(precision).itemsize)
    assert modelled / peak_bytes(transfers, Targets(network)) == pytest.approx(1, abs=0.15)


def test_random_weights_keep_responses_of_one_size_and_follow_from_the_seed():
    resnet = architecture_named("resnet34")
    one, again, other = (resnet.random_parameters(seed) for seed in (0, 0, 1))
    assert all(torch.equal(one[key], again[key]) for key in one)
    assert not torch.equal(one["conv1.weight"], other["conv1.weight"])
    assert {key: tuple(value.shape) for key, value in one.items()} == resnet.parameter_shapes()
    network = Network(resnet, one, PREPROCESSING["torchvision"])
    picture = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 255
    picture = torch.nn.functional.interpolate(picture, scale_factor=16, mode="bilinear")
    found = network(picture, resnet.style_layers)
    assert all(0.1 < response.std() < 10 for response in found.values())


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_torchvisions_with_its_hash_and_its_transforms(name):
    import torchvision

    enumeration = torchvision.models.get_model_weights(name)
    found = entries(name)
    assert next(iter(found)) == enumeration.DEFAULT.name
    for one in enumeration:
        remote, transforms = found[one.name].remote, one.transforms()
        assert remote.url == one.url
        assert f"-{remote.checksum.digits}.pth" in one.url
        ours = PREPROCESSING[found[one.name].preprocessing]
        assert [value / 255 for value in ours.mean] == pytest.approx(transforms.mean)
        assert [value / 255 for value in ours.deviation] == pytest.approx(transforms.std)


def test_files_of_earlier_densenets_are_read():
    """torchvision's own files say `norm.1`; its models have been saying `norm1` since."""
    key = "features.denseblock1.denselayer2.norm1.weight"
    assert older_key("densenet121", key) == "features.denseblock1.denselayer2.norm.1.weight"
    assert older_key("densenet121", "features.denseblock1.denselayer2.conv2.weight").endswith("conv.2.weight")
    assert older_key("densenet121", "features.norm0.weight") == "features.norm0.weight"
    assert older_key("resnet50", key) == key
