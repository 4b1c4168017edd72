/** The Durable Object driver keeps the Store port's promises in workerd, also for values of more than one row. */
import { decode, encode } from "@msgpack/msgpack";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bytesDriver, type StoreDriver } from "../../src/store/driver.ts";
import { pieceBytesMax } from "../../src/store/durable-object-driver.ts";
import { storeSuite } from "../suite/store.ts";
import { bundle } from "./worker-bundle.ts";

let miniflare: Miniflare;
let url: URL;
beforeAll(async () => {
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: await bundle(new URL("./driver-worker.ts", import.meta.url)),
      compatibilityDate: "2026-07-01",
      durableObjects: {
        OBJECT: { className: "DriverObject", useSQLite: true },
      },
    }),
  );
  url = await miniflare.ready;
});
afterAll(() => miniflare?.dispose());

async function call<T>(object: string, ...words: unknown[]): Promise<T> {
  const target = new URL(`/${encodeURIComponent(object)}`, url);
  const body = encode(words) as BodyInit;
  const answer = await fetch(target, { method: "POST", body });
  if (!answer.ok) throw new Error(await answer.text());
  return decode(await answer.arrayBuffer()) as T;
}

/** The driver of the object that is named like the folder. */
function remoteDriver(folder: string): StoreDriver {
  return bytesDriver({
    name: "ringwalk-durable-object",
    guarantee: "durable",
    ownedReads: true,
    isolatedReads: true,
    getItemRaw: (item) => call<Uint8Array | null>(folder, "getItemRaw", item),
    setItemRaw: (item, bytes) => call<void>(folder, "setItemRaw", item, bytes),
    removeItem: (item) => call<void>(folder, "removeItem", item),
    getKeys: (base) => call<string[]>(folder, "getKeys", base),
    dropBucket: (bucket) => call<void>(folder, "dropBucket", bucket),
  });
}

storeSuite("a Durable Object's SQLite, in workerd", { open: remoteDriver });

const patterned = (length: number) =>
  Uint8Array.from({ length }, (_, index) => (index * 31) % 251);

test.each([
  0,
  1,
  pieceBytesMax - 1,
  pieceBytesMax,
  pieceBytesMax + 1,
  2 * pieceBytesMax,
  25 * 2 ** 20 + 1000,
])(
  "a record of %i bytes comes back, and gives way to a shorter one",
  async (length) => {
    const driver = remoteDriver("sizes");
    const bytes = patterned(length);
    await driver.setItemRaw?.("b:long", bytes, {});
    const stored = (await driver.getItemRaw?.("b:long", {})) as Uint8Array;
    expect(Buffer.compare(stored, bytes)).toBe(0);
    await driver.setItemRaw?.("b:long", Uint8Array.of(7), {});
    expect(await driver.getItemRaw?.("b:long", {})).toEqual(Uint8Array.of(7));
    await driver.removeItem?.("b:long", {});
    expect(await driver.getItemRaw?.("b:long", {})).toBeNull();
  },
);

test("a scan gives whole records in the order of their names, behind the one that it is told", async () => {
  const sizes = { a: 3, b: 2 * pieceBytesMax + 5, c: 0, d: pieceBytesMax };
  for (const [name, length] of Object.entries(sizes))
    await call("scan", "setItemRaw", `r1:p:0001:${name}`, patterned(length));
  await call("scan", "setItemRaw", "r1:p:0002:a", patterned(9));
  const rows = await call<{ name: string; bytes: Uint8Array }[]>(
    "scan",
    "scanBucket",
    "r1:p:0001",
    "a",
  );
  expect(rows.map(({ name, bytes }) => [name, bytes.length])).toEqual([
    ["b", sizes.b],
    ["c", 0],
    ["d", sizes.d],
  ]);
});
