#!/usr/bin/env python3
"""Writes fashion-mnist-2000/: the first 160 images of each class of Fashion-MNIST's training file and the first 40 of
each class of its test file, in upstream order, under upstream's file names.

    apt-get install dataset-fashion-mnist
    ./make_fashion_mnist_2000.py /usr/share/datasets/fashion-mnist

Needs Python's standard library only. The compressed bytes depend on the zlib version, the inflated ones do not.
"""
import gzip
import hashlib
import pathlib
import struct
import sys

CLASSES = 10
PIXELS = 28 * 28


def main(source):
    target = pathlib.Path(__file__).with_name("fashion-mnist-2000")
    target.mkdir(exist_ok=True)
    for part, per_class in [("train", 160), ("t10k", 40)]:
        images_name, labels_name = f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"
        images = gzip.decompress((pathlib.Path(source) / images_name).read_bytes())[16:]
        labels = gzip.decompress((pathlib.Path(source) / labels_name).read_bytes())[8:]
        taken = [0] * CLASSES
        chosen = []
        for index, label in enumerate(labels):
            if taken[label] < per_class:
                taken[label] += 1
                chosen.append(index)
        count = len(chosen)
        assert count == CLASSES * per_class
        files = {
            images_name: struct.pack(">4I", 0x803, count, 28, 28)
            + b"".join(images[PIXELS * i : PIXELS * (i + 1)] for i in chosen),
            labels_name: struct.pack(">2I", 0x801, count) + bytes(labels[i] for i in chosen),
        }
        for name, content in files.items():
            compressed = gzip.compress(content, compresslevel=9, mtime=0)
            (target / name).write_bytes(compressed)
            print(f"{hashlib.sha256(compressed).hexdigest()}  {name}")
            print(f"{hashlib.sha256(content).hexdigest()}  {name.removesuffix('.gz')}")


if __name__ == "__main__":
    main(sys.argv[1]) if len(sys.argv) == 2 else sys.exit(__doc__)
