"""Makes logits.json: names, shapes and logits of torchvision's models with weights and pixels of parity.py's formula, in evaluation mode.

    python3 logits.py            (torch 1.13.1, torchvision 0.14.1)
"""
import hashlib
import json
import math
import os

import torch
import torchvision.models as zoo
from parity import CLASSES, pixels, weight
from torchvision.models.vision_transformer import VisionTransformer

NAMES = ["alexnet", "vgg11", "vgg16", "vgg19_bn", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d",
         "resnext101_32x8d", "wide_resnet50_2", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large"]
VITS = {"vit_tiny": (3, 192, 768), "vit_small": (6, 384, 1536), "vit_base": (12, 768, 3072)}
SIZE = 80   # no multiple of what AlexNet and VGG pool to

if __name__ == "__main__":
    result = {}
    for name in NAMES + list(VITS):
        if name in VITS:
            heads, width, mlp = VITS[name]
            model = VisionTransformer(SIZE, 16, 12, heads, width, mlp, num_classes=CLASSES)
        else:
            model = getattr(zoo, name)(num_classes=CLASSES)
        with torch.no_grad():
            for key, parameter in model.named_parameters():
                # Variance 2 / fan-in: what passes ReLUs without fading.
                parameter.copy_(weight(key, tuple(parameter.shape)) * (math.sqrt(2) if parameter.dim() > 1 else 1))
            model.eval()
            x = torch.from_numpy(pixels(0, 3, SIZE)[:1]).permute(0, 3, 1, 2).float()
            logits = model((x / 255 - 0.5) / 0.25)[0].tolist()
        state = "".join(f"{key}:{','.join(map(str, value.shape))}\n" for key, value in sorted(model.state_dict().items()))
        parameters = sum(parameter.numel() for parameter in model.parameters())
        result[name] = {"parameters": parameters, "state_sha256": hashlib.sha256(state.encode()).hexdigest(), "logits": logits}
        print(name, parameters, logits[:3])
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "logits.json"), "w") as file:
        file.write(json.dumps({"image_size": SIZE, "models": result}).replace("}, ", "},\n") + "\n")
