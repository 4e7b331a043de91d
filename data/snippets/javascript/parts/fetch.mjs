const MODEL = {{model}};
const COMMIT = {{commit}};
const ENDPOINT = process.env.MODELZOO_ENDPOINT ?? {{endpoint}};
const FILES = {{files}};

// Brought once and kept in a folder of the user; HF_TOKEN is used where the repository asks for one.
const folder = path.join(process.env.MODELZOO_CACHE ?? path.join(os.homedir(), ".cache", "modelzoo", "snippets"), ...MODEL.split("/"), COMMIT);
for (const name of FILES) await bring(name);

async function bring(name) {
  const target = path.join(folder, ...name.split("/"));
  if (fs.existsSync(target)) return;
  const url = `${ENDPOINT}/${MODEL}/resolve/${COMMIT}/${name.split("/").map(encodeURIComponent).join("/")}`;
  const answer = await fetch(url, { headers: process.env.HF_TOKEN ? { authorization: `Bearer ${process.env.HF_TOKEN}` } : {} });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  const part = `${target}.${process.pid}.part`;
  await pipeline(answer.body, fs.createWriteStream(part));
  fs.renameSync(part, target); // so a file is there whole or not at all
}
