"""Shuffled batches of 64 from a folder of pictures by torchvision's ImageFolder and DataLoader: what `actortrainer bench loader` stands beside.

    python3 loader.py FOLDER WORKERS EPOCHS

Random resized crop to 224, horizontal flip, to tensor, normalise. The first epoch does not count.
One JSON object: pictures a second, the median of the other epochs.
"""
import json
import statistics
import sys
import time

import torch
import torchvision
from torchvision import transforms


def main(folder, workers, epochs):
    torch.set_num_threads(1)
    augment = transforms.Compose([
        transforms.RandomResizedCrop(224),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
    ])
    data = torchvision.datasets.ImageFolder(folder, augment)
    loader = torch.utils.data.DataLoader(data, batch_size=64, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
    speeds = []
    for _ in range(epochs):
        began, pictures = time.perf_counter(), 0
        for images, _ in loader:
            pictures += len(images)
        speeds.append(pictures / (time.perf_counter() - began))
    print(json.dumps({"peer": "torchvision " + torchvision.__version__, "workers": workers, "images_per_s": round(statistics.median(speeds[1:]), 1)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
