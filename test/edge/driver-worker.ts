/** The Durable Object driver in workerd, called from outside: what the store suite does with a driver, over HTTP. */
import { decode, encode } from "@msgpack/msgpack";
import type { ObjectState } from "../../src/runtime/cloudflare.ts";
import { durableObjectDriver } from "../../src/store/durable-object-driver.ts";

interface Environment {
  readonly OBJECT: {
    getByName(name: string): { fetch(request: Request): Promise<Response> };
  };
}

/** A method of the driver and its arguments. */
type Call = readonly [method: string, ...given: readonly unknown[]];

export class DriverObject {
  readonly #driver;

  constructor({ storage }: ObjectState) {
    this.#driver = durableObjectDriver(storage);
  }

  async fetch(request: Request): Promise<Response> {
    const call = decode(await request.arrayBuffer()) as Call;
    return new Response(encode((await this.#run(call)) ?? null));
  }

  #run([method, ...given]: Call): unknown {
    const [text = ""] = given.map(String);
    const [, bytes] = given;
    const driver = this.#driver;
    switch (method) {
      case "getItemRaw":
        return driver.getItemRaw?.(text, {});
      case "setItemRaw":
        return driver.setItemRaw?.(text, bytes as Uint8Array, {});
      case "removeItem":
        return driver.removeItem?.(text, {});
      case "getKeys":
        return driver.getKeys(text, {});
      case "dropBucket":
        return driver.dropBucket?.(text);
      case "scanBucket":
        return [...(driver.scanBucket?.(text, String(bytes)) ?? [])];
      default:
        throw new TypeError(`the driver has no ${method}`);
    }
  }
}

export default {
  fetch: (request: Request, { OBJECT }: Environment) =>
    OBJECT.getByName(new URL(request.url).pathname).fetch(request),
};
