/** One sentence for each parameter and each field of a body: a name means the same wherever it stands, or has a text of its own there. */
import type { JsonSchema } from "@valibot/to-json-schema";

/** By name, or by schema and name where that differs. */
const texts: Readonly<Record<string, string>> = {
  // of operations
  key: "1 to 1,024 bytes of UTF-8.",
  value: "The value as text.",
  base64: "The value in base64 (RFC 4648, with padding), where it is no UTF-8.",
  contentType: "The type that the value is kept with.",
  ttl: "Time to live in whole seconds.",
  metadata:
    "A JSON object beside the value: at most 2,048 bytes of ASCII, other characters escaped.",
  ifMatch: "As the header If-Match.",
  ifNoneMatch: "As the header If-None-Match.",
  idempotencyKey: "As the header Idempotency-Key.",
  bound: "As the header ringwalk-bound.",
  repeated: "As the header ringwalk-repeated.",
  "BulkResult.bound":
    "The one to begin anew with, where the operation's is outdated.",
  consistency: "eventual: one replica is asked alone, and may be stale.",
  lastEventId: "As the header Last-Event-ID, which goes first.",
  op: "What to do.",
  by: "What is added.",
  min: "The sum may not be less.",
  max: "The sum may not be more.",
  "increment.ttl": "Seconds, if the key is created.",
  "touch.ttl": "Seconds; null: for ever.",
  // of answers about keys
  etag: "The revision, in its quotes.",
  line: "The number of the operation's line, from 1.",
  "BulkResult.status":
    "The status of the same operation as a request of its own.",
  "BulkResult.value": "What a get found, or the number that an increment left.",
  "BulkResult.ttl": "Seconds that are left.",
  "Value.ttl": "Seconds that are left.",
  "ListingLine.ttl": "Seconds that are left.",
  "Count.value": "The number after the increment.",
  // of listings
  scope: "node: the keys that the asked node is primary for. ring: all.",
  prefix: "What the keys begin with.",
  cursor:
    "Where to go on: from an earlier page or line. Absent in a page: that was the last.",
  limit: "The most keys of a page.",
  values: "1: lines have the values, too.",
  keys: "May be none though there is a cursor.",
  end: "That was all.",
  // of problems
  status: "The HTTP status.",
  code: "Stable; what to do depends on it.",
  requestId: "As the header x-request-id.",
  detail: "For a person: what is wrong, and the next step.",
  details: "What a program may need, by code.",
  // of members
  wait: "0: answer as soon as the change is decided.",
  urls: "Nodes of the ring to join, tried in order.",
  expected: "Settings that the ring must have.",
  force:
    "Found a new ring of the nodes that are left, because a majority of some replicas is gone for good.",
  name: "A member's name.",
  epoch: "The version of the layout.",
  isComplete: "false: it goes on, or could not move every partition.",
  partitionsLeft:
    "Partitions that keep their old replicas until all members answer.",
  partitionsInDoubt:
    "After a force: partitions that may have lost acknowledged writes.",
  "ChangeReport.members": "Names, the asked node first.",
  // of tokens
  "TokenRequest.name": "For people, who have to tell tokens apart.",
  "tokens.name": "For people.",
  "CreatedToken.name": "For people.",
  rights: "admin: all of them.",
  "TokenRequest.prefix": "The keys that it is for begin so; absent: all keys.",
  "tokens.prefix": "The keys that it is for begin so; absent: all keys.",
  "CreatedToken.prefix": "The keys that it is for begin so; absent: all keys.",
  ttlSeconds: "Absent: it does not expire.",
  "CreatedToken.id": "Names it in lists; no secret.",
  "tokens.id": "Names it in lists; no secret.",
  createdAt: "Milliseconds since 1970.",
  expiresAt: "Milliseconds since 1970; absent: never.",
  token: "What a client sends: Authorization: Bearer TOKEN.",
  tokens: "All of the ring.",
  // of the status
  "members.name": "A member's name.",
  "Status.name": "The node that answers.",
  ringId: "The ring's id.",
  phase: "joint: a change of the members is under way.",
  settings: "What its founder chose for the ring.",
  partitionCount: "Arcs of the hash circle.",
  replicaCount: "Replicas of each key.",
  valueBytesMax: "The most bytes of a value.",
  "expected.consistency": "What the ring promises.",
  "settings.consistency": "What the ring promises.",
  members: "The asked node first.",
  systemMembers: "Names of those that decide layouts.",
  id: "The member's id.",
  url: "Where other nodes reach it.",
  zone: "What fails together.",
  weight: "Its share of the data, relative to others.",
  guarantee: "What its store promises of a write.",
  versions:
    "The lowest and the highest version of the peer protocol that it speaks.",
  isSelf: "Whether it is the node that answers.",
  health:
    "suspected: the last call to it failed. displaced: another node answers at its url. store-failing: it abstained from a vote in the last minute.",
  partitionsAsPrimary: "Partitions of which it is the first replica.",
  partitions: "Partitions that it keeps.",
  progress: "While a change is under way.",
  partitionsDone: "Partitions that have moved.",
  partitionsTotal: "Partitions that have to move.",
  keysCopied: "Keys that were copied.",
  importing: "While the keys of the ring that it came from are taken over.",
  keysImported: "Keys so far.",
  recordsLost: "Records of that ring that nobody could read.",
  activity:
    "removed: its ring removed it; it serves nothing until it joins again.",
  storeFailure: "While its store fails.",
  message: "What is wrong, and the next step.",
  failureCount: "How often.",
  lastFailedAt: "Milliseconds since 1970.",
  software: "The release of ringwalk that the node runs.",
  now: "The node's clock, in milliseconds since 1970.",
  diskFreeBytes:
    "Free bytes where the node keeps its data; absent where it does not know.",
  unreadableRecords: "Records that failed their checksum, and are rebuilt.",
  unreadableFloors: "Partitions from which it abstains until it is replaced.",
  isEven: "false: partitions are still to be moved.",
  // of the ring as it is watched
  "RingView.name": "The node that answers.",
  vitals:
    "How each member fares, by its own word and by its name: records (tombstones included) and bytes in its store, of how many partitions these are known, operations that clients asked it for in the last seconds and how long they took, the code of why it should not be asked. A member that does not answer has none.",
  joining: "Names of members that the change under way takes in.",
  leaving: "Names of members that it lets go.",
  "RingTable.members": "Names, to which the partitions point.",
  "RingTable.partitions":
    "For each partition the indices of its replicas in members, the primary first.",
  next: "The same, where the change under way goes.",
  "Addition.url": "Of the node that is to join.",
  // of the holders of a key
  "KeyHolders.partition": "The partition that the key falls into.",
  "KeyHolders.partitionCount": "Arcs of the hash circle.",
  holders: "Its replicas, the primary first.",
  member: "A member's name.",
  role: "primary: it coordinates the changes of the key.",
  holds:
    "absent: that there is no value. nothing: no record. unknown: it did not answer, or cannot.",
  revision: "Of the value or its deletion, as in the ETag.",
  accepted: "The ballot of the state: those with the same one hold the same.",
  reason: "Why it is unknown.",
  openapi: "The version of OpenAPI.",
};

