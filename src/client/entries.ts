/** Keys with their values, read in batches as they are asked for. */
import type { ByteClient, EntriesOptions, StoredBytes } from "./api.ts";

/** Values that are read ahead of whoever asks for them. */
const aheadMax = 64;

/** Keys that exist throughout come once each; the values are those of the moment when each is read. */
export async function* entries(
  client: ByteClient,
  options: EntriesOptions = {},
): AsyncGenerator<readonly [key: string, stored: StoredBytes]> {
  const reading: {
    readonly key: string;
    readonly stored: Promise<StoredBytes | undefined>;
  }[] = [];
  const { consistency, signal } = options;
  const read = {
    ...(consistency && { consistency }),
    ...(signal && { signal }),
  };
  async function* taken(countMax: number) {
    while (reading.length > countMax) {
      const { key, stored } = reading.shift() ?? {};
      const found = await stored;
      if (key !== undefined && found) yield [key, found] as const;
    }
  }
  try {
    for await (const key of client.keys(options)) {
      const stored = client.getBytes(key, read);
      // Whoever awaits it sees the error; until then it must not count as unhandled.
      stored.catch(() => {});
      reading.push({ key, stored });
      // By halves, so that what is asked for travels together.
      if (reading.length >= aheadMax) yield* taken(aheadMax / 2);
    }
    yield* taken(0);
  } finally {
    reading.length = 0;
  }
}
