/** What the check of a token costs a GET: a ring that asks for tokens beside one that does not, in turns. */
import { type Load, runLoad } from "./load.ts";
import { median } from "./median.ts";
import { startRing } from "./rings.ts";

const secret = "the-secret-of-the-bench";

export interface AccessFigure {
  readonly name: string;
  readonly withoutTokenPerS: number;
  readonly withTokenPerS: number;
  /** Median of the rounds' ratios; 1 is no cost. */
  readonly ratio: number;
}

/** `open` is a node of a ring of three without a secret that has the keys; another ring is started beside it. */
export async function accessFigures(options: {
  readonly open: string;
  readonly keys: readonly string[];
  readonly value: string;
  readonly connections: number;
  readonly rounds: number;
  readonly seconds: number;
}): Promise<readonly AccessFigure[]> {
  const { keys, value } = options;
  const ring = await startRing({ count: 3, replicas: 3, secret });
  try {
    const guarded = ring.nodes[0]?.url ?? "";
    const headers = { authorization: `Bearer ${await createToken(guarded)}` };
    for (const key of keys) {
      const put = { method: "PUT", body: value, headers };
      const answer = await fetch(`${guarded}/db/${key}`, put);
      if (!answer.ok) throw new Error(await answer.text());
    }
    const figures: AccessFigure[] = [];
    for (const query of ["", "?consistency=eventual"]) {
      const paths = keys.map((key) => `/db/${key}${query}`);
      const name = query === "" ? "linearizable GET" : "eventual GET";
      figures.push(
        await compare({ ...options, name, paths, guarded, headers }),
      );
    }
    return figures;
  } finally {
    await ring.stop();
  }
}

async function createToken(url: string): Promise<string> {
  const answer = await fetch(`${url}/dht/tokens`, {
    method: "POST",
    body: JSON.stringify({ name: "bench", rights: ["read", "write"] }),
    headers: { authorization: `Bearer ${secret}` },
  });
  const { token }: { readonly token: string } = await answer.json();
  return token;
}

async function compare(
  options: Pick<Load, "connections" | "seconds" | "paths"> & {
    readonly name: string;
    readonly open: string;
    readonly guarded: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly rounds: number;
  },
): Promise<AccessFigure> {
  const { name, open, guarded, headers, rounds, ...load } = options;
  const without = { ...load, method: "GET", url: open } as const;
  const withToken = { ...load, method: "GET", url: guarded, headers } as const;
  const results: { readonly without: number; readonly with: number }[] = [];
  for (let round = -1; round < rounds; round++) {
    const first = await runLoad(without);
    const second = await runLoad(withToken);
    if (second.errors > 0) throw new Error(`${second.errors} were refused`);
    // The first round warms up.
    if (round >= 0)
      results.push({ without: first.requestsPerS, with: second.requestsPerS });
  }
  return {
    name,
    withoutTokenPerS: Math.round(median(results.map((each) => each.without))),
    withTokenPerS: Math.round(median(results.map((each) => each.with))),
    ratio: median(results.map((each) => each.with / each.without)),
  };
}
