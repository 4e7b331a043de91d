# Runs the model with ONNX Runtime on what the command line names.
#   pip install {{packages}}
import sys

{{>predict}}


if __name__ == "__main__":
{{#jsonArguments}}
    given = [json.loads(text) for text in sys.argv[1:]]
{{/jsonArguments}}
{{^jsonArguments}}
    given = sys.argv[1:]
{{/jsonArguments}}
    if not given and not EXAMPLES:
        sys.exit("Name at least one picture.")
    for item in given or EXAMPLES:
        print(json.dumps(predict([read(item)])[0]))
