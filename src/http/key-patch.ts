/** PATCH of one key: operations that the ring carries out where the key is, each one conditional change. */
import type { RingNode } from "../node/api.ts";
import type { ChangeOptions } from "../node/change-api.ts";
import { type Grant, refusalOf } from "./access.ts";
import { type Answer, empty, json } from "./answer.ts";
import { readText } from "./body.ts";
import { changeOptionsOf } from "./change-options.ts";
import { etagOf } from "./conditional.ts";
import { consistencyHeaders } from "./consistency-header.ts";
import type { FindKey } from "./key-path.ts";
import { type PatchOperation, readOperation } from "./operation-json.ts";
import type { KeyOptions } from "./options.ts";
import { problem } from "./problem.ts";
import { keyParameter, queryReader } from "./query.ts";
import { ttlHeader } from "./ttl.ts";
import { traceOf } from "./walk-header.ts";

/** Takes `key` alone, which only `PATCH /db?key=` may have; what to do stands in the body. */
export const patchQuery = queryReader({ key: keyParameter });

/** Carries out the operation in the body: an increment answers the new number, a touch nothing but headers. */
export async function patchKey(
  { node, clock, bounds }: KeyOptions,
  { findKey, grant }: { readonly findKey: FindKey; readonly grant: Grant },
  request: Request,
): Promise<Answer> {
  const query = patchQuery(request.url);
  if (!query.ok) return problem(query.error);
  const key = findKey(request.url, query.value.key);
  if (!key.ok) return problem(key.error);
  const change = changeOptionsOf(request.headers, bounds);
  if (!change.ok) return problem(change.error);
  const text = await readText(request);
  if (!text.ok) return problem(text.error);
  const operation = readOperation(text.value);
  if (!operation.ok) return problem(operation.error);
  const refusal =
    operation.value.op === "increment" && refusalOf(grant, ["read"]);
  if (refusal) return problem(refusal);

  const trace = traceOf(request.headers);
  const options = { ...change.value, ...trace.options };
  const patched = await patch(node, key.value, operation.value, options);
  const headers = { ...consistencyHeaders(node), ...trace.headers() };
  if (!patched.ok) return problem(patched.error, headers);
  const { revision, expiresAt } = patched.value;
  const answer =
    "number" in patched.value
      ? json(200, { value: patched.value.number })
      : empty(200);
  return {
    ...answer,
    headers: {
      ...answer.headers,
      ...(revision && { etag: etagOf(revision) }),
      ...ttlHeader(expiresAt, clock.now()),
      ...headers,
    },
  };
}

/** Has the node carry it out. */
export function patch(
  node: RingNode,
  key: string,
  operation: PatchOperation,
  options: ChangeOptions,
) {
  const ttl = operation.ttl ?? undefined;
  const timeToLive = ttl === undefined ? {} : { ttlMs: ttl * 1000 };
  if (operation.op === "touch")
    return node.touch(key, { ...options, ...timeToLive });
  const { by, min, max } = operation;
  return node.increment(key, {
    ...options,
    ...timeToLive,
    by,
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  });
}
