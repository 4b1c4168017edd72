/** The layout of a ring of one, for tests of parts that need no other member. */
import type { Layout, Settings } from "../../src/core/layout.ts";
import { foundingLayout } from "../../src/core/layout-change.ts";

/** Its member, with the id "m", keeps everything. */
export function loneLayout(
  settings: Partial<Settings> & Pick<Settings, "partitionCount">,
  ringId = "r",
): Layout {
  const member = {
    id: "m",
    name: "m",
    url: "http://m",
    weight: 1,
    guarantee: "durable",
    versions: [1, 1],
  } as const;
  return foundingLayout(ringId, member, {
    consistency: "linearizable",
    replicaCount: 1,
    hashSeed: { low: 1, high: 2 },
    valueBytesMax: 1,
    ...settings,
  });
}
