/** A network in one process: `Transport` ports over virtual time, with all that goes wrong on a real one. */
import type { Transport, TransportResult } from "../ports.ts";
import { createLinks } from "./links.ts";
import {
  countersAtZero,
  type NetworkCounters,
  type NetworkEventKind,
  type NetworkFaults,
  noFaults,
} from "./network-faults.ts";
import { createPhases, type Fate } from "./phases.ts";
import type { Life } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";

/** One thing that happened to one message, for a trace. */
export interface NetworkEvent {
  readonly kind: NetworkEventKind;
  /** The same for all that becomes of one call. */
  readonly call: number;
  readonly from: string;
  readonly to: string;
}

/** What answers at a url, in one life of a process. */
interface Listener {
  readonly life: Life;
  /** A peer message; the caller gets no answer when it rejects. */
  handle(body: Uint8Array): Promise<Uint8Array | TransportResult>;
  /** Who the node is. */
  hello?(): Promise<Uint8Array> | Uint8Array;
}

/** Processes go by their names, and who listens by a url. Of a url where nobody ever listened, the url is the name. */
export interface Network {
  /** The port of one life of a process; it is dead when that is over. */
  transport(life: Life): Transport;
  /** Answers at `url` until the listener's life ends, or another one listens there. */
  listen(url: string, listener: Listener): void;
  /** Changes what may happen from now on. */
  setFaults(faults: Partial<NetworkFaults>): void;
  /** Messages from one process to another no longer arrive; the way back is another matter. */
  cut(from: string, to: string): void;
  mend(from: string, to: string): void;
  /** Cuts each group off from the others, both ways. Who is in none reaches all. */
  split(groups: readonly (readonly string[])[]): void;
  /** Mends everything. */
  heal(): void;
  counters(): NetworkCounters;
}

/** `faults` change what `noFaults` says; `trace` is called at each event of a message. */
export interface NetworkOptions {
  readonly scheduler: Scheduler;
  readonly faults?: Partial<NetworkFaults>;
  readonly trace?: (event: NetworkEvent) => void;
}

type Work = (
  listener: Listener,
) => Promise<Uint8Array | TransportResult> | Uint8Array;

interface Call {
  readonly id: number;
  readonly caller: Life;
  readonly url: string;
  readonly work: Work;
  /** Ends the call; false: it had ended. */
  readonly end: (result: TransportResult) => boolean;
  /** What its phase makes of it. */
  readonly fate: Fate;
}

