/** Every limit of ringwalk with its reason. Relations between limits are asserted when this file loads. */

const KiB = 1024;
const MiB = 1024 * KiB;

/** A key's UTF-8 bytes. Long enough for a path or a hashed token; small enough that a page of keys is one message. */
export const keyBytesMax = 1024;

/** A value's bytes unless the ring was founded with another limit. One row of a Durable Object takes 2 MB. */
export const valueBytesDefault = 1 * MiB;
/** The highest value limit that a ring can be founded with: Workers KV takes 25 MiB, and a value travels in one message. */
export const valueBytesMax = 25 * MiB;

/** A content type's characters: it is copied into every answer. */
export const contentTypeCharactersMax = 256;

/** A key's metadata: a small part of the 16 KiB that all headers of a request may have together, and of every answer. */
export const metadataBytesMax = 2048;

/** The text of a number that an increment reads: the longest has some 25 characters, and there may be space around it. */
export const numberTextBytesMax = 64;

/** Partitions of a ring unless the founder says otherwise: 1 % granularity with ten members. */
export const partitionCountDefault = 1024;
/** Above this a layout message grows past what a joiner should have to read at once. */
export const partitionCountMax = 65_536;

/** Replicas of a key unless the founder says otherwise: the fewest of which a majority is left when one fails. */
export const replicaCountDefault = 3;
/** Majorities of more replicas than seven cost latency and buy nothing a ring of this kind needs. */
export const replicaCountMax = 7;

/** Members of a ring: every node knows every member, and the layout is one message. */
export const memberCountMax = 1000;

/** Members that decide layouts: five survive two failures, more only make decisions slower. */
export const systemSizeMax = 5;

/** A member's name: it stands in listings, one a line, and in metrics. */
export const nameCharactersMax = 64;

/** A ballot's counter: exact in a double, with room above for a sum. */
export const counterMax = 2 ** 52;
/**
 * The highest counter that a message may bring. Nobody gets there by counting: a million ballots a second take 71 years.
 * A proposer counts on from the highest that it has met, so one wrong message would bring it to its end; half of the
 * numbers stay above whatever it can be made to meet.
 */
export const counterMetMax = counterMax / 2;

/** Operation ids an entry remembers. Each costs some 40 bytes in every copy of the entry, an increment's 8 more. */
export const operationIdsMax = 32;
/** An operation id's characters: a caller's idempotency key with its prefix, or the ring and revision of an import. */
export const operationIdCharactersMax = 256;
/** Its UTF-8 bytes. A UTF-16 unit makes at most three. */
export const operationIdBytesMax = 3 * operationIdCharactersMax;
/** How long an id is remembered at least while fewer than `operationIdsMax` came after it: longer than any client retries. */
export const idempotencyWindowMs = 10 * 60_000;
/**
 * A tombstone's least age at collection. It exceeds the idempotency window, so that a repeated delete still finds its id.
 * In an eventual ring all replicas have held it for half as long, too.
 */
export const tombstoneMsMin = 15 * 60_000;

/** The longest time to live, in seconds: ten years; beyond that a caller means "never". */
export const ttlSecondsMax = 10 * 366 * 24 * 3600;

/** An idempotency key's characters: room for a UUID with a prefix. */
export const idempotencyKeyCharactersMax = 128;

/** How long one call to a peer may take before its outcome is unknown. A healthy peer answers within a round trip and an fsync. */
export const peerCallTimeoutMs = 2_000;
/** A whole operation's time, forwards and retries included; then it ends as `no_quorum` or `outcome_unknown`. */
export const operationTimeoutMs = 8_000;
/** How long a read waits for its first wave of replicas before it asks the others too. */
export const hedgeDelayMs = 100;

/** For how long a peer whose call failed is not called again, at first. Short: a suspicion may be wrong. */
export const suspicionMsMin = 100;
/** And at most, once it has doubled with each failure in a row: a peer that came back is soon found. */
export const suspicionMsMax = 2_000;

/** The first wait before a duelling change tries again, chance aside; it doubles with each try. */
export const retryDelayMsMin = 5;
/** The longest such wait, chance aside: a small part of an operation's time. */
export const retryDelayMsMax = 200;

/**
 * Records that a node with a disk of its own keeps in memory: some 15,000 keys with small values, which are those that
 * are asked for often, and a small part of what the smallest server has.
 */
export const recordCacheBytesMax = 64 * MiB;
/** A longer record is not kept there: to read it again costs little beside sending it, and it would take the place of hundreds. */
export const cachedRecordBytesMax = 64 * KiB;

/** How long an eventual store may answer what is over: Workers KV says "60 seconds or more". */
export const staleReadMsMax = 2 * 60_000;
/** The bytes of its own late writes that a node on such a store keeps in memory: a small part of an isolate's 128 MB. */
export const ownWritesBytesMax = 16 * MiB;

