/** A proxy before a node that lets so much through and then holds everything, so that what waits is in the middle of its work. */
import { createServer, request } from "node:http";
import { onTestFinished } from "vitest";
import { freePort } from "./processes.ts";

export interface HeldProxy {
  readonly url: string;
  /** The paths that were asked for, with their queries. */
  readonly paths: readonly string[];
}

/** `bytesOf` says, by a request's path, how many bytes of its answer may pass. */
export async function startHeldProxy(
  node: string,
  bytesOf: (path: string) => number,
): Promise<HeldProxy> {
  const paths: string[] = [];
  const server = createServer((asked, answer) => {
    const path = asked.url ?? "/";
    paths.push(`${asked.method} ${path}`);
    const { method, headers } = asked;
    const onward = request(node + path, { method, headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      let left = bytesOf(path);
      answered.on("data", (chunk: Buffer) => {
        const passed = chunk.subarray(0, left);
        left -= passed.byteLength;
        if (passed.byteLength > 0) answer.write(passed);
        if (passed.byteLength < chunk.byteLength) answered.pause();
      });
      answered.on("end", () => answer.end());
      answered.on("error", () => answer.destroy());
    });
    onward.on("error", () => answer.destroy());
    answer.on("close", () => onward.destroy());
    asked.pipe(onward);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => {
    server.listen(port, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}`, paths };
}