/** Of the query. */
export function parameterText(name: string): string {
  return textOf([name]);
}

/** Parameters of paths. */
export const pathParameters: Readonly<Record<string, object>> = {
  key: {
    description:
      "1 to 1,024 bytes of UTF-8, percent-encoded; slashes may stand raw. . and .. go in the query: /db?key=.",
    schema: { type: "string", minLength: 1, maxLength: 1024 },
    example: "users/42",
  },
  id: {
    description: "The token's id.",
    schema: { type: "string" },
    example: "aaaaaaaaaaaaaaaa",
  },
  item: {
    description: "A key as unstorage writes it, with slashes for colons.",
    schema: { type: "string", minLength: 1, maxLength: 1024 },
    example: "app/theme",
  },
  base: {
    description: "What the items begin with, with slashes for colons.",
    schema: { type: "string", minLength: 1, maxLength: 1024 },
    example: "app",
  },
};

/** Adds a text to each field of the schemas, however deep. */
export function describeFields(
  schemas: Readonly<Record<string, JsonSchema>>,
): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      described(schema, [name]),
    ]),
  );
}

/** `places`: names of what holds the schema, the next one first. */
function described(schema: JsonSchema, places: readonly string[]): JsonSchema {
  const { properties, items, anyOf, oneOf } = schema;
  const within = (inner: JsonSchema) => described(inner, places);
  return {
    ...schema,
    ...(properties && {
      properties: describedFields(properties, [...opOf(properties), ...places]),
    }),
    ...(isSchema(items) && { items: within(items) }),
    ...(anyOf && { anyOf: anyOf.filter(isSchema).map(within) }),
    ...(oneOf && { oneOf: oneOf.filter(isSchema).map(within) }),
  };
}

function describedFields(
  properties: NonNullable<JsonSchema["properties"]>,
  places: readonly string[],
): NonNullable<JsonSchema["properties"]> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) =>
      isSchema(schema)
        ? [
            name,
            {
              description: textOf([
                ...places.map((place) => `${place}.${name}`),
                name,
              ]),
              ...described(schema, [name, ...places]),
            },
          ]
        : [name, schema],
    ),
  );
}

/** Operations are told apart by the word in `op`. */
function opOf({
  op,
}: NonNullable<JsonSchema["properties"]>): readonly string[] {
  return isSchema(op) && typeof op.const === "string" ? [op.const] : [];
}

function isSchema(schema: unknown): schema is JsonSchema {
  return (
    typeof schema === "object" && schema !== null && !Array.isArray(schema)
  );
}

/** The text under the first of the names that has one; that none has is a defect. */
function textOf(names: readonly string[]): string {
  for (const name of names) {
    const text = texts[name];
    if (text !== undefined) return text;
  }
  throw new Error(`src/http/openapi/texts.ts has no text for ${names.at(-1)}`);
}