/** Calls of one invocation that may wait at once: a Worker queues the seventh (Cloudflare's limit of six connections). */
export const fanOutMax = 6;

/** Operations in one peer message: bounds what a peer must hold to decode one. */
export const batchOperationsMax = 512;
/** Their bytes, and those of the values in one answer, as estimated; what is longer goes alone. */
export const batchBytesMax = 4 * MiB;
/** A peer message's bytes: one value of the largest limit and room for its entry. */
export const messageBytesMax = valueBytesMax + 5 * MiB;
/** How deep a message's arrays and maps nest: seven levels are in use, an error's details may add some. */
export const messageDepthMax = 16;
/**
 * Texts, binaries, arrays and maps of one message or record: each costs up to 200 bytes once decoded, whatever it takes
 * on the wire. Four of the largest layouts (a row a partition, on both sides) and a full batch come to three quarters.
 */
export const messageObjectsMax = 2 ** 20;
/** The bytes of a text in a message: the longest are urls, stored names and error messages. */
export const messageTextBytesMax = 64 * KiB;
/** Operations that may wait for one peer; beyond it the caller is told `overloaded` at once. */
export const peerQueueMax = 10_000;

/**
 * Clients' requests about keys that a node answers at once; beyond it they are told `overloaded`. What is let in waits
 * for what came before it: these are served within about a second by two cores, and one that has to wait longer had
 * better been turned away at once. Each costs some 10 KiB beside its body.
 */
export const clientRequestsMax = 1024;
/** Peer messages that a node answers at once: what a thousand members send when all of them are busy with it. */
export const peerMessagesMax = 4096;
/**
 * Bytes of bodies that are held at once while they are read and answered, of clients' requests and again of peers'
 * messages: 256 values of the default limit, or ten of the largest. Peers have their own, so that clients who wait for
 * votes cannot keep the votes out.
 */
export const bodyBytesHeldMax = 256 * MiB;

/** Keys that one clear of `/unstorage` deletes at once: enough to fill batches, few enough to leave room for others. */
export const clearOperationsMax = 64;
/**
 * How long one clear begins further deletions; then its caller is told to send it again. Less than what proxies and
 * platforms wait for an answer.
 */
export const clearMsMax = 20_000;
/** The request line and the headers together: Node.js's own limit, and that of most proxies or less. */
export const headBytesMax = 16 * KiB;
/**
 * How long nothing may move on a Node.js server's connection while more of a body is waited for, or while its caller
 * leaves untaken what was sent: as long as a watch's reader may. Making an answer may take longer.
 */
export const socketIdleMsMax = 60_000;
/** Bodies that are no values: a thousand urls, and room to spare. */
export const requestBytesMax = 64 * KiB;
/**
 * What is read and dropped beyond a body's limit: a caller that is still sending when the connection is cut never reads
 * why.
 */
export const discardedBytesMax = 16 * MiB;

/** A configured admin token's characters at least: what is shorter can be guessed over the network in time. */
export const adminTokenCharactersMin = 16;
/**
 * How long a node goes by what it knows of a token: so long a token that was revoked at another node still works. One
 * quorum read per token and node in this time costs nothing beside the requests it lets in.
 */
export const tokenCheckMs = 10_000;
/**
 * How long a token that was good goes on to be so while no majority of its register's replicas can be asked: longer
 * than a restart of nodes takes, short beside the time in which an operator who revokes it would have the ring mended.
 */
export const tokenGraceMs = 5 * 60_000;
/** Good tokens that a node knows at once, at some 500 bytes each. One that was forgotten is looked up again. */
export const tokensKnownMax = 10_000;
/** Wrong ids that a node remembers for as long: whoever repeats one token costs the ring nothing. */
export const tokensUnknownMax = 1_000;
/**
 * Tokens that are not known to be good and are looked up at once; beyond it `too_many_attempts`. Enough for all clients
 * of a node that has just started, few beside the operations that a ring has under way anyhow.
 */
export const tokenLookupsMax = 64;

/**
 * Operations of one bulk request that a node has under way at once: enough to fill batches to several peers, and far
 * from what a node may have under way, so that one caller does not take it all.
 */
export const bulkRequestOperationsMax = 256;
/**
 * Bytes that one bulk request holds: of operations under way, and of answers that its caller has not read yet. Eight
 * values of the default limit, or hundreds of small ones.
 */
export const bulkRequestBytesMax = 8 * MiB;
/**
 * Operations of all bulk requests under way at once; beyond it each line is told `overloaded`. More than of requests, as
 * one costs less than a request: it has no connection and no headers of its own.
 */
