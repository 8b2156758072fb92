import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { startSimulator } from "fairwitness/sim";
import { expect, test } from "vitest";

/** True when something listens there. */
function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
  });
}

const addresses = Object.values(networkInterfaces()).flatMap((list = []) =>
  list.filter(({ internal, family }) => !internal && family === "IPv4").map(({ address }) => address),
);

// Without a network this machine has no other address to try.
test.skipIf(addresses.length === 0)(
  "a simulator cannot be reached at this machine's other addresses (row 144)",
  async () => {
    await using simulator = await startSimulator();
    const port = Number(new URL(simulator.origin).port);
    expect(await isOpen("127.0.0.1", port)).toBe(true);
    for (const address of addresses) expect(await isOpen(address, port)).toBe(false);
  },
);
