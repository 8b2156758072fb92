import { nodeModule } from "./node.ts";

/** A process, as the owner of a lease: told to people, and to be judged by other processes of its machine. */
interface Owner {
  host: string;
  pid: number;
  /** In which of this machine's worlds of process ids, and since which start of it. */
  place: string;
  /** Made once per process. */
  id: string;
}

let own: string | undefined;

/**
 * The owner that this process names in its leases: `<host>:<pid>:<place>:<random id>`, the same at each call. Where there is no Node it
 * is the random id alone, and nobody can tell whether such an owner lives.
 */
export function processOwner(): string {
  own ??= describe();
  return own;
}

/**
 * Whether the process that `processOwner` named is known to be dead: it was of this machine, and no process has its id. False
 * whenever that cannot be known: of another machine or container, of an owner in other words, and where its id was given to another
 * process since. Then its lease is waited for.
 */
export function isOwnerGone(owner: string): boolean {
  const [asked, here] = [parse(owner), parse(processOwner())];
  if (asked === undefined || here === undefined) return false;
  if (asked.host !== here.host || asked.place !== here.place || asked.id === here.id) return false;
  return isGone(asked.pid);
}

function describe(): string {
  const id = crypto.randomUUID();
  try {
    const host = nodeModule("os", "processOwner")
      .hostname()
      .replace(/[^\w.-]/g, "_")
      .slice(0, 63);
    return [host, globalThis.process.pid, placeOf(globalThis.process.platform), id].join(":");
  } catch {
    return id; // no Node, or one that may not tell: it can be told from others, and no more
  }
}

/** Containers may have the name of their host, or of each other, and count their processes apart. */
function placeOf(platform: string): string {
  if (platform !== "linux") return platform;
  const fs = nodeModule("fs", "processOwner");
  const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  const namespace = fs.readlinkSync("/proc/self/ns/pid").replace(/\D/g, "");
  return `${boot}.${namespace}`;
}

function parse(owner: string): Owner | undefined {
  const [host, pid, place, id, ...more] = owner.split(":");
  if (host === undefined || pid === undefined || place === undefined || id === undefined) return undefined;
  return more.length === 0 && /^[1-9]\d{0,9}$/.test(pid) ? { host, pid: Number(pid), place, id } : undefined;
}

function isGone(pid: number): boolean {
  try {
    globalThis.process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as { code?: unknown }).code === "ESRCH"; // what else it says, that it may not be asked say, is no death
  }
}
