/** Many operations of one request, answered by a line each as they end: bounded in number and in bytes, whatever comes. */
import type { Room } from "./room.ts";

/** What leads to one line of the answer, or to none; one that may be repeated must change nothing. */
export interface LineTask {
  /** Tasks of one key run one after the other. Absent: the task runs by itself, after all that came before it. */
  readonly key?: string;
  /** What it holds until its line has been taken, as far as that is known before. */
  readonly byteCount: number;
  /** Whether its line may be thrown away for want of room, and made again later. */
  readonly mayRepeat: boolean;
  /** The line with its LF; empty when there is nothing to say. Must not reject. */
  run(): Promise<string>;
  /** The line that says that the node has too much under way; nothing was done. */
  refuse(): string;
}

/** How much may be under way: beyond its own a request waits, beyond the node's (`Room`) its lines are refused. */
export interface LineLimits {
  /** Tasks under way at once. */
  readonly operationsMax: number;
  /** What tasks under way, and lines that nobody has taken yet, may hold; one alone may be larger. */
  readonly bytesMax: number;
}

interface Parts {
  /** By portions; each is asked for its tasks as there is room for them. */
  readonly tasks: AsyncIterable<Iterable<LineTask>>;
  readonly limits: LineLimits;
  /** Shared by all such requests of the node. */
  readonly room: Room;
}

/** A task whose line found no room, and is to be made again. */
interface Deferred {
  readonly byteCount: number;
  readonly resume: () => void;
}

/** The body of an answer, and its end, until which the request counts in the node's load (`Answer.ended`). */
interface LineStream {
  readonly stream: ReadableStream<Uint8Array>;
  /** Resolves when the stream has ended, however it did. */
  readonly ended: Promise<void>;
}

/**
 * The lines of all tasks, each as soon as it is there. Errors when `tasks` does; a reader that goes away stops it: what
 * is under way then comes to its end unheard, and nothing else is begun.
 */
export function lineStream(parts: Parts): LineStream {
  const run = createRun(parts);
  const encoder = new TextEncoder();
  let end: { readonly error?: unknown } | undefined;
  const { promise: ended, resolve: endNow } = Promise.withResolvers<void>();
  const finish = (how: { readonly error?: unknown }) => {
    end = how;
    run.changed.notify();
  };
  void run.all().then(
    () => finish({}),
    (error: unknown) => finish({ error }),
  );
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let text = run.take();
        while (text === "" && !end) {
          await run.changed.wait();
          text = run.take();
        }
        if (text !== "") return controller.enqueue(encoder.encode(text));
        endNow();
        if (end && "error" in end) controller.error(end.error);
        else controller.close();
      },
      cancel() {
        run.stop();
        endNow();
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, ended };
}

interface Run {
  /** Resolves when every task has left its line. */
  all(): Promise<void>;
  /** The lines that are there. */
  take(): string;
  stop(): void;
  readonly changed: Signal;
}

function createRun({ tasks, limits, room }: Parts): Run {
  const changed = createSignal();
  const lastOfKey = new Map<string, Promise<void>>();
  const deferred: Deferred[] = [];
  let lines: string[] = [];
  let lineBytes = 0;
  /** Of the lines, and of the tasks that are not deferred. */
  let heldBytes = 0;
  /** Begun, and without a line yet. */
  let openCount = 0;
  /** Those of them that neither wait for another of their key nor are deferred. */
  let activeCount = 0;
  let isStopped = false;

  function hold(byteCount: number): void {
    heldBytes += byteCount;
    room.hold(byteCount);
  }

  /** Whether there is room, or nothing that could make some. */
  function fits(byteCount: number, activeOthers = activeCount): boolean {
    const isAlone = activeOthers === 0 && lines.length === 0;
    return isAlone || heldBytes + byteCount <= limits.bytesMax;
  }

  function add(line: string): void {
    if (line === "" || isStopped) return;
    hold(line.length);
    lineBytes += line.length;
    lines.push(line);
  }

  /** Runs it, and adds its line as soon as there is room for it. */
  async function answer(task: LineTask): Promise<void> {
    const line = await task.run();
    hold(-task.byteCount);
    if (!task.mayRepeat || fits(line.length, activeCount - 1)) {
      add(line);
      return;
    }
    activeCount--;
    await new Promise<void>((resume) => {
      deferred.push({ byteCount: line.length, resume });
      wake();
    });
    const again = isStopped ? "" : await task.run();
    hold(-line.length);
    add(again);
  }

  async function runOne(task: LineTask): Promise<void> {
    activeCount++;
    if (isStopped) hold(-task.byteCount);
    else await answer(task);
    activeCount--;
    openCount--;
    room.leave();
    wake();
  }

  function start(task: LineTask): void {
    if (!room.enter()) {
      add(task.refuse());
      return;
    }
    openCount++;
    hold(task.byteCount);
    const { key } = task;
    const before = key === undefined ? undefined : lastOfKey.get(key);
    const done = before ? before.then(() => runOne(task)) : runOne(task);
    if (key === undefined) return;
    lastOfKey.set(key, done);
    void done.then(() => {
      if (lastOfKey.get(key) === done) lastOfKey.delete(key);
    });
  }

  function resumeOne(): void {
    const [first] = deferred;
    if (!first || !(isStopped || fits(first.byteCount))) return;
    deferred.shift();
    // Its room is its own from now on.
    activeCount++;
    hold(first.byteCount);
    first.resume();
  }

  function wake(): void {
    resumeOne();
    changed.notify();
  }

  async function until(condition: () => boolean): Promise<void> {
    while (!isStopped && !condition()) await changed.wait();
  }

  const isQuiet = () => openCount === 0;
  const hasRoom = (task: LineTask) =>
    deferred.length === 0 &&
    openCount < limits.operationsMax &&
    fits(task.byteCount);

  return {
    changed,
    async all() {
      for await (const portion of tasks)
        for (const task of portion) {
          const isApart = task.key === undefined;
          await until(() => (isApart ? isQuiet() : hasRoom(task)));
          if (isStopped) return;
          start(task);
          if (isApart) await until(isQuiet);
        }
      await until(isQuiet);
    },
    take() {
      const text = lines.join("");
      hold(-lineBytes);
      lines = [];
      lineBytes = 0;
      if (text !== "") wake();
      return text;
    },
    stop() {
      isStopped = true;
      lines = [];
      hold(-lineBytes);
      lineBytes = 0;
      while (deferred.length > 0) resumeOne();
      changed.notify();
    },
  };
}

interface Signal {
  wait(): Promise<void>;
  notify(): void;
}

/** Wakes all who wait, each time. */
function createSignal(): Signal {
  let waiting: (() => void)[] = [];
  return {
    wait: () => new Promise((resolve) => waiting.push(resolve)),
    notify() {
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
  };
}