/** Everything reaches everything at first. */
export function createNetwork(options: NetworkOptions): Network {
  const { scheduler, trace } = options;
  const random = scheduler.random.fork("network");
  const listeners = new Map<string, Listener>();
  const links = createLinks();
  const handled = new Map<Listener, Set<Call>>();
  const counters = countersAtZero();
  const phases = createPhases(random.fork("phases"), scheduler.now);
  let faults: NetworkFaults = { ...noFaults, ...options.faults };
  let callCount = 0;

  function note(kind: NetworkEventKind, { id, caller, url }: Call): void {
    counters[kind]++;
    trace?.({ kind, call: id, from: caller.name, to: nameAt(url) });
  }

  /** A url's process, also while it is down. */
  function nameAt(url: string): string {
    return listeners.get(url)?.life.name ?? url;
  }

  function delayMs(call: Call): number {
    if (!random.chance(faults.slowShare))
      return random.between(faults.delayMsMin, faults.delayMsMax);
    note("slow", call);
    return random.between(faults.delayMsMax, faults.slowMsMax);
  }

  /** Milliseconds, seconds and minutes are equally likely, as far as the limit goes. */
  function duplicateDelayMs(): number {
    const min = Math.max(0.1, faults.delayMsMin);
    const max = Math.max(min, faults.duplicateMsMax);
    return min * (max / min) ** random.fraction();
  }

  function send(call: Call): void {
    const { caller, url } = call;
    note("called", call);
    if (random.chance(faults.notSentShare)) {
      refuse(call, "not-sent", "the machine has no connection left");
      return;
    }
    const isDown = !listeners.get(url)?.life.isAlive();
    const isCut = links.isCut(caller.name, nameAt(url));
    if (isCut) note("request-cut", call);
    if (isDown || isCut) {
      if (random.chance(faults.refusedShare))
        refuse(call, "refused", "the connection was refused");
      return;
    }
    const isTwice = random.chance(faults.duplicatedShare);
    const isLost = random.chance(faults.requestLostShare);
    if (isLost || call.fate === "request-lost") note("request-lost", call);
    else scheduler.after(delayMs(call), () => arrive(call));
    if (!isTwice) return;
    note("duplicated", call);
    scheduler.after(duplicateDelayMs(), () => arrive(call));
  }

  function refuse(
    call: Call,
    kind: "not-sent" | "refused",
    reason: string,
  ): void {
    note(kind, call);
    call.caller.after(random.between(0, faults.delayMsMax), () =>
      call.end({ kind: "not-sent", reason }),
    );
  }

  /** Whoever listens there by now gets it, be it in another life. */
  function arrive(call: Call): void {
    const { caller, url } = call;
    const listener = listeners.get(url);
    if (links.isCut(caller.name, nameAt(url))) note("request-cut", call);
    else if (!listener?.life.isAlive()) reset(call);
    else {
      if (links.isOvertaken(caller.name, url, call.id)) note("overtaken", call);
      const isHeld = !listener.life.deliver(() => void handle(call, listener));
      if (isHeld) note("held", call);
    }
  }

  async function handle(call: Call, listener: Listener): Promise<void> {
    note("delivered", call);
    const open = handled.get(listener) ?? new Set();
    handled.set(listener, open.add(call));
    const result = await resultOf(call, listener);
    open.delete(call);
    // What a process sent before it died is on its way; what its last event still computes is not.
    if (!listener.life.isAlive()) return;
    const isLost = random.chance(faults.answerLostShare);
    if (isLost || call.fate === "answer-lost") note("answer-lost", call);
    else scheduler.after(delayMs(call), () => comeBack(call, listener, result));
  }

  async function resultOf(
    call: Call,
    listener: Listener,
  ): Promise<TransportResult> {
    try {
      const result = await call.work(listener);
      return result instanceof Uint8Array
        ? { kind: "answer", body: result.slice() }
        : result;
    } catch (error) {
      note("handler-failed", call);
      return { kind: "unknown", reason: `the handler failed: ${error}` };
    }
  }

  function comeBack(
    call: Call,
    { life }: Listener,
    result: TransportResult,
  ): void {
    const { caller } = call;
    if (links.isCut(life.name, caller.name)) {
      note("answer-cut", call);
      return;
    }
    const isHeld = !caller.deliver(() => {
      note(call.end(result) ? "answered" : "answer-late", call);
    });
    if (isHeld) note("held", call);
  }

  /** The connection broke: the caller may learn so. */
  function reset(call: Call): void {
    if (!random.chance(faults.refusedShare)) return;
    note("reset", call);
    call.caller.after(random.between(0, faults.delayMsMax), () =>
      call.end({ kind: "unknown", reason: "the connection was reset" }),
    );
  }

  function call(
    caller: Life,
    url: string,
    timeoutMs: number,
    work: Work,
  ): Promise<TransportResult> {
    return new Promise((resolve) => {
      // What a dead process does is nobody's business; it never hears of it.
      if (!caller.isAlive()) return;
      let hasEnded = false;
      const end = (result: TransportResult): boolean => {
        if (hasEnded) return false;
        hasEnded = true;
        cancelTimeout();
        resolve(result);
        return true;
      };
      const ends = { from: caller.name, to: nameAt(url) };
      const fate = phases.fateOf(ends, faults.partialPhaseShare);
      const made: Call = { id: ++callCount, caller, url, work, end, fate };
      const cancelTimeout = caller.after(timeoutMs, () => {
        note("timed-out", made);
        end({ kind: "unknown", reason: `no answer within ${timeoutMs} ms` });
      });
      send(made);
    });
  }

  return {
    transport: (life) => ({
      call(url, body, timeoutMs) {
        const sent = body.slice();
        return call(life, url, timeoutMs, (listener) =>
          listener.handle(sent.slice()),
        );
      },
      hello: (url, timeoutMs) =>
        call(life, url, timeoutMs, (listener) => {
          if (!listener.hello) throw new Error("no node answers here");
          return listener.hello();
        }),
    }),
    listen(url, listener) {
      listeners.set(url, listener);
      listener.life.onEnd(() => {
        for (const call of handled.get(listener) ?? []) reset(call);
        handled.delete(listener);
      });
    },
    setFaults(changed) {
      faults = { ...faults, ...changed };
    },
    cut: links.cut,
    mend: links.mend,
    split: links.split,
    heal: links.heal,
    counters: () => ({ ...counters }),
  };
}
