/** The ring's client tokens: made, found, listed and revoked, each an ordinary register under a reserved key. */
import { fail, ok, type Result } from "../core/errors.ts";
import { quorumOf } from "../core/layout.ts";
import { secretDigest } from "../core/secret.ts";
import {
  decodeTokenRecord,
  drawToken,
  encodeTokenRecord,
  formatToken,
  type TokenGrant,
  type TokenRecord,
  tokenKey,
  tokenKeyPrefix,
} from "../core/token.ts";
import type { Clock, Random } from "../ports.ts";
import type { Timing } from "./api.ts";
import type { Coordinator } from "./coordinator.ts";
import type { KeyOperations } from "./key-operations.ts";
import { mapLimited } from "./limited.ts";
import { listPartition } from "./listing.ts";
import type { Ring } from "./ring.ts";
import type { StoreWatch } from "./store-watch.ts";
import type { Voters } from "./voters.ts";

/** What is asked of a new token: what it allows, for whom, and how long. */
export interface TokenOptions extends TokenGrant {
  /** For people, who have to tell tokens apart. */
  readonly name: string;
  /** Time to live in milliseconds; absent: for ever. */
  readonly ttlMs?: number;
}

/** What may be told of a token: everything but its digest. */
export interface TokenInfo extends Omit<TokenRecord, "digest"> {
  readonly id: string;
}

/** The one answer that ever holds the token itself. */
export interface CreatedToken extends TokenInfo {
  /** The text that a client sends: nobody can find it out again. */
  readonly token: string;
}

/** Tokens belong to the ring: a node that joins another one or leaves takes none along. */
export interface Tokens {
  /** The ring that the answers are of. */
  ringId(): string;
  create(options: TokenOptions): Promise<Result<CreatedToken>>;
  /** The record of the token with this id, by a linearizable read; absent when there is none, or none any more. */
  find(id: string): Promise<Result<TokenRecord | undefined>>;
  list(): Promise<Result<readonly TokenInfo[]>>;
  /** To revoke a token that there is none of is no error. */
  revoke(id: string): Promise<Result<undefined>>;
}

/** How registers under reserved keys are read, written and listed. */
export interface TokensParts {
  readonly ring: Ring;
  readonly voters: Voters;
  readonly coordinator: Pick<Coordinator, "read">;
  readonly keyOperations: Pick<KeyOperations, "get" | "put" | "delete">;
  readonly watch: Pick<StoreWatch, "guard">;
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
  readonly timing: Pick<Timing, "peerCallTimeoutMs">;
}

/**
 * The stored name of `tokenKeyPrefix`: names keep the order of such keys (docs/PROTOCOL.md, section 7), so that all
 * tokens of a partition follow it at once.
 */
export const tokenNamePrefix = "k--00ringwalk-2ftoken-2f";
/** Keys of a page: most partitions have no token, and the page's other keys are for nothing. */
const pageKeys = 16;
/** As many as other listings take at once. */
const partitionsAtOnce = 32;
const readsAtOnce = 32;

/** Remembers no token: each question goes to the ring, `no_quorum` when that cannot be asked. */
export function createTokens(parts: TokensParts): Tokens {
  const { keyOperations, coordinator, watch, clock, random } = parts;

  async function infoOf(key: string): Promise<Result<TokenInfo | undefined>> {
    const read = await keyOperations.get(key);
    if (!read.ok) return read;
    const record = read.value && decodeTokenRecord(read.value.value);
    if (!record) return ok(undefined);
    const { digest: _, ...told } = record;
    return ok({ id: key.slice(tokenKeyPrefix.length), ...told });
  }

  return {
    ringId: () => parts.ring.layout().ringId,
    async create({ ttlMs, ...described }) {
      const text = drawToken(random);
      const now = clock.now();
      const told = {
        ...described,
        createdAt: now,
        ...(ttlMs !== undefined && { expiresAt: now + ttlMs }),
      };
      const record = { ...told, digest: secretDigest(text.secret) };
      const written = await keyOperations.put(
        tokenKey(text.id),
        encodeTokenRecord(record),
        {
          conditions: { ifNoneMatch: "*" },
          ...(ttlMs !== undefined && { ttlMs }),
        },
      );
      if (!written.ok) return written;
      return ok({ id: text.id, ...told, token: formatToken(text) });
    },
    find: (id) =>
      watch.guard(async () => {
        // A request waits for this, and has its own time to wait after it.
        const { peerCallTimeoutMs } = parts.timing;
        const read = await coordinator.read(tokenKey(id), peerCallTimeoutMs);
        if (read.kind === "no-quorum") return unknownToken;
        const value = read.kind === "found" ? read.entry.value : null;
        return ok(value === null ? undefined : decodeTokenRecord(value));
      }),
    list: () =>
      watch.guard(async () => {
        const keys = await keysOfTokens(parts);
        if (!keys) return unlisted;
        const infos = await mapLimited(keys, readsAtOnce, infoOf);
        const failed = infos.find((info) => !info.ok);
        if (failed) return failed;
        const found = infos.flatMap((info) =>
          info.ok && info.value ? [info.value] : [],
        );
        return ok(found.sort((a, b) => a.createdAt - b.createdAt));
      }),
    async revoke(id) {
      const deleted = await keyOperations.delete(tokenKey(id));
      return deleted.ok ? ok(undefined) : deleted;
    },
  };
}

const unknownToken = fail(
  "no_quorum",
  "Whether the token is good cannot be told now: no majority of the replicas that know can be reached; nothing was done. Try again.",
);

const unlisted = fail(
  "no_quorum",
  "A partition has no majority of its replicas within reach; try again.",
);

/** The keys of all tokens, and of some that are just gone; absent when a partition has no majority. */
async function keysOfTokens(
  parts: TokensParts,
): Promise<readonly string[] | undefined> {
  const partitions = parts.ring.layout().table.map((_, partition) => partition);
  const pages = await mapLimited(partitions, partitionsAtOnce, (partition) =>
    keysIn(parts, partition),
  );
  const known = pages.filter((page) => page !== undefined);
  return known.length === pages.length ? known.flat() : undefined;
}

async function keysIn(
  { ring, voters }: TokensParts,
  partition: number,
): Promise<readonly string[] | undefined> {
  const keys: string[] = [];
  for (let after: string | undefined = tokenNamePrefix; after !== undefined; ) {
    const layout = ring.layout();
    const page = await listPartition(voters, {
      layout,
      partition,
      quorum: quorumOf(layout, partition),
      after,
      limit: pageKeys,
    });
    if (!page) return undefined;
    const tokens = page.keys.filter(({ key }) =>
      key.startsWith(tokenKeyPrefix),
    );
    // What the replicas do not agree on is settled by the read that follows.
    for (const { key, isAgreed, isTombstone } of tokens)
      if (!isAgreed || !isTombstone) keys.push(key);
    const isPast = tokens.length < page.keys.length;
    after = isPast ? undefined : page.next;
  }
  return keys;
}
