"""Training steps of torchvision's model in PyTorch on the CPU: what `actortrainer bench step` stands beside.

    python3 train_step.py ARCHITECTURE BATCH IMAGE THREADS MODE STEPS

MODE: fp32, bf16 (autocast), either with -nhwc for channels last. SGD 0.01 with momentum 0.9, 10 classes, random pictures, seed 1.
One JSON object: the median step after the first two, pictures a second, the losses.
"""
import json
import statistics
import sys
import time

import torch
import torchvision


def main(architecture, batch, image, threads, mode, steps):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = getattr(torchvision.models, architecture)(num_classes=10).train()
    pictures = torch.randn(batch, 3, image, image)
    labels = torch.randint(0, 10, (batch,))
    if mode.endswith("-nhwc"):
        model = model.to(memory_format=torch.channels_last)
        pictures = pictures.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    seconds, losses = [], []
    for _ in range(steps):
        began = time.perf_counter()
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=mode.startswith("bf16")):
            loss = torch.nn.functional.cross_entropy(model(pictures), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        seconds.append(time.perf_counter() - began)
    step = statistics.median(seconds[2:])
    print(json.dumps({
        "peer": "torch " + torch.__version__, "arch": architecture, "batch": batch, "image": image, "threads": threads, "mode": mode,
        "step_s": round(step, 4), "images_per_s": round(batch / step, 2), "losses": losses,
    }))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], int(sys.argv[6]))
