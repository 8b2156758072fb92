/**
 * SHA-256 in lower-case hex; of a text, its UTF-8. By Node's own function where there is one, which needs no other thread, else by
 * `crypto.subtle`. Imports nothing; every folder may import it.
 */
export async function sha256Of(data: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const node = nodeCrypto();
  if (node !== undefined) return node.createHash("sha256").update(data).digest("hex");
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The part of `node:crypto` that is used. */
interface NodeCrypto {
  createHash(algorithm: "sha256"): Hash;
}

interface Hash {
  update(data: string | Uint8Array): Hash;
  digest(encoding: "hex"): string;
}

/** Asked for and not imported, so that the core loads where there is no Node. */
function nodeCrypto(): NodeCrypto | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } };
  return process?.getBuiltinModule?.("node:crypto") as NodeCrypto | undefined; // Node's documented module, or that of a platform like it
}

/** JSON with the keys of every object in order, so that equal values are equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}
