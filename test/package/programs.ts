/** What a user of the package writes: small programs, by their file names. */

const client = `
import { createClient } from "ringwalk/client";

const client = createClient({ nodes: [process.argv[2]] });
await client.set("person", { name: "Ada" });
const person = await client.get("person");
console.log(person.name);
`;

const driver = `
import ringwalkDriver from "ringwalk/driver";
import { createStorage } from "unstorage";

const driver = ringwalkDriver({ nodes: [process.argv[2]], base: "app" });
const storage = createStorage({ driver });
await storage.setItem("person", "Grace");
console.log(await storage.getItem("person"));
`;

const nodes = `
import { createClient } from "ringwalk";
import { openStore, startServer } from "ringwalk/node";

const start = (name) =>
  startServer({
    name,
    port: 0,
    founding: { partitionCount: 32 },
    openStore: () => openStore({ kind: "sqlite", folder: process.argv[2] + "/" + name }),
  });

const first = await start("first");
const second = await start("second");
const client = createClient({ nodes: [first.url] });
await client.set("greeting", "hello");
await client.join(second.url);
const other = createClient({ nodes: [second.url] });
const { members } = await other.status();
console.log(members.length + " members, " + (await other.get("greeting")));
const page = await fetch(first.url, { headers: { accept: "text/html" } });
console.log((await page.text()).slice(0, 15));
await second.close();
await first.close();
// A closed node keeps no process: it ends by itself.
console.log("timers: " + (process.getActiveResourcesInfo?.() ?? []).filter((name) => name === "Timeout").length);
`;

const entry = `
console.log(import.meta.resolve("ringwalk/node").split("/").at(-1));
`;

const types = `
import { type Client, createClient, RingwalkError } from "ringwalk";
import { createByteClient } from "ringwalk/client";
import ringwalkDriver, { type RingwalkDriverOptions } from "ringwalk/driver";
import { openStore, type RunningServer, startServer } from "ringwalk/node";
import { startServer as startOnBun } from "ringwalk/bun";
import { startServer as startOnDeno } from "ringwalk/deno";
import worker, { RingwalkNode } from "ringwalk/worker";

const client: Client = createClient({ nodes: ["http://127.0.0.1:8000"] });
const value: number | undefined = await client.get<number>("k");
const bytes: Uint8Array | undefined = (await createByteClient({ nodes: [] }).getBytes("k"))?.bytes;
const options: RingwalkDriverOptions = { nodes: [], ttl: 1 };
const server: Promise<RunningServer> = startServer({
  name: "a",
  port: 0,
  openStore: () => openStore({ kind: "memory" }),
});
const answer: Promise<Response> = worker.fetch(new Request("https://a.example/"), { NODE: { getByName: () => new RingwalkNode(undefined as never, undefined as never) } });
console.log(value, bytes, ringwalkDriver(options).name, server, answer, startOnBun, startOnDeno, RingwalkError);

// @ts-expect-error There is no such option: the types are not any.
createClient({ nodes: [], colour: "red" });
// @ts-expect-error Nor here.
startServer({ name: 1 });
// @ts-expect-error Nor here.
const isAny: number = ringwalkDriver(options);
`;

/** Our own declarations alone: with all that they bring along, the checks of others' would be ours. */
const clientTypes = `
import { type Client, createClient } from "ringwalk";

const client: Client = createClient({ nodes: [] });
export const value: number | undefined = await client.get<number>("k");
`;

/** By file name; those that run take what they need as arguments. */
export const programs: Readonly<Record<string, string>> = {
  "client.js": client,
  "driver.js": driver,
  "nodes.js": nodes,
  "entry.js": entry,
  "types.ts": types,
  "client-types.ts": clientTypes,
};
