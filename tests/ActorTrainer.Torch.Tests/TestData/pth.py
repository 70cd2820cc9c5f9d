"""Makes the small .pth files that TorchFileSpec reads: python3 pth.py (torch 1.13.1)."""
import collections
import os

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
base = torch.arange(24, dtype=torch.float32)
state = collections.OrderedDict(
    plain=base[:6].reshape(2, 3),
    view=base.reshape(4, 6)[1:3, 2:5].t(),          # strided, offset, shared storage
    half=torch.tensor([0.5, -2.0], dtype=torch.float16),
    brain=torch.tensor([1.5], dtype=torch.bfloat16),
    double=torch.tensor(0.1, dtype=torch.float64),
    count=torch.tensor(7),
    small=torch.tensor([-3, 4], dtype=torch.int32),
)
torch.save({"epoch": 3, "best": 0.5, "state_dict": {"module." + k: v for k, v in state.items()}}, os.path.join(HERE, "nested.pth"))
torch.save(state, os.path.join(HERE, "legacy.pth"), _use_new_zipfile_serialization=False)
torch.save(torch.nn.Sequential(torch.nn.Linear(2, 2)), os.path.join(HERE, "whole-model.pth"))
