/** Ports that are free on the loopback interface, for servers started as separate processes. */
import { createServer } from "node:net";

/**
 * A TCP port of 127.0.0.1 on which nobody listens now. Another process may take it before the
 * caller does; what can listen on port 0 and tell its port should do that instead.
 */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close((error) => (error ? reject(error) : resolve(port)));
    });
  });
}
