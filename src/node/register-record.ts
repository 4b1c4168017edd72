/** Registers and the bytes that a store keeps of them: what was decoded or encoded is not decoded again while the store keeps it. */
import { decodeRegister, encodeRegister } from "../core/codec.ts";
import { ownedEntry } from "../core/entry.ts";
import { cachedRecordBytesMax } from "../core/limits.ts";
import type { Register } from "../core/register.ts";

/** By the bytes themselves, which nobody changes; they and their register go together when the store lets go of them. */
const known = new WeakMap<Uint8Array, Register>();

/** The register in a record; absent when there is none of a known format. */
export function registerIn(bytes: Uint8Array): Register | undefined {
  const seen = known.get(bytes);
  if (seen) return seen;
  const register = decodeRegister(bytes);
  if (register && isKept(bytes)) known.set(bytes, register);
  return register;
}

/** The record of a register. */
export function recordOf(register: Register): Uint8Array {
  const { entry } = register;
  const bytes = encodeRegister(register);
  // Its bytes are views into the message that brought them, which must not live as long.
  if (isKept(bytes))
    known.set(bytes, {
      ...register,
      ...(entry && { entry: ownedEntry(entry) }),
    });
  return bytes;
}

/** Whether a store may keep it in memory. */
function isKept(bytes: Uint8Array): boolean {
  return bytes.length <= cachedRecordBytesMax;
}
