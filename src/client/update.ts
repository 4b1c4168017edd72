/** Changing a value by a function: read, change, write on condition, and again when somebody else was faster. */
import type {
  ByteClient,
  PutBytesOptions,
  StoredBytes,
  UpdateOptions,
  Written,
} from "./api.ts";
import { ConditionFailedError } from "./errors.ts";
import type { BytesToPut } from "./many.ts";
import { pause } from "./pause.ts";

const triesMaxDefault = 16;
/** The first wait after somebody else was faster, and the longest. */
const pauseMsMin = 5;
const pauseMsMax = 500;

/** See `Client.update`. An outcome that is unknown ends it: the change may have taken place. */
export async function update(
  client: ByteClient,
  key: string,
  {
    change,
    triesMax = triesMaxDefault,
    signal,
    ...given
  }: UpdateOptions & {
    readonly change: (
      stored: StoredBytes | undefined,
    ) => Promise<BytesToPut | undefined>;
  },
): Promise<Written | undefined> {
  const ending = signal ? { signal } : {};
  for (let tries = 1; ; tries++) {
    const stored = await client.getBytes(key, ending);
    const next = await change(stored);
    const condition = stored
      ? { ifMatch: stored.revision }
      : { ifNoneMatch: "*" };
    try {
      if (next) {
        const { bytes, ...options } = next;
        const kept: PutBytesOptions = {
          ...(stored?.ttlSeconds !== undefined && {
            ttlSeconds: Math.max(1, stored.ttlSeconds),
          }),
          ...(stored?.metadata && { metadata: stored.metadata }),
        };
        return await client.putBytes(key, bytes, {
          ...kept,
          ...options,
          ...given,
          ...condition,
          ...ending,
        });
      }
      if (stored) await client.delete(key, { ...condition, ...ending });
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionFailedError) || tries >= triesMax)
        throw error;
    }
    await pause(Math.min(pauseMsMin * 2 ** tries, pauseMsMax), signal);
  }
}
