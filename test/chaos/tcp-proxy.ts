import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A connection between a client and a server that can be slow, stall, go dead or be cut. */
export class TcpProxy {
  readonly #server: Server;
  readonly #wires = new Set<Wire>();
  readonly #target: number;
  #delayMs = 0;
  #stalled = false;
  #refusing = false;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => this.#join(near));
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the proxy does not listen on a port');
    return address.port;
  }

  /** Delays everything, in both directions. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Nothing arrives until `calm`, and then everything does. */
  stall(): void {
    this.#stalled = true;
    for (const wire of this.#wires) wire.stall();
  }

  /** Existing connections look open forever but carry nothing. New ones work. */
  halfOpen(): void {
    for (const wire of this.#wires) wire.die();
  }

  cut(): void {
    for (const wire of this.#wires) wire.cut();
  }

  refuse(): void {
    this.#refusing = true;
    this.cut();
  }

  calm(): void {
    this.#delayMs = 0;
    this.#stalled = false;
    this.#refusing = false;
    for (const wire of this.#wires) wire.flow();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #join(near: Socket): void {
    if (this.#refusing) return void near.resetAndDestroy();
    const wire = new Wire(near, connect(this.#target, '127.0.0.1'), () => this.#delayMs);
    this.#wires.add(wire);
    wire.onEnd(() => this.#wires.delete(wire));
    if (this.#stalled) wire.stall();
  }
}

class Wire {
  readonly #near: Socket;
  readonly #far: Socket;
  #dead = false;

  constructor(near: Socket, far: Socket, delayMs: () => number) {
    this.#near = near;
    this.#far = far;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      const carry = this.#carrier(to, delayMs);
      from.setNoDelay(true);
      from.on('data', carry);
      from.on('error', () => {});
      // On a dead connection the other end hears nothing, not even the close.
      from.on('close', () => (this.#dead && from === near ? far.destroy() : this.#dead || to.destroy()));
    }
  }

  onEnd(listener: () => void): void {
    this.#near.once('close', listener);
  }

  stall(): void {
    for (const end of [this.#near, this.#far]) end.pause();
  }

  flow(): void {
    for (const end of [this.#near, this.#far]) end.resume();
  }

  die(): void {
    this.#dead = true;
  }

  cut(): void {
    for (const end of [this.#near, this.#far]) end.resetAndDestroy();
  }

  /** Keeps late bytes in order, even if the delay ends in between. */
  #carrier(to: Socket, delayMs: () => number): (bytes: Buffer) => void {
    const write = (bytes: Buffer) => void (this.#dead || !to.writable || to.write(bytes));
    let waiting = 0;
    let last = Promise.resolve();
    return (bytes) => {
      const dueMs = performance.now() + delayMs();
      if (waiting === 0 && delayMs() === 0) return write(bytes);
      waiting += 1;
      last = last
        .then(() => sleep(Math.max(0, dueMs - performance.now())))
        .then(() => {
          waiting -= 1;
          write(bytes);
        });
    };
  }
}
