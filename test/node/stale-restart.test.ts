/** A node on an eventual store that is started again: what its last process wrote may show after the first comparison. */
import { afterEach, expect, test, vi } from "vitest";
import { staleReadMsMax } from "../../src/core/limits.ts";
import type { Store } from "../../src/ports.ts";
import { memoryDriver } from "../../src/store/memory-driver.ts";
import { splitStore } from "../../src/store/split-store.ts";
import { createStore } from "../../src/store/store.ts";
import { type Cluster, type ClusterNode, createCluster } from "./cluster.ts";

let cluster: Cluster | undefined;
afterEach(() => {
  cluster?.close();
  vi.useRealTimers();
});

/** An eventual store that shows what is written to it at once, or, from `lag` on, when it is told to. */
function laggingStore() {
  const behind = createStore({ driver: memoryDriver(), guarantee: "eventual" });
  const unseen: (() => Promise<unknown>)[] = [];
  let isLagging = false;
  const data: Store = {
    ...behind,
    update: (bucket, key, step) =>
      behind.update(bucket, key, (found) => {
        const end = step(found);
        const { write } = end;
        if (!isLagging || write === undefined) return end;
        unseen.push(() =>
          behind.update(bucket, key, () => ({ write, result: undefined })),
        );
        return { result: end.result };
      }),
  };
  return {
    store: splitStore({
      system: createStore({ driver: memoryDriver() }),
      data,
    }),
    lag: () => {
      isLagging = true;
    },
    async show() {
      isLagging = false;
      for (const write of unseen) await write();
    },
  };
}

const put = (node: ClusterNode, value: string) =>
  node.put("k", new TextEncoder().encode(value));

async function seenAt(node: ClusterNode): Promise<string | undefined> {
  const read = await node.get("k");
  return read.ok && read.value
    ? new TextDecoder().decode(read.value.value)
    : undefined;
}

test("it compares all it keeps once more when its store must show everything", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const founding = { partitionCount: 4, consistency: "eventual" } as const;
  cluster = createCluster({ founding });
  const { store, lag, show } = laggingStore();
  const a = await cluster.start("a");
  const b = await cluster.start("b", { store });
  expect(await b.join({ urls: [a.url] })).toMatchObject({ ok: true });
  await put(b, "old");
  expect(await seenAt(a)).toBe("old");

  cluster.connects = () => false;
  lag();
  expect(await put(b, "new")).toMatchObject({ ok: true });
  cluster.kill("b");
  cluster.connects = () => true;
  const again = await cluster.start("b", { store });
  // It compares now, and finds the replicas alike.
  await vi.advanceTimersByTimeAsync(staleReadMsMax / 2);
  cluster.connects = () => false;
  expect([await seenAt(a), await seenAt(again)]).toEqual(["old", "old"]);
  cluster.connects = () => true;
  await show();
  await vi.advanceTimersByTimeAsync(staleReadMsMax);
  cluster.connects = () => false;
  expect([await seenAt(a), await seenAt(again)]).toEqual(["new", "new"]);
});
