// Brings all files into the client's cache; what is there already is not brought again.
//   npm install @huggingface/hub
import { snapshotDownload } from "@huggingface/hub";

const folder = await snapshotDownload({
  repo: { type: {{kind}}, name: {{model}} },
  revision: {{commit}},
  hubUrl: process.env.MODELZOO_ENDPOINT ?? {{endpoint}},
  accessToken: process.env.HF_TOKEN,
});
console.log(folder);
