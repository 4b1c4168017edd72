/** The parts of a ring beside what would do the same: bulk beside single requests, a token beside none, our client beside others. */
import { accessFigures } from "./access.ts";
import { checkCostNs } from "./access-check.ts";
import { bulkFigures } from "./bulk.ts";
import { clientFigures } from "./clients.ts";
import type { Server } from "./process.ts";
import type { Ring } from "./rings.ts";

/** Comparisons are repeated so often: each has many rows. */
const roundsFew = 3;

/** Prints each table as it is there. The ring of three holds `keys`. */
export async function besideFigures(options: {
  readonly three: Ring;
  readonly etcd: readonly Server[];
  readonly keys: readonly string[];
  readonly value: string;
  readonly connections: number;
  readonly rounds: number;
  readonly seconds: number;
}) {
  const { three, etcd, keys, value, seconds } = options;
  const nodes = three.nodes.map(({ url }) => url);
  const [node = ""] = nodes;
  const common = { keys, value, rounds: roundsFew, seconds };

  const bulk = await bulkFigures({ ...common, url: node });
  console.table(bulk);
  const access = await accessFigures({ ...options, open: node });
  const accessCheckNs = await checkCostNs();
  console.table(access);
  console.log({ accessCheckNs });
  const etcdUrls = etcd.map(({ url }) => url);
  const clients = await clientFigures({ ...common, nodes, etcd: etcdUrls });
  console.table(clients);
  return { bulk, access, accessCheckNs, clients };
}
