import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Authorize } from './identity.ts';
import { kubeconfig } from './kubeconfig.ts';
import { loadObjects } from './load.ts';
import type { KubeObject } from './object.ts';
import { Responder } from './respond.ts';
import { Store } from './store.ts';

export type { AccessReview, Authorize } from './identity.ts';
export type { KubeObject } from './object.ts';

export interface KubeApi {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /**
   * A kubeconfig (YAML) for a bearer token. Its server is http, so it carries `insecure-skip-tls-verify: true`, without which
   * the client library refuses http.
   */
  kubeconfig(token?: string): string;
  /** Ends watches and idle connections too. */
  stop(): Promise<void>;
}

export interface KubeApiOptions {
  /** 0: a free one. */
  readonly port: number;
  /** Loaded at the start as if created, each in a namespace that then exists. Unlike in a creation their status is kept. */
  readonly objects?: readonly KubeObject[];
  /** Whether istiod's webhook judges writes; it does unless this is false. */
  readonly webhook?: boolean;
  /** Asked before each request about a resource; without it everybody may do everything. */
  readonly authorize?: Authorize;
  readonly bookmarkIntervalMs?: number;
  /** How long a watch lasts whose client sets no timeoutSeconds. */
  readonly watchTimeoutMs?: number;
  /** How many events are kept for watches to begin from; between this many and twice as many are. */
  readonly historyLength?: number;
}

/** As long as the real server keeps one: a client that reuses a connection should not find it just closed. */
const IDLE_CONNECTION_MS = 180_000;

/** Starts a small Kubernetes API server on loopback, its state in memory. */
export async function startKubeApi(options: KubeApiOptions): Promise<KubeApi> {
  const store = new Store(options.historyLength ?? 1000);
  const api = { store, webhook: options.webhook ?? true };
  loadObjects(api, options.objects ?? []);

  const responder = new Responder(api, {
    authorize: options.authorize ?? (() => true),
    bookmarkIntervalMs: options.bookmarkIntervalMs ?? 5_000,
    timeoutMs: options.watchTimeoutMs ?? 30 * 60_000,
  });
  const server = createServer({ keepAliveTimeout: IDLE_CONNECTION_MS }, (request, response) => {
    void responder.respond(request, response);
  });
  const port = await listen(server, options.port);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    kubeconfig: (token = 'admin') => kubeconfig(url, token),
    stop: () => stop(server, responder),
  };
}

function listen(server: Server<typeof IncomingMessage>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('the server listens on no port'));
    });
  });
}

function stop(server: Server<typeof IncomingMessage>, responder: Responder): Promise<void> {
  responder.stopWatches();
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
