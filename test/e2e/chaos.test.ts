/** `npm run chaos`, short: every kind of fault happens to real processes, and its clients were told nothing wrong. */
import { describe, expect, test } from "vitest";
import { hubPrefix } from "../../scripts/chaos/namespaces.ts";
import { start } from "../cli/processes.ts";

const hasNamespaces = hubPrefix() !== undefined;

/** The number that a table tells; 0 when it does not have the row. */
function told(stdout: string, row: string): number {
  const line = stdout.split("\n").find((text) => text.startsWith(`  ${row}  `));
  return Number(line?.trim().split(/\s+/).at(-1) ?? 0);
}

async function chaos(...args: string[]): Promise<string> {
  const { finished } = start(args, { command: ["scripts/chaos/main.ts"] });
  const { code, stdout, stderr } = await finished;
  expect(`${stderr}${code === 0 ? "" : stdout}`).toBe("");
  return stdout;
}

describe("a short run", () => {
  test.for([
    {
      store: "sqlite",
      network: "namespaces",
      splits: ["split", "split, from the side only", "split, to the side only"],
    },
    {
      store: "fs",
      network: "proxies",
      splits: ["refused by its proxy", "held up by its proxy"],
    },
  ])(
    "on $store with $network",
    { timeout: 300_000 },
    async ({ store, network, splits }, context) => {
      context.skip(
        network === "namespaces" && !hasNamespaces,
        "this machine does not allow network namespaces",
      );
      const stdout = await chaos(
        ...["--seconds", "8", "--clients", "4", "--seed", "1"],
        ...["--store", store, "--split", network],
      );
      for (const fault of ["kill", "pause", "death of all", "join", "leave"])
        expect({ fault, count: told(stdout, fault) }).not.toMatchObject({
          count: 0,
        });
      for (const split of splits)
        expect(told(stdout, split)).toBeGreaterThan(0);
      for (const operation of ["get", "put", "delete", "eventual-get"])
        expect(told(stdout, `${operation}: ok`)).toBeGreaterThan(0);
      expect(told(stdout, "put: condition_failed")).toBeGreaterThan(0);
      expect(stdout).toMatch(/unavailable after the loss of one node: \d+ ms/);
      expect(stdout).toMatch(/every key is read through every member/);
      expect(stdout).toMatch(
        /\n\d{3,} operations, \d+ faults, 0 violations\n$/,
      );
    },
  );
});
