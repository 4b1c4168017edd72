/** One operation followed through its nodes by its trace: each says in a debug line what it did, under whose span. */
import { expect, test } from "vitest";
import { partitionOfKey, replicaIdsOf } from "../../src/core/layout.ts";
import { stage } from "./stage.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const callerSpan = "b7ad6b7169203331";
const traceparent = `00-${traceId}-${callerSpan}-01`;

interface Span {
  readonly machine: string;
  readonly message: string;
  readonly spanId: unknown;
  readonly parentId: unknown;
}

async function fourNodes() {
  const scene = await stage(["a", "b", "c", "d"]);
  /** Those of the trace, in the order in which they ended. */
  const spans = (): readonly Span[] =>
    scene.lines.flatMap(({ machine, message, level, fields }) =>
      level === "debug" && fields?.traceId === traceId
        ? [
            {
              machine,
              message,
              spanId: fields.spanId,
              parentId: fields.parentId,
            },
          ]
        : [],
    );
  const { layout } = scene.nodeOf("a").greeting();
  const keeps = (name: string, key: string) =>
    replicaIdsOf(layout, partitionOfKey(layout, key)).includes(
      scene.nodeOf(name).greeting().self.id,
    );
  // One that its entry node does not keep.
  const keys = Array.from({ length: 100 }, (_, index) => `k${index}`);
  const key = keys.find((each) => !keeps("d", each));
  if (key === undefined) throw new Error("d keeps three keys of four");
  return { scene, spans, key };
}

test("a PUT is followed from its entry over its coordinator to its replicas", async () => {
  const { scene, spans, key } = await fourNodes();
  const put = scene.nodeOf("d").put(key, Uint8Array.of(1), { traceparent });
  expect(await scene.settle(put)).toMatchObject({ ok: true });
  await scene.wait(1_000);
  const all = spans();
  expect(new Set(all.map(({ machine }) => machine))).toEqual(
    new Set(["a", "b", "c", "d"]),
  );
  const [entry] = all.filter(({ message }) => message === "a change came in");
  expect(entry).toMatchObject({ machine: "d", parentId: callerSpan });
  const [forwarded] = all.filter(
    ({ message }) => message === "a change was forwarded here",
  );
  expect(forwarded?.parentId).toBe(entry?.spanId);
  // A prepare and an accept at each of three replicas, all of them asked by the coordinator.
  const votes = all.filter(({ message }) => message === "a vote was asked for");
  expect(votes).toHaveLength(6);
  for (const vote of votes) expect(vote.parentId).toBe(forwarded?.spanId);
  const ids = all.map(({ spanId }) => spanId);
  expect(new Set(ids).size).toBe(ids.length);
});

test("a GET is followed to the replicas that it asks", async () => {
  const { scene, spans, key } = await fourNodes();
  await scene.put("a", key, "1");
  const get = scene.nodeOf("d").get(key, { traceparent });
  expect(await scene.settle(get)).toMatchObject({ ok: true });
  const entry = spans().find(({ message }) => message === "a read came in");
  expect(entry).toMatchObject({ machine: "d", parentId: callerSpan });
  const votes = spans().filter(({ message }) => message !== "a read came in");
  expect(votes).toHaveLength(2);
  for (const vote of votes) expect(vote.parentId).toBe(entry?.spanId);
});

test("an operation without a trace leaves no line", async () => {
  const { scene, key } = await fourNodes();
  const before = scene.lines.length;
  await scene.put("d", key, "1");
  await scene.get("d", key);
  expect(scene.lines.slice(before)).toEqual([]);
});
