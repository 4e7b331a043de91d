"""The part of onnxruntime that the snippets use, computed by the same library through its npm package. Only where the real package is absent."""
import numpy as np

from bridge import Bridge


class Port:
    def __init__(self, said):
        self.name, self.shape, self.type = said["name"], said.get("shape"), "tensor(" + str(said.get("type")).replace("float32", "float") + ")"


class InferenceSession:
    def __init__(self, path, providers):
        self.bridge = Bridge(graph=path)
        self.outputs = [Port(said) for said in self.bridge.said["outputs"]]

    def get_inputs(self):
        return [Port(said) for said in self.bridge.said["inputs"]]

    def get_outputs(self):
        return self.outputs

    def run(self, names, feeds):
        wanted = names or [port.name for port in self.outputs]
        sent = {name: {"type": str(value.dtype), "dims": value.shape, "data": value.reshape(-1).tolist()} for name, value in feeds.items()}
        answer = self.bridge.ask(feeds=sent, names=wanted)
        return [np.array(answer[name]["data"], dtype=answer[name]["type"]).reshape(answer[name]["dims"]) for name in wanted]
