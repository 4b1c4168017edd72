/** Feature flags: asked without waiting, from a copy that follows the ring, and goes on to hold while the ring is away. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient } from "ringwalk/client";

export type FlagValues = Readonly<Record<string, boolean>>;

export interface Flags {
  /** At once, from memory. */
  isOn(name: string): boolean;
  /** Ends the watch. */
  close(): void;
}

const key = "flags";
const retryMs = 1_000;

export interface FlagsOptions {
  /** What holds for flags that the ring does not have, and for all until the ring was reached once. */
  readonly defaults: FlagValues;
  /** Called with all values, each time that they change. */
  readonly onChange?: (values: FlagValues) => void;
}

/** Begins with the defaults, and never throws: a program starts and runs without the ring, too. */
export function watchFlags(
  client: Client,
  { defaults, onChange }: FlagsOptions,
): Flags {
  const ending = new AbortController();
  let values = defaults;

  async function follow(): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        // Goes on at another node by itself; it throws when no node has served for half a minute.
        const states = client.watch<FlagValues>(key, ending);
        for await (const state of states) {
          values = { ...defaults, ...state?.value };
          onChange?.(values);
        }
      } catch {
        // The last values hold.
        await sleep(retryMs, undefined, ending).catch(() => {});
      }
    }
  }

  void follow();
  return {
    isOn: (name) => values[name] ?? false,
    close: () => ending.abort(),
  };
}

/** All flags are one value, so that programs see them change together; others' changes are kept. */
export async function setFlag(
  client: Client,
  name: string,
  isOn: boolean,
): Promise<void> {
  await client.update<FlagValues>(key, (now) => ({ ...now, [name]: isOn }));
}

if (import.meta.main) {
  const nodes = (process.env.RINGWALK_NODE ?? "http://127.0.0.1:8000").split(
    ",",
  );
  const client = createClient({ nodes, token: process.env.RINGWALK_TOKEN });
  const [name, wanted] = process.argv.slice(2);
  if (name !== undefined) await setFlag(client, name, wanted === "on");
  else
    watchFlags(client, {
      defaults: { "new-checkout": false },
      onChange: (values) => console.log(JSON.stringify(values)),
    });
}
