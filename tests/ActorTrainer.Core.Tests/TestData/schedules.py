"""Writes schedules.json: the factor on the base rate at every step, by torch.optim.lr_scheduler stepped once a step (made with torch 1.13)."""
import json
import pathlib
import torch
from torch.optim import lr_scheduler as s

BASE = 0.1


def factors(make, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE, momentum=0.9)
    scheduler = make(optimizer)
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0]["lr"] / BASE)
        optimizer.step()
        scheduler.step()
    return values


def one_cycle(steps, rise, start, end):
    # PyTorch asks for one step more than there are when it is stepped after the last: total_steps = steps, and the last scheduler.step() left out.
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE, momentum=0.9)
    scheduler = s.OneCycleLR(optimizer, max_lr=BASE, total_steps=steps, pct_start=rise, anneal_strategy="cos", div_factor=start,
                             final_div_factor=end, three_phase=False)
    values = []
    for step in range(steps):
        values.append(optimizer.param_groups[0]["lr"] / BASE)
        optimizer.step()
        if step < steps - 1:
            scheduler.step()
    return values


cases = {
    # 5 steps an epoch, a drop every 3 epochs
    "step": factors(lambda o: s.StepLR(o, step_size=15, gamma=0.3), 60),
    "cosine": factors(lambda o: s.CosineAnnealingLR(o, T_max=60), 60),
    "cosine to 0.05": factors(lambda o: s.CosineAnnealingLR(o, T_max=60, eta_min=0.05 * BASE), 60),
    "polynomial": factors(lambda o: s.PolynomialLR(o, total_iters=60, power=1.0), 60),
    "polynomial 0.9": factors(lambda o: s.PolynomialLR(o, total_iters=60, power=0.9), 60),
    "one-cycle": one_cycle(60, 0.3, 25.0, 1e4),
    "one-cycle 0.25": one_cycle(47, 0.25, 10.0, 100.0),
    # linear over 10 steps from 1/10, then cosine over the other 50
    "warm-up": factors(lambda o: s.SequentialLR(o, [s.LinearLR(o, start_factor=0.1, end_factor=1.0, total_iters=9),
                                                    s.CosineAnnealingLR(o, T_max=50)], milestones=[10]), 60),
}
pathlib.Path(__file__).with_name("schedules.json").write_text(json.dumps(cases, indent=0) + "\n")
