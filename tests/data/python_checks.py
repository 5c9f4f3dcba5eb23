"""The other side of python_test.cpp: what NumPy, safetensors and TensorBoard make of the same files.

    python_checks.py FOLDER      checks the files written there, and writes its own of the same content into FOLDER/python
"""

import pathlib
import sys

import numpy as np
import safetensors.numpy
from tensorboard.backend.event_processing import event_file_loader
from tensorboard.util import tensor_util

folder = pathlib.Path(sys.argv[1])
python = folder / "python"
python.mkdir()

# The tensors that python_test.cpp makes.
special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1 / 3]
tensors = {
    "float32": np.array(special, "<f4").reshape(2, 3),
    "float64": np.array(special, "<f8").reshape(3, 1, 2),
    "int32": np.array([2147483647, -2147483648, 7], "<i4"),
    "bool": np.array([[True], [False]]),
    "uint8": np.array(255, "|u1"),
    "empty/é": np.zeros((0, 4), "<f4"),
}


def same(found, expected):
    assert sorted(found) == sorted(expected), (sorted(found), sorted(expected))
    for name, array in expected.items():
        other = found[name]
        assert (other.dtype, other.shape) == (array.dtype, array.shape), (name, other, array)
        assert other.tobytes() == array.tobytes(), (name, other, array)


# safetensors
same(safetensors.numpy.load_file(folder / "x.safetensors"), tensors)
with safetensors.safe_open(folder / "x.safetensors", "np") as file:
    assert file.metadata() == {"a\t\"key\"": "a text: é\n"}, file.metadata()
safetensors.numpy.save_file(tensors, python / "x.safetensors", {"a\t\"key\"": "a text: é\n"})
wide = {"f16": np.array([1.5, -np.inf, 6e-8], "<f2"), "i64": np.array([-7], "<i8"), "u16": np.array([65535], "<u2")}
safetensors.numpy.save_file(wide, python / "wide.safetensors")

# npy, npz
for name, array in tensors.items():
    file = name.replace("/", "_") + ".npy"
    same({name: np.load(folder / file)}, {name: array})
    np.save(python / file, array)
np.save(python / "fortran.npy", np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3)))
with np.load(folder / "x.npz") as found:
    same(dict(found), tensors)
np.savez(python / "x.npz", **dict(sorted(tensors.items(), key=lambda item: item[0].encode())))
np.savez_compressed(python / "compressed.npz", **tensors)


# TensorBoard: the whole file, and whatever a killed run may leave of it
def events(path):
    return [(event.step, value) for event in event_file_loader.EventFileLoader(str(path)).Load() for value in event.summary.value]


(log,) = (folder / "events").iterdir()
found = events(log)
assert [step for step, _ in found] == [1, 2, 2], found
assert [value.tag for _, value in found] == ["nll", "nll", "weight"]
numbers = [tensor_util.make_ndarray(value.tensor) for _, value in found]
assert numbers[0] == np.float32(0.1) and numbers[1] == -np.inf and numbers[0].shape == ()
same({"weight": numbers[2]}, {"weight": np.array([[0.0, 1.5, 2.0], [1.5, 3.0, 2.0]])})
plugins = [(value.metadata.plugin_data.plugin_name, value.metadata.data_class) for _, value in found]
assert plugins[0] == ("scalars", 1) and plugins[2] == ("histograms", 2), plugins
content = log.read_bytes()
last = 0
for size in range(len(content)):
    cut = python / "cut.tfevents"
    cut.write_bytes(content[:size])
    prefix = events(cut)
    assert last <= len(prefix) and prefix == found[: len(prefix)], (size, prefix)
    last = len(prefix)
assert last == 2, last
print("alike")
