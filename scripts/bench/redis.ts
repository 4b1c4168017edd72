/** A redis-server (Debian's package) that flushes every write before it answers, as our nodes do. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./process.ts";

export interface Redis {
  readonly port: number;
  stop(): Promise<void>;
}

/** Absent where there is none on this machine. */
export async function startRedis(): Promise<Redis | undefined> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "ringwalk-bench-redis-"));
  const settings = {
    port: String(port),
    bind: "127.0.0.1",
    dir: folder,
    save: "",
    appendonly: "yes",
    appendfsync: "always",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ]);
  const child = spawn("redis-server", args, { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver && !(await isListening(port)))
    await new Promise((resolve) => setTimeout(resolve, 5));
  if (isOver) return undefined;
  return {
    port,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
