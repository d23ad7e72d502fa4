"""What people do today: a script that makes one image, one at a time, in fp32. It uses nothing of this project's code.

    python benchmarks/loop.py weights.safetensors content.png style.png layers ratio iterations out.json

A straightforward PyTorch transfer as in the well-known repositories: the network from torchvision's layer plan, targets
computed for this image, Adam, and `loss.item()` at each step.
"""

import json
import sys

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn
from torchvision.models import vgg16

weights, content_file, style_file, layers, ratio, iterations, out = sys.argv[1:]
layers, ratio, iterations = layers.split(","), float(ratio), int(iterations)
NUMBERS = {"conv1_1": 1, "conv2_1": 6, "conv3_1": 11, "conv4_1": 18, "conv4_2": 20, "conv5_1": 25}
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
MEAN = torch.tensor([123.68, 116.779, 103.939], device=DEVICE).view(1, 3, 1, 1)

features = vgg16(weights=None).features[: max(NUMBERS[layer] for layer in [*layers, "conv4_2"]) + 1].eval()
parameters = {key.removeprefix("features."): value for key, value in load_file(weights).items()}
features.load_state_dict({key: parameters[key] for key in features.state_dict()})
features.requires_grad_(False).to(DEVICE)
for index, module in enumerate(features):
    if isinstance(module, nn.MaxPool2d):
        features[index] = nn.AvgPool2d(2)
    if isinstance(module, nn.ReLU):
        features[index] = nn.ReLU(inplace=False)


def load(path):
    pixels = torch.from_numpy(np.asarray(Image.open(path).convert("RGB"), dtype=np.float32))
    return pixels.permute(2, 0, 1)[None].to(DEVICE)


def responses(image):
    found, value = {}, image - MEAN
    for index, module in enumerate(features):
        value = module(value)
        found[index] = value
    return found


def gram(response):
    flat = response[0].flatten(1)
    return flat @ flat.T / flat.numel()


content, style = load(content_file), load(style_file)
content_target = responses(content)[NUMBERS["conv4_2"]]
found = responses(style)
style_targets = {layer: gram(found[NUMBERS[layer]]) for layer in layers}


def losses(image):
    found = responses(image)
    content_loss = (found[NUMBERS["conv4_2"]] - content_target).square().sum() / 2
    style_loss = sum((gram(found[NUMBERS[layer]]) - style_targets[layer]).square().sum() / 4 for layer in layers)
    return content_loss + style_loss / len(layers) / ratio


image = content.clone().requires_grad_()
optimizer = torch.optim.Adam([image], lr=8.0)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 100, 0.94)
history = []
for _ in range(iterations):
    optimizer.zero_grad()
    loss = losses(image)
    loss.backward()
    optimizer.step()
    schedule.step()
    history.append(loss.item())
with torch.no_grad():
    history.append(losses(image).item())
with open(out, "w") as file:
    json.dump({"total_loss": history[-1]}, file)
Image.fromarray(image.detach()[0].clamp(0, 255).byte().permute(1, 2, 0).cpu().numpy()).save(
    out.replace(".json", ".png")
)
