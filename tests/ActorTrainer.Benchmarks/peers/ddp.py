"""Training steps of DistributedDataParallel over Gloo, one thread a process: what two nodes of a cluster stand beside.

    python3 ddp.py ARCHITECTURE BATCH_A_PROCESS IMAGE WORLD STEPS

SGD 0.01 with momentum 0.9, fp32, 10 classes, random pictures. The first two steps do not count.
One JSON object: pictures a second of all processes together, with one process and with WORLD, and the efficiency.
"""
import json
import statistics
import sys
import time

import torch
import torchvision

import processes


def steps(rank, architecture, batch, image, count):
    torch.manual_seed(1)
    model = torch.nn.parallel.DistributedDataParallel(getattr(torchvision.models, architecture)(num_classes=10).train())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    pictures, labels, seconds = torch.randn(batch, 3, image, image), torch.randint(0, 10, (batch,)), []
    for _ in range(count):
        began = time.perf_counter()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(pictures), labels).backward()
        optimizer.step()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[2:])


def main(architecture, batch, image, world, count):
    rates = {size: size * batch / processes.together(size, steps, architecture, batch, image, count) for size in (1, world)}
    print(json.dumps({
        "peer": "ddp over gloo, torch " + torch.__version__, "arch": architecture, "batch": batch, "image": image,
        "rates": {size: round(rate, 2) for size, rate in rates.items()}, "images_per_s": round(rates[world], 2), "efficiency": round(rates[world] / (world * rates[1]), 3),
    }))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
