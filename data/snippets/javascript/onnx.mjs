// Runs the model with ONNX Runtime on what the command line names.
//   npm install {{packages}}
{{>predict}}

const given = process.argv.slice(2){{#jsonArguments}}.map((text) => JSON.parse(text)){{/jsonArguments}};
if (given.length + EXAMPLES.length === 0) throw new Error("Name at least one picture.");
for (const item of given.length > 0 ? given : EXAMPLES) console.log(JSON.stringify((await predict([await read(item)]))[0]));
