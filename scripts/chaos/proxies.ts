/**
 * A network for machines without namespaces: peers reach each node through a proxy of ours, which can refuse. It cannot
 * tell who calls, so a split makes a node unreachable for all its peers, while it still reaches them.
 */
import { connect, createServer, type Socket } from "node:net";
import type { Network, Place } from "./network.ts";
import { reservePort } from "./ports.ts";

const host = "127.0.0.1";

interface Proxy {
  open(): Promise<void>;
  /** Ends all connections, and takes no other. */
  refuse(): Promise<void>;
  /** Leaves connections open and takes others, and passes nothing on. */
  hang(): void;
}

export function createProxies(): Network {
  const proxies = new Map<string, Proxy>();
  const of = (names: readonly string[]) =>
    names.flatMap((name) => proxies.get(name) ?? []);

  async function place(name: string): Promise<Place> {
    const port = await reservePort();
    const proxyPort = await reservePort();
    const proxy = createProxy({ port: proxyPort, target: port });
    proxies.set(name, proxy);
    await proxy.open();
    return {
      host,
      port,
      peerUrl: `http://${host}:${proxyPort}`,
      clientUrl: `http://${host}:${port}`,
      prefix: [],
    };
  }

  return {
    description: "a proxy before each node, which refuses or hangs",
    splits: {
      "refused by its proxy": async (side) => {
        for (const proxy of of(side)) await proxy.refuse();
      },
      "held up by its proxy": async (side) => {
        for (const proxy of of(side)) proxy.hang();
      },
    },
    place,
    async heal() {
      for (const proxy of proxies.values()) await proxy.open();
    },
    async end() {
      for (const proxy of proxies.values()) await proxy.refuse();
    },
  };
}

function createProxy({
  port,
  target,
}: {
  readonly port: number;
  readonly target: number;
}): Proxy {
  const sockets = new Set<Socket>();
  let hangs = false;

  function keep(socket: Socket): void {
    sockets.add(socket);
    // Resets are what it is there for.
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  }

  const server = createServer((caller) => {
    keep(caller);
    if (hangs) return;
    const callee = connect(target, host);
    keep(callee);
    caller.pipe(callee);
    callee.pipe(caller);
    caller.once("close", () => callee.destroy());
    callee.once("close", () => caller.destroy());
  });

  return {
    async open() {
      // What was held back is lost, as the packets of a long split are in effect.
      if (hangs) for (const socket of sockets) socket.destroy();
      hangs = false;
      if (server.listening) return;
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, resolve);
      });
    },
    async refuse() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    hang() {
      hangs = true;
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
  };
}
