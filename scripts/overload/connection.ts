/** One connection to a node that carries one request at a time, written as bytes: a load must cost less than what it loads. */
import { connect } from "node:net";

export interface Connection {
  /** Sends a whole request; resolves with the answer's status, 0 when there was none. */
  send(request: Buffer): Promise<number>;
  readonly isIdle: boolean;
  /** Resolves when it is open, or has failed. */
  readonly opened: Promise<void>;
  close(): void;
}

export function openConnection(port: number): Connection {
  const socket = connect(port, "127.0.0.1");
  const opened = new Promise<void>((resolve) => {
    socket.once("connect", resolve);
    socket.once("close", () => resolve());
  });
  socket.setNoDelay(true);
  let received = "";
  let onAnswer: ((status: number) => void) | undefined;
  let isClosed = false;

  function end(status: number): void {
    received = "";
    const answered = onAnswer;
    onAnswer = undefined;
    answered?.(status);
  }

  socket.setEncoding("latin1");
  socket.on("data", (chunk) => {
    received += chunk;
    const headEnd = received.indexOf("\r\n\r\n");
    if (headEnd === -1) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(received);
    if (received.length >= headEnd + 4 + Number(length?.[1] ?? 0))
      end(Number(received.slice(9, 12)));
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    isClosed = true;
    end(0);
  });

  return {
    opened,
    get isIdle() {
      return !isClosed && onAnswer === undefined;
    },
    send(request) {
      if (isClosed) return Promise.resolve(0);
      return new Promise((resolve) => {
        onAnswer = resolve;
        socket.write(request);
      });
    },
    close: () => void socket.destroy(),
  };
}
