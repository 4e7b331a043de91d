{{>imports}}

{{>fetch}}

// The graph takes these: {name: [type, shape]}, null where a length is open. Nothing in the repository says how they are made from pictures or texts.
const INPUTS = {{tensors}};
const OUTPUTS = {{outputs}}; // those that are tensors
const ARRAYS = { float32: Float32Array, float64: Float64Array, int64: BigInt64Array, int32: Int32Array, uint8: Uint8Array, int8: Int8Array, bool: Uint8Array };

const session = await ort.InferenceSession.create(path.join(folder, ...{{graph}}.split("/")));
const zeros = ([size, ...rest]) => (size === undefined ? 0 : Array.from({ length: size ?? 1 }, () => zeros(rest)));
const EXAMPLES = [Object.fromEntries(Object.entries(INPUTS).map(([name, [, shape]]) => [name, zeros(shape)]))];

/** One call: an object that names every input, each a (nested) list of numbers. */
function read(record) {
  const given = Object.keys(record ?? {}).filter((name) => name !== "id");
  if (given.length !== Object.keys(INPUTS).length || given.some((name) => !(name in INPUTS))) throw new TypeError(`a record is an object with ${Object.keys(INPUTS).join(", ")}`);
  return Object.fromEntries(Object.entries(INPUTS).map(([name, [type]]) => {
    const shape = [];
    for (let at = record[name]; Array.isArray(at); at = at[0]) shape.push(at.length);
    const flat = [record[name]].flat(Infinity).map(type === "int64" ? BigInt : Number);
    if (flat.length !== shape.reduce((all, size) => all * size, 1)) throw new RangeError(`${name} is ragged`);
    return [name, new ort.Tensor(type, ARRAYS[type].from(flat), shape)];
  }));
}

async function predict(calls) {
  const answers = [];
  for (const call of calls) {
    const outputs = await session.run(call, OUTPUTS);
    answers.push(Object.fromEntries(OUTPUTS.map((name) => [name, nested(Array.from(outputs[name].data, (x) => (typeof x === "bigint" ? Number(x) : x)), outputs[name].dims)])));
  }
  return answers;
}

function nested(flat, [size, ...rest]) {
  if (size === undefined) return flat[0];
  const step = rest.reduce((all, next) => all * next, 1);
  return Array.from({ length: size }, (_, i) => nested(flat.slice(i * step, (i + 1) * step), rest));
}
