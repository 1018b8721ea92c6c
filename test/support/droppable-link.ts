/**
 * A TCP link whose connections a test can cut, and whose far end can be gone for a while: clients
 * connect to a port that stays the same, whatever happens behind it.
 */
import { createServer, connect as dial, type Server, type Socket } from "node:net";

export class DroppableLink {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private targetPort: number;
  port = 0;
  /** Connections accepted so far. */
  accepted = 0;

  private constructor(targetPort: number) {
    this.targetPort = targetPort;
  }

  static async open(targetPort: number): Promise<DroppableLink> {
    const link = new DroppableLink(targetPort);
    await link.raise();
    return link;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Lets nothing more through, and keeps the connections: a cable pulled out. */
  freeze(): void {
    for (const socket of this.sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** Cuts every connection; new ones are taken. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  /** Cuts every connection, and refuses new ones until `raise`. */
  async lower(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.cut();
    await closed;
  }

  async raise(targetPort = this.targetPort): Promise<void> {
    this.targetPort = targetPort;
    const server = createServer((near) => this.join(near));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.port, "127.0.0.1", resolve);
    });
    const address = server.address();
    if (typeof address === "object" && address !== null) this.port = address.port;
    this.server = server;
  }

  private join(near: Socket): void {
    this.accepted += 1;
    const far = dial(this.targetPort, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.setNoDelay(true);
      from.on("error", () => {});
      from.on("close", () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
