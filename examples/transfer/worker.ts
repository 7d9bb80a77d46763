// The Worker: learns classes of grey pictures of 28 × 28 that requests bring, on top of the trained network, and keeps
// what it learned as a .keras file in KV.
//
//     POST /learn?classes=2     a byte for each picture's class, then one for each pixel: { accuracy, pictures }
//     POST /classify            pixels: a list of probabilities for each picture
//     GET  /model               the .keras file
import { AreteError, jit, type Model, ops } from "aretejs";
import { loadModel, saveModel } from "aretejs/io";
import { enlarge, learn } from "./network.ts";

/** What is used of Workers KV. */
interface Namespace {
  get(name: string, type: "arrayBuffer"): Promise<ArrayBuffer | null>;
  put(name: string, bytes: Uint8Array): Promise<void>;
}

interface Environment {
  /** Holds `body.keras`, which write-body.ts makes, and what is learned. */
  readonly FILES: Namespace;
}

/** Pictures that go through the network at a time: more take more of the 128 MB that a Worker has. */
const batchSize = 8;
/** Pixels of a picture. */
const pixels = 28 ** 2;

/** KV as a store of files. */
const storeOf = ({ FILES }: Environment) => ({
  read: (name: string) => FILES.get(name, "arrayBuffer"),
  write: (bytes: Uint8Array, name: string) => FILES.put(name, bytes),
});

/** Enlarges a batch; is compiled for the first one. */
const enlargeBatch = jit(enlarge);

/** Pictures in batches: enlarged ones take 48 times as much memory as the bytes that they are made of. */
async function* picturesOf(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += batchSize * pixels) {
    const grey = Float32Array.from(bytes.subarray(at, at + batchSize * pixels), (byte) => byte / 255);
    yield { x: await enlargeBatch(ops.tensor(grey, [grey.length / pixels, 28, 28, 1])) };
  }
}

const refuse = (error: string) => Response.json({ error }, { status: 400 });

async function learnFrom(bytes: Uint8Array, classes: number, environment: Environment): Promise<Response> {
  const count = bytes.length / (1 + pixels);
  if (!Number.isInteger(count) || count < 1) return refuse(`each picture takes ${1 + pixels} bytes`);
  const labels = Int32Array.from(bytes.subarray(0, count));
  const pictures = picturesOf(bytes.subarray(count));
  const store = storeOf(environment);
  const body = await loadModel({ store, name: "body.keras" });
  let accuracy = Number.NaN;
  let network: Model | undefined;
  try {
    network = await learn(body, pictures, labels, classes, {
      epochs: 30,
      unfrozenEpochs: 3,
      batchSize,
      onEpoch: (latest) => {
        accuracy = latest;
      },
    });
    await saveModel(network, { store, name: "transfer.keras" });
    return Response.json({ accuracy, pictures: count });
  } finally {
    await (network ?? body).dispose();
  }
}

async function classify(bytes: Uint8Array, environment: Environment): Promise<Response> {
  if (bytes.length === 0 || bytes.length % pixels !== 0) return refuse(`each picture takes ${pixels} bytes`);
  const network = await loadModel({ store: storeOf(environment), name: "transfer.keras" });
  try {
    return Response.json(await (await network.predict(picturesOf(bytes))).array());
  } finally {
    await network.dispose();
  }
}

export default {
  async fetch(request: Request, environment: Environment): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    try {
      if (request.method === "POST") {
        const bytes = new Uint8Array(await request.arrayBuffer());
        if (pathname === "/learn") return await learnFrom(bytes, Number(searchParams.get("classes")), environment);
        if (pathname === "/classify") return await classify(bytes, environment);
      }
      const file = pathname === "/model" ? await environment.FILES.get("transfer.keras", "arrayBuffer") : null;
      return file ? new Response(file) : new Response("POST /learn, POST /classify or GET /model\n", { status: 404 });
    } catch (error) {
      // What the request got wrong is told: labels that are no class, a network that was not learned yet.
      if (error instanceof AreteError) return refuse(error.message);
      throw error;
    }
  },
};
