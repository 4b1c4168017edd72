/** What a body holds goes by its bytes, however small the chunks are in which it comes. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBody } from "../../src/http/body.ts";
import { createByteGatherer } from "../../src/http/byte-gatherer.ts";
import { ndjsonLines } from "../../src/http/ndjson-body.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const bodyBytes = 2 ** 18;
/** A chunk that is kept costs more than a hundred bytes: all of them come to three times this. */
const heldBytesMax = 8 * 2 ** 20;

function memoryBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** The letter x as many times, one a chunk; `onLast` is called while all but the last are held. */
function bytewise(onLast: () => void): ReadableStream<Uint8Array> {
  let count = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (++count === bodyBytes) onLast();
        controller.enqueue(new Uint8Array([0x78]));
        if (count === bodyBytes) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

async function heldBy(
  read: (body: ReadableStream<Uint8Array>) => Promise<number>,
): Promise<number> {
  const before = memoryBytes();
  let held = Number.POSITIVE_INFINITY;
  const body = bytewise(() => {
    held = memoryBytes() - before;
  });
  expect(await read(body)).toBe(bodyBytes);
  return held;
}

describe("a body that comes byte by byte costs no more than its bytes", () => {
  test("as a value", { timeout: 60_000 }, async () => {
    const held = await heldBy(async (body) => {
      const init = { method: "PUT", body, duplex: "half" } as const;
      const read = await readBody(new Request("http://a/", init), bodyBytes);
      return read.ok ? read.value.byteLength : 0;
    });
    expect(held).toBeLessThan(heldBytesMax);
  });

  test("as a value that tells its length", { timeout: 60_000 }, async () => {
    const held = await heldBy(async (body) => {
      const headers = { "content-length": String(bodyBytes) };
      const init = { method: "PUT", body, headers, duplex: "half" } as const;
      const read = await readBody(new Request("http://a/", init), bodyBytes);
      return read.ok ? read.value.byteLength : 0;
    });
    expect(held).toBeLessThan(heldBytesMax);
  });

  test("as a line", { timeout: 60_000 }, async () => {
    const held = await heldBy(async (body) => {
      let byteCount = 0;
      for await (const lines of ndjsonLines(body.getReader(), bodyBytes))
        for (const line of lines) byteCount += line.byteCount;
      return byteCount;
    });
    expect(held).toBeLessThan(heldBytesMax);
  });
});

test("what is gathered is what came, in its own memory alone", () => {
  const gathered = createByteGatherer();
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3000 })), (chunks) => {
      for (const chunk of chunks) gathered.add(chunk);
      const all = chunks.flatMap((chunk) => [...chunk]);
      expect(gathered.byteCount()).toBe(all.length);
      const taken = gathered.take();
      expect([...taken]).toEqual(all);
      expect(taken.buffer.byteLength).toBe(all.length);
      expect(gathered.byteCount()).toBe(0);
    }),
  );
});
