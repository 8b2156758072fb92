import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";

/** A proxy on loopback that leads to one server of this machine, whatever host it is asked for. */
export interface Tunnel extends AsyncDisposable {
  readonly url: string;
  /** What it was asked to connect to, `host:port`, in order. */
  readonly targets: readonly string[];
}

export async function startTunnel(port: number): Promise<Tunnel> {
  const targets: string[] = [];
  const server = createServer((_, response) => void response.writeHead(405).end());
  server.on("connect", (request, socket, head) => {
    targets.push(request.url ?? "");
    const behind = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      behind.write(head);
      behind.pipe(socket).pipe(behind);
    });
    // Whoever ends it ends both.
    behind.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.on("error", () => behind.destroy()).on("close", () => behind.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo; // a listening TCP server has one
  return {
    url: `http://127.0.0.1:${address.port}`,
    targets,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
