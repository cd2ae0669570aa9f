import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { Agent, fetch } from 'undici';
import { parse } from 'yaml';
import { z } from 'zod';

const config = z.object({
  clusters: z.array(
    z.object({ cluster: z.object({ server: z.string(), 'certificate-authority-data': z.string().optional() }) }),
  ),
  users: z.array(z.object({ user: z.object({ token: z.string().optional() }) })),
});
const list = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
const event = z.object({
  type: z.string(),
  object: z.object({ metadata: z.object({ name: z.string().default('') }) }),
});

/** Requests to one API server over kept-alive connections. */
export class Kube {
  readonly #server: string;
  readonly #headers: Record<string, string>;
  readonly #agent: Agent;
  #closed = false;

  constructor(kubeconfig: string) {
    const { clusters, users } = config.parse(parse(kubeconfig));
    const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
    this.#server = cluster?.server ?? '';
    this.#headers = { authorization: `Bearer ${user?.token ?? ''}` };
    const ca = cluster?.['certificate-authority-data'];
    this.#agent = new Agent(ca === undefined ? {} : { connect: { ca: Buffer.from(ca, 'base64') } });
  }

  async call(method: string, path: string, body?: unknown, type = 'application/json'): Promise<unknown> {
    const response = await fetch(this.#server + path, {
      method,
      dispatcher: this.#agent,
      headers: { ...this.#headers, 'content-type': type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Sees every object of a collection change. */
  async watch(collection: string): Promise<Sightings> {
    const { metadata } = list.parse(await this.call('GET', collection));
    const url = `${this.#server}${collection}?watch=true&resourceVersion=${metadata.resourceVersion}`;
    const response = await fetch(url, { dispatcher: this.#agent, headers: this.#headers });
    if (response.body === null) throw new Error('the watch has no body');
    const sightings = new Sightings();
    const lines = createInterface({ input: Readable.fromWeb(response.body) });
    lines.on('line', (line) => {
      const { type, object } = event.parse(JSON.parse(line));
      if (type === 'MODIFIED') sightings.note(object.metadata.name);
    });
    lines.on('error', (error) => {
      if (!this.#closed) throw error;
    });
    return sightings;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#agent.destroy();
  }
}

/** When a watch saw each object change, for whoever waits for it. */
export class Sightings {
  readonly #waiting = new Map<string, (atMs: number) => void>();

  note(name: string): void {
    this.#waiting.get(name)?.(performance.now());
    this.#waiting.delete(name);
  }

  next(name: string): Promise<number> {
    return new Promise((resolve) => this.#waiting.set(name, resolve));
  }
}
