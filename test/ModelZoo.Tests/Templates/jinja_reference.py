"""Renders templates with the real Jinja2, set up as lm-evaluation-harness ("task") and transformers ("chat") set it up.

Reads {"values": {name: …}, "cases": [{"dialect", "values": name, "template"}]} from standard input and writes a JSON list of {"text"} or {"error"}.
`python3 jinja_reference.py < cases.json > expected.json` renews the committed expectations.
"""
import datetime
import json
import re
import sys

from jinja2 import BaseLoader, Environment, StrictUndefined
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    """Marks what the assistant says; the text itself stays as it is."""

    tags = {"generation"}

    def parse(self, parser):
        from jinja2 import nodes

        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_same"), [], [], body).set_lineno(line)

    def _same(self, caller):
        return caller()


def task():
    env = Environment(loader=BaseLoader, undefined=StrictUndefined, keep_trailing_newline=True)
    env.filters["regex_replace"] = lambda string, pattern, repl, count=0: re.sub(pattern, repl, string, count=count)
    return env


def chat():
    def raise_exception(message):
        raise TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda format: datetime.datetime(2024, 7, 26, 15, 4, 5).strftime(format)
    return env


def main():
    environments = {"task": task(), "chat": chat()}
    results = []
    given = json.load(sys.stdin)
    for case in given["cases"]:
        try:
            results.append({"text": environments[case["dialect"]].from_string(case["template"]).render(**given["values"][case["values"]])})
        except Exception as error:  # whatever Python says no to
            results.append({"error": type(error).__name__})
    sys.stdout.write("[\n" + ",\n".join(json.dumps(result) for result in results) + "\n]\n")


if __name__ == "__main__":
    main()
