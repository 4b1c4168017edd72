/** When partitions are looked at again for what is due in them. */
import { expect, test } from "vitest";
import { createSchedule } from "../../src/node/schedule.ts";

const noon = 1_700_000_000_000;
const hour = 3_600_000;

test("a partition that was swept just now waits a little, whatever is due in it", () => {
  const schedule = createSchedule(60_000, () => {});
  schedule.set(3, noon);
  expect(schedule.takeDue(noon, 8)).toEqual([3]);
  schedule.set(3, noon);
  expect(schedule.takeDue(noon + 1_000, 8)).toEqual([]);
  expect(schedule.takeDue(noon + 5_000, 8)).toEqual([3]);
});

test("a clock that was set back does not put it off", () => {
  const schedule = createSchedule(60_000, () => {});
  schedule.set(3, noon);
  expect(schedule.takeDue(noon, 8)).toEqual([3]);
  schedule.set(3, noon - hour);
  expect(schedule.takeDue(noon - hour, 8)).toEqual([3]);
  expect(schedule.nextDueAt()).toBeUndefined();
});