export const bulkOperationsMax = 4096;
/** Bytes that all bulk requests hold at once: half as many as bodies of requests, which are there besides. */
export const bulkBytesHeldMax = 128 * MiB;
/**
 * The body of a bulk request where the runtime reads no more of it once the answer has begun (Deno 2.9): it is held as a
 * whole. Four of them find room in what all bodies may take.
 */
export const bulkBodyBytesMax = 64 * MiB;
/** What a line of a bulk request may have beside a value in base64: a key, a type and metadata, each unit escaped. */
export const bulkLineExtraBytes = 16 * KiB;

/** Keys of one page of a partition's listing: a page is one message. */
export const pageKeysMax = 256;
/** Bytes that a replica reads at once for it, or for a digest: it holds them meanwhile. */
export const pageBytesMax = 2 * MiB;
/** Partitions of one `digest` request: each is read from end to end. Repair asks for 32 at once. */
export const digestPartitionsMax = 64;
/** Keys a caller gets in one page of `GET /db` with `limit`. */
export const listingLimitMax = 1000;
/** Keys between two cursors of a listing in NDJSON: what 32 partitions give in one page each. */
export const listingStreamKeysMax = 32 * pageKeysMax;
/**
 * Keys that are looked at for one page, whatever they are: a page ends in bounded time, with few keys or none. It does so
 * at a key that it is of, or at the end of a partition: a cursor tells where.
 */
export const listingScanMax = 64 * pageKeysMax;

/** Keys refreshed at once by copy and repair: enough to fill batches, few enough to leave room for clients. */
export const refreshConcurrencyMax = 64;

/** How often a membership change that makes no progress is tried before it is finished without the partitions that block it. */
export const changeStallMsMax = 30_000;

/** Watches of keys that a node serves at once: each holds an answer open, and at times one value. */
export const watchersMax = 1024;
/**
 * How often a watched key is read although nobody told of a change: a hint that was lost, a replica that came or that
 * forgot whom to tell, delays an event by no more than this. Often enough for people, and a small part of any load.
 */
export const watchRenewMs = 10_000;
/** How long a replica tells a member of changes after it was asked to, at least: one renewal may be lost. */
export const watchLeaseMs = 25_000;
/** Watched keys that a replica remembers, each with the members to tell; those beyond are seen at the next renewal. */
export const watchedKeysMax = 16_384;
/** From the hint of a change to the read: it commits meanwhile, and others that come with it share the read. */
export const watchDelayMs = 5;
/** How long a watch goes on while its key cannot be read; then it ends, so that its reader asks another node. */
export const watchStallMsMax = 30_000;
/** Silence on an event stream until a comment is sent: proxies, and Bun, cut connections that are silent for 60 s. */
export const watchKeepAliveMs = 15_000;
/** How long a reader may leave what it was sent untaken: one that lives takes the comments at least. */
export const watchTakeMsMax = 60_000;
/** The length of an event stream, after which the reader comes again: so tokens that were revoked, and load, end. */
export const watchStreamMsMax = 60 * 60_000;
/** How often a node asks the members how they fare while somebody watches the ring: often enough for eyes. */
export const ringWatchRoundMs = 1_000;
/** And that long for each member at least, so that a large ring is asked more seldom. */
export const ringWatchMemberMs = 20;

/** What some of these have to be beside others. */
const relations: Readonly<Record<string, boolean>> = {
  "tombstoneMsMin > idempotencyWindowMs": tombstoneMsMin > idempotencyWindowMs,
  "tombstoneMsMin / 2 > 2 * staleReadMsMax":
    tombstoneMsMin / 2 > 2 * staleReadMsMax,
  "operationTimeoutMs > 2 * peerCallTimeoutMs":
    operationTimeoutMs > 2 * peerCallTimeoutMs,
  "messageBytesMax > valueBytesMax + batchBytesMax":
    messageBytesMax > valueBytesMax + batchBytesMax,
  "clientRequestsMax <= peerQueueMax": clientRequestsMax <= peerQueueMax,
  "bodyBytesHeldMax >= 4 * messageBytesMax":
    bodyBytesHeldMax >= 4 * messageBytesMax,
  "tokenGraceMs > tokenCheckMs": tokenGraceMs > tokenCheckMs,
  "tokenCheckMs > peerCallTimeoutMs": tokenCheckMs > peerCallTimeoutMs,
  "suspicionMsMax < operationTimeoutMs": suspicionMsMax < operationTimeoutMs,
  "watchLeaseMs > 2 * watchRenewMs": watchLeaseMs > 2 * watchRenewMs,
  "watchTakeMsMax > 2 * watchKeepAliveMs":
    watchTakeMsMax > 2 * watchKeepAliveMs,
  "replicaCountDefault <= replicaCountMax":
    replicaCountDefault <= replicaCountMax,
};
for (const [relation, holds] of Object.entries(relations))
  if (!holds) throw new Error(`limits.ts: ${relation} does not hold`);
