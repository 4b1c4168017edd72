/** The real random source: what it draws in blocks it gives once, in the length that was asked for. The clock that stops. */
import { expect, onTestFinished, test, vi } from "vitest";
import {
  createStoppableClock,
  systemRandom,
} from "../../src/runtime/system-ports.ts";

test("random bytes never come twice, whatever lengths they are asked for in", () => {
  const lengths = [16, 22, 4096, 1, 5000, 17];
  const seen = new Set<string>();
  for (let round = 0; round < 300; round++)
    for (const length of lengths) {
      const bytes = systemRandom.bytes(length);
      expect(bytes).toHaveLength(length);
      // What was given is its receiver's alone: later draws do not change it.
      expect(bytes.buffer.byteLength).toBe(length);
      // Windows of eight bytes: by chance two are equal in one of 10^8 runs.
      for (let at = 0; at + 8 <= length; at += 8)
        seen.add(Buffer.from(bytes.subarray(at, at + 8)).toString("hex"));
    }
  const windows = lengths.reduce((sum, length) => sum + (length >> 3), 0);
  expect(seen.size).toBe(300 * windows);
});

test("a stopped clock calls nobody back, and leaves no timer behind that would keep the process", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const clock = createStoppableClock();
  const called: string[] = [];
  clock.timer(10, () => called.push("early"));
  clock.timer(20, () => called.push("cancelled"))();
  clock.timer(9_000, () => called.push("late"));
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(1);
  clock.stop();
  clock.timer(1, () => called.push("after"));
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(10_000);
  expect(called).toEqual(["early"]);
});
