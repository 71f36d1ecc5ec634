"""ONNX graphs of one operation, made by hand."""

import numpy as np
from onnx import TensorProto, helper

FLOATS = {"float": TensorProto.FLOAT, "double": TensorProto.DOUBLE, "int": TensorProto.INT32}


def halving(
    shape: tuple[int | str, ...], interface: str = "", dtype: str = "float", factor: float = 0.5
) -> bytes:
    """A graph that multiplies by ``factor``; a string is a side of any length."""
    kind = FLOATS[dtype]
    taken, given = (helper.make_tensor_value_info(name, kind, shape) for name in "xy")
    by = helper.make_tensor("by", kind, [], [factor if dtype != "int" else 2])
    nodes = [helper.make_node("Mul", ["x", "by"], ["y"])]
    graph = helper.make_graph(nodes, "halving", [taken], [given], [by])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if interface:
        told = model.metadata_props.add()
        told.key, told.value = "pi.interface", interface
    return bytes(model.SerializeToString())


def beside(file: str) -> bytes:
    """A graph whose one weight lies in another file."""
    import onnx

    model = onnx.load_model_from_string(halving(("n", "r", "c")))
    weight = model.graph.initializer[0]
    weight.ClearField("float_data")
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    for key, value in (("location", file), ("offset", "0"), ("length", "4")):
        entry = weight.external_data.add()
        entry.key, entry.value = key, value
    np.float32(0.25).tofile(file)
    return bytes(model.SerializeToString())
