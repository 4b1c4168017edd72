/** Slots: never more calls at once than there are, none overtaken, none lost. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createSlots } from "../../src/transport/slots.ts";

test("whatever order calls end in, the bound and the order of starts hold", async () => {
  const ends = fc.array(fc.nat(), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      ends,
      async (count, picks) => {
        const slots = createSlots(count);
        const started: number[] = [];
        const running: PromiseWithResolvers<void>[] = [];
        const begin = () => {
          const call = started.length + waitingCount();
          const end = Promise.withResolvers<void>();
          const body = () => {
            started.push(call);
            running.push(end);
            expect(running.length).toBeLessThanOrEqual(count);
            return end.promise;
          };
          calls.push(slots.run(body));
        };
        const calls: Promise<void>[] = [];
        const waitingCount = () => calls.length - started.length;
        for (const pick of picks) {
          begin();
          begin();
          // One of those that run ends, and a newcomer asks in the same moment.
          running.splice(pick % running.length, 1)[0]?.resolve();
          begin();
          await new Promise(setImmediate);
        }
        while (running.length > 0) {
          running.shift()?.resolve();
          await new Promise(setImmediate);
        }
        await Promise.all(calls);
        expect(started).toEqual(calls.map((_, i) => i));
      },
    ),
    { numRuns: 30 },
  );
});
