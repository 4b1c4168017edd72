/** `npm run dev:worker`: one node as a Worker under `wrangler dev`, with state of its own. */
import { join } from "node:path";
import { defineCommand, runMain } from "citty";
import { consola } from "consola";
import { startWranglerNode } from "./wrangler-node.ts";

const main = defineCommand({
  meta: {
    name: "dev:worker",
    description: "Run one node as a Worker on this machine",
  },
  args: {
    name: { type: "string", default: "a", description: "the node's name" },
    port: { type: "string", default: "8787", description: "where it listens" },
    "persist-to": {
      type: "string",
      valueHint: "DIR",
      description: "where its data is kept (default .ringwalk/worker-NAME)",
    },
    join: {
      type: "string",
      valueHint: "URL",
      description: "a node of the ring to join; several with commas between",
    },
    secret: {
      type: "string",
      description: "the secret of the ring; without one the Worker has none",
    },
  },
  async run({ args }) {
    const node = await startWranglerNode({
      name: args.name,
      port: Number(args.port),
      persistTo: args["persist-to"] ?? join(".ringwalk", `worker-${args.name}`),
      ...(args.join !== undefined && { join: args.join.split(",") }),
      ...(args.secret !== undefined && { variables: { SECRET: args.secret } }),
      onLine: (line) => console.log(line),
    });
    consola.success(`${node.name} is ready at ${node.url}`);
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => void node.stop());
    await node.ended;
  },
});

await runMain(main);
