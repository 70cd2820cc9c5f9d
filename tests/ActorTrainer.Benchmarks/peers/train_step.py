"""Training steps of torchvision's model in PyTorch: what `actortrainer bench step` stands beside.

    python3 train_step.py ARCHITECTURE BATCH IMAGE THREADS MODE STEPS [DEVICE]

MODE: fp32, bf16 (autocast), on a GPU tf32 too, each with -nhwc for channels last. DEVICE: cpu (the default) or cuda, where each step also copies its pictures
up, as bytes from page-locked memory, and normalises them there. SGD 0.01 with momentum 0.9, 10 classes, random pictures, seed 1; PyTorch is as it comes, so not
deterministic on a GPU. One JSON object: the median step after the first two, pictures a second, the losses.
"""
import json
import statistics
import sys
import time

import torch
import torchvision


def main(architecture, batch, image, threads, mode, steps, device="cpu"):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = mode.startswith("tf32")
    model = getattr(torchvision.models, architecture)(num_classes=10).train().to(device)
    pictures = torch.randn(batch, 3, image, image)
    labels = torch.randint(0, 10, (batch,)).to(device)
    if mode.endswith("-nhwc"):
        model = model.to(memory_format=torch.channels_last)
        pictures = pictures.to(memory_format=torch.channels_last)
    if device != "cpu":
        pixels = (pictures * 50 + 128).clamp(0, 255).to(torch.uint8).pin_memory()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    seconds, losses = [], []
    for _ in range(steps):
        began = time.perf_counter()
        if device != "cpu":
            pictures = pixels.to(device, non_blocking=True).float().div_(255).sub_(0.5).div_(0.5)
        optimizer.zero_grad()
        with torch.autocast(device, dtype=torch.bfloat16, enabled=mode.startswith("bf16")):
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
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], int(sys.argv[6]), *sys.argv[7:])
