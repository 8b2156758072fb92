/** Ends of names that lead nowhere outside one's own network. @see RFC 6761, RFC 6762, RFC 8375 */
const LOCAL_ENDS: readonly string[] = ["localhost", "local", "internal", "lan", "home.arpa"];

/** IPv4 ranges that are not public, as address and bits. @see RFC 6890 */
const LOCAL_RANGES: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["224.0.0.0", 3],
];

/**
 * Why a host cannot be reached from the internet, as far as its name shows it; undefined when it may be.
 * @param hostname as `URL` gives it: lower case, IPv4 in four decimal parts, IPv6 in brackets.
 */
export function publicHostProblem(hostname: string): string | undefined {
  const host = hostname.replace(/\.$/, "");
  if (host.startsWith("[")) return isLocalV6(host.slice(1, -1)) ? "an address of a private network" : undefined;
  if (/^\d+(\.\d+){3}$/.test(host)) return isLocalV4(host) ? "an address of a private network" : undefined;
  if (LOCAL_ENDS.some((end) => host === end || host.endsWith(`.${end}`))) return "a name of a private network";
  return host.includes(".") ? undefined : "a name without a domain";
}

function isLocalV4(address: string): boolean {
  return LOCAL_RANGES.some(([range, bits]) => numberOf(address) >>> (32 - bits) === numberOf(range) >>> (32 - bits));
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Loopback, unspecified, link-local, unique local, and IPv4 inside IPv6 (which `URL` writes in hex). @see RFC 4291, RFC 4193 */
function isLocalV6(address: string): boolean {
  if (
    address === "::" ||
    address === "::1" ||
    /^f[cd][0-9a-f]{2}:/.test(address) ||
    /^fe[89ab][0-9a-f]:/.test(address)
  ) {
    return true;
  }
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return false;
  const parts = [high, low].flatMap((half) => {
    const value = Number.parseInt(half, 16);
    return [value >>> 8, value & 255];
  });
  return isLocalV4(parts.join("."));
}
