/** The HTTP conformance suite against a Durable Object in workerd, without Node.js's modules. */
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { valueBytesDefault } from "../../src/core/limits.ts";
import { nodeSuite, type RunningNode } from "../suite/node.ts";
import { bundle, workerEntry } from "./worker-bundle.ts";

const secret = "correct-horse-battery-staple";
const capabilities = {
  missingStatus: 404,
  valueBytesMax: valueBytesDefault,
  secret,
  noticesLate: "workerd cancels a stream when it writes to it in vain",
  noHugeBodies:
    "workerd closes the connection of a large body that is refused unread, before the caller has read the answer",
} as const;

nodeSuite("a Durable Object in workerd", capabilities, () =>
  startInWorkerd({ NODE_NAME: "edge" }),
);

nodeSuite("a hosted Durable Object in workerd", capabilities, () =>
  startInWorkerd({ NODES: "edge" }, "/nodes/edge"),
);

async function startInWorkerd(
  variables: Readonly<Record<string, string>>,
  path = "",
): Promise<RunningNode> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: await bundle(workerEntry),
      // Before 2026-08-04 a Worker has none of Node.js's modules unless it asks for them.
      compatibilityDate: "2026-07-01",
      bindings: { SECRET: secret, PARTITIONS: "32", ...variables },
      durableObjects: {
        NODE: { className: "RingwalkNode", useSQLite: true },
      },
    }),
  );
  const { origin } = await miniflare.ready;
  return {
    url: `${origin}${path}`,
    fetch: (target, init) => fetch(target, init),
    close: () => miniflare.dispose(),
  };
}
