/** A process that uses a store, for tests that kill, starve or watch it: `child.ts TASK KIND FOLDER [nobody]`. */

import { chmodSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Store } from "../../src/ports.ts";
// Loaded before the process gives up the right to read this checkout.
import { fsDriver } from "../../src/store/fs-driver.ts";
import { sqliteDriver } from "../../src/store/sqlite-driver.ts";
import { createStore } from "../../src/store/store.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { versionBytes, versionOf } from "./versions.ts";

const [, , task = "", kind = "", folder = "", user] = process.argv;
const bucket = "r1/p/00af";

/** Written before the call returns, so that a kill cannot take it back. */
function say(...words: readonly (string | number)[]): void {
  writeSync(1, `${words.join(" ")}\n`);
}

function open(): Store {
  const driver =
    kind === "sqlite" ? sqliteDriver({ folder }) : fsDriver({ folder });
  return createStore({ driver });
}

function put(store: Store, key: string, write: Uint8Array | null) {
  return store.update(bucket, key, () => ({ write, result: undefined }));
}

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  /** Opens the store and keeps it until it is told to end. */
  async hold() {
    const store = open();
    say("open");
    process.stdin.once("end", () => void store.close()).resume();
  },

  /** Eight writers, each forever at its key; every fifth version is a deletion. */
  async write() {
    const store = open();
    // Above those of earlier rounds, and no deletion.
    const first = Math.floor(Date.now() / 5) * 5 + 1;
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let version = first; ; version++) {
          const bytes = version % 5 === 0 ? null : versionBytes(version);
          say("start", writer, version);
          await put(store, `writer ${writer}`, bytes);
          say("ack", writer, version);
        }
      }),
    );
  },

  /** A few writes and a deletion, one after the other. */
  async steps() {
    const store = open();
    await put(store, "before", versionBytes(0));
    for (const [name, key, bytes] of [
      ["create", "a", versionBytes(1)],
      ["replace", "a", versionBytes(2)],
      ["delete", "a", null],
    ] as const) {
      say("start", name);
      await put(store, key, bytes);
      say("ack", name);
    }
    await store.close();
  },

  /** Opens the store and reads a record. */
  async look() {
    say("start open");
    const store = open();
    say("ack open");
    say("start read");
    await store.read(bucket, "writer 0");
    say("ack read");
    await store.close();
  },

  /** Writes until the disk is full, looks at what it has, now and opened again, and goes on when a ballast file is gone. */
  async fill() {
    const ballast = join(dirname(folder), "ballast");
    writeFileSync(ballast, new Uint8Array(2 ** 20));
    const first = open();
    let count = 0;
    await refusal(async () => {
      for (; count < 1000; count++)
        await put(first, `key ${count}`, versionBytes(count, 50_000));
    });
    await refusal(() => put(first, "key 0", versionBytes(count, 200_000)));
    await report(first, count);
    await first.close();
    const second = open();
    await report(second, count);
    rmSync(ballast);
    await refusal(() => put(second, "after", versionBytes(7)));
    await second.close();
    const third = open();
    await report(third, count);
    await third.close();
  },

  /** Five thousand writes and reads at once. */
  async crowd() {
    const store = open();
    const keys = Array.from({ length: 5000 }, (_, i) => `key ${i}`);
    await refusal(() =>
      Promise.all(keys.map((key) => put(store, key, Uint8Array.of(1)))),
    );
    await refusal(() =>
      Promise.all(keys.map((key) => store.read(bucket, key))),
    );
    await store.close();
  },

  /** Opens the store, and says why not. */
  async open() {
    await refusal(async () => {
      await open().close();
    });
  },

  /** A write after the folder was made read-only. */
  async seal() {
    const store = open();
    await put(store, "key 0", versionBytes(0));
    chmodSync(join(folder, "drafts"), 0o555);
    await refusal(() => put(store, "key 0", versionBytes(1)));
    await refusal(() => put(store, "key 1", versionBytes(1)));
    await report(store, 1);
    chmodSync(join(folder, "drafts"), 0o755);
    await store.close();
  },
};

/** Says with which code the action was refused, or that it was done. */
async function refusal(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
    say("done");
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    say("refused", cause.code, cause.message);
  }
}

/** Says how many of the keys hold what was acknowledged, and how many records there are in all. */
async function report(store: Store, count: number): Promise<void> {
  let right = 0;
  for (let i = 0; i < count; i++)
    if (versionOf(await store.read(bucket, `key ${i}`)) === i) right++;
  const limits = { limit: 10_000, bytesMax: 2 ** 30 };
  const { records } = await store.scan(bucket, limits);
  const readable = records.filter(({ stored }) => stored.kind === "record");
  say("report", count, right, records.length, readable.length);
}

if (user === "nobody") {
  process.setgroups?.([]);
  process.setgid?.(65534);
  process.setuid?.(65534);
}
await tasks[task]?.();
