"""Makes parity-*.json: what PyTorch computes for models whose weights and inputs are a formula of name and index.

    python3 parity.py            (torch 1.13.1, torchvision 0.14.1; one thread; about a minute)

Both sides make the same weights (`uniform`) and pixels (`pixels`), so that only losses and gradients are stored: 20 steps of SGD with
momentum 0.9 and rate 0.01 on cross-entropy, in fp64 and fp32, and of the first step's fp64 gradients the norms and 64 entries each.
"""
import json
import os

import numpy as np
import torch
from torch import nn
from torchvision.models import resnet18, resnet50
from torchvision.models.vision_transformer import VisionTransformer

CLASSES, BATCH, STEPS, SAMPLES = 10, 4, 20, 64


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, CLASSES)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.conv1(x).relu(), 2)
        x = nn.functional.max_pool2d(self.conv2(x).relu(), 2).flatten(1)
        return self.fc3(self.fc2(self.fc1(x).relu()).relu())


MODELS = {
    "lenet5": (LeNet5, 1, 32),
    "resnet18": (lambda: resnet18(num_classes=CLASSES), 3, 64),
    "resnet50": (lambda: resnet50(num_classes=CLASSES), 3, 64),
    "vit_tiny": (lambda: VisionTransformer(64, 16, 12, 3, 192, 768, num_classes=CLASSES), 3, 64),
}


def words(name, count):
    """64 random bits for each index below count: SplitMix64's finaliser of FNV-1a(name) + index * golden ratio."""
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = (h ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    with np.errstate(over="ignore"):
        x = np.uint64(h) + np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def uniform(name, count):
    """In [-1, 1)."""
    return (words(name, count) >> np.uint64(11)).astype(np.float64) * 2.0 ** -52 - 1


def weight(name, shape):
    """Matrices and filters of variance 1 / fan-in, norms around one, biases around zero; residual branches are weak, else rounding grows a millionfold a step."""
    count = int(np.prod(shape))
    if len(shape) > 1:
        values = uniform(name, count) * np.sqrt(3 * shape[0] / count)
    else:
        values = (1.0 if name.endswith("weight") else 0.0) + 0.1 * uniform(name, count)
        if name.startswith("layer") and ".bn" in name:
            values *= 0.2
    return torch.from_numpy(values.reshape(shape))


def pixels(step, channels, size):
    """uint8, N x H x W x C."""
    shape = (BATCH, size, size, channels)
    return (words(f"pixels.{step}", int(np.prod(shape))) & np.uint64(255)).astype(np.uint8).reshape(shape)


def labels(step):
    return [(step * BATCH + i) * 7 % CLASSES for i in range(BATCH)]


def run(build, channels, size, dtype):
    model = build().to(dtype)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weight(name, tuple(parameter.shape)))
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    losses, gradients = [], {}
    for step in range(STEPS):
        x = torch.from_numpy(pixels(step, channels, size)).permute(0, 3, 1, 2).to(dtype)
        x = (x / 255 - 0.5) / 0.25
        loss = nn.functional.cross_entropy(model(x), torch.tensor(labels(step)))
        optimizer.zero_grad()
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            for name, parameter in model.named_parameters():
                flat = parameter.grad.flatten()
                at = words("sample." + name, SAMPLES) % np.uint64(flat.numel())
                gradients[name] = {"norm": flat.norm().item(), "entries": flat[torch.from_numpy(at.astype(np.int64))].tolist()}
        optimizer.step()
    return losses, gradients


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, (build, channels, size) in MODELS.items():
        losses64, gradients = run(build, channels, size, torch.float64)
        losses32, _ = run(build, channels, size, torch.float32)
        print(name, losses64[0], losses64[-1], losses32[-1])
        content = {"model": name, "channels": channels, "image_size": size, "classes": CLASSES, "batch": BATCH,
                   "losses_fp64": losses64, "losses_fp32": losses32, "gradients": gradients}
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"parity-{name}.json")
        with open(path, "w") as file:
            file.write(json.dumps(content).replace('"gradients": {', '"gradients": {\n').replace("]}, ", "]},\n") + "\n")
