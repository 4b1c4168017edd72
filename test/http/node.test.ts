/** The conformance suite against the app itself, without a socket, in each way that a node can be started. */
import { valueBytesDefault } from "../../src/core/limits.ts";
import { nodeSuite } from "../suite/node.ts";
import { startMemoryNode } from "./memory-node.ts";

nodeSuite(
  "the app in this process",
  { missingStatus: 404, valueBytesMax: valueBytesDefault },
  () => startMemoryNode(),
);

nodeSuite(
  "the app of a ring founded as eventual",
  { missingStatus: 404, valueBytesMax: valueBytesDefault, isEventual: true },
  () => startMemoryNode({ founding: { consistency: "eventual" } }),
);

const secret = "correct-horse-battery-staple";
nodeSuite(
  "the app with a secret, missing keys answered as PipelineDHT does",
  { missingStatus: 200, valueBytesMax: valueBytesDefault, secret },
  () => startMemoryNode({ secret, missingStatus: 200 }),
);
