"""A folder of photograph-like JPEGs, 500 x 375, quality 90, in two classes, the same every time: crops of scikit-learn's two sample photographs.

    python3 make_jpegs.py FOLDER COUNT
"""
import os
import random
import sys

import sklearn.datasets
from PIL import Image


def main(folder, count):
    draw = random.Random(0)
    photographs = {"building": "china.jpg", "flower": "flower.jpg"}
    opened = {}
    for label, name in photographs.items():
        os.makedirs(os.path.join(folder, label), exist_ok=True)
        opened[label] = Image.fromarray(sklearn.datasets.load_sample_image(name))
    for number in range(count):
        label = list(photographs)[number % len(photographs)]
        photograph = opened[label]
        share = draw.uniform(0.7, 1)
        width, height = int(share * photograph.width), int(share * photograph.height)
        left, top = draw.randint(0, photograph.width - width), draw.randint(0, photograph.height - height)
        picture = photograph.crop((left, top, left + width, top + height)).resize((500, 375), Image.BICUBIC)
        picture.save(os.path.join(folder, label, "%05d.jpg" % number), quality=90)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
