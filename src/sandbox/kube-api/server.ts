import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Certificate } from './certificate.ts';
import { ADMIN, Tokens } from './identity.ts';
import { kubeconfig } from './kubeconfig.ts';
import { loadObjects } from './load.ts';
import type { KubeObject } from './object.ts';
import type { ObjectJournal } from './object-journal.ts';
import type { ResourceInfo } from './request-info.ts';
import { Responder } from './respond.ts';
import { Store } from './store.ts';

export { type Certificate, selfSigned } from './certificate.ts';
export { ADMIN, serviceAccount, Tokens } from './identity.ts';
export type { KubeObject } from './object.ts';
export { ObjectJournal } from './object-journal.ts';
export type { ResourceInfo } from './request-info.ts';

export interface KubeApi {
  /** `https://127.0.0.1:PORT`, or `http` without a certificate. */
  readonly url: string;
  readonly port: number;
  /** The bearer token of a user. Default: the admin's. No other tokens are valid. */
  token(user?: string): string;
  /** A kubeconfig (YAML) with this token. */
  kubeconfig(user?: string): string;
  /** Also ends watches and idle connections. */
  stop(): Promise<void>;
}

export interface KubeApiOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Default: plain HTTP, over which kubectl sends no token. */
  readonly certificate?: Certificate;
  /** Keeps the objects across restarts. The server closes it when it stops. Default: objects are in memory only. */
  readonly journal?: ObjectJournal;
  /**
   * Created at the start, with their namespaces. Unlike in a normal create, their status is kept, and they replace existing
   * objects.
   */
  readonly objects?: readonly KubeObject[];
  /** Whether istiod's webhook checks writes. Default: true. */
  readonly webhook?: boolean;
  /** Existing tokens, by user. Others are created when they are asked for. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** Called for each request about a resource that RBAC allows. */
  readonly onRequest?: (request: ResourceInfo) => void;
  readonly bookmarkIntervalMs?: number;
  /** How long a watch lasts if its client sets no timeoutSeconds. */
  readonly watchTimeoutMs?: number;
  /** How many past events a watch can begin from: at least this many, and at most twice as many. */
  readonly historyLength?: number;
}

/** The same as the real server's. A client that reuses a connection should not find it just closed. */
const IDLE_CONNECTION_MS = 180_000;

/** Starts a small Kubernetes API server on loopback. */
export async function startKubeApi(options: KubeApiOptions): Promise<KubeApi> {
  const { journal, historyLength = 1000 } = options;
  const store = new Store({ historyLength, state: journal?.state, record: (event) => journal?.record(event) });
  const api = { store, webhook: options.webhook ?? true };
  loadObjects(api, options.objects ?? []);

  const tokens = new Tokens(options.tokens);
  const responder = new Responder(api, {
    tokens,
    onRequest: options.onRequest ?? (() => undefined),
    bookmarkIntervalMs: options.bookmarkIntervalMs ?? 5_000,
    timeoutMs: options.watchTimeoutMs ?? 30 * 60_000,
  });
  const { certificate } = options;
  const server = serverWith(certificate, (request, response) => void responder.respond(request, response));
  const sockets = socketsOf(server);
  const port = await listen(server, options.port);
  const url = `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return {
    url,
    port,
    token: (user = ADMIN) => tokens.of(user),
    kubeconfig: (user = ADMIN) => kubeconfig(url, tokens.of(user), certificate?.cert),
    stop: () => stop(server, responder, sockets).finally(() => journal?.close()),
  };
}

function serverWith(certificate: Certificate | undefined, listener: RequestListener): Server {
  const options = { keepAliveTimeout: IDLE_CONNECTION_MS };
  return certificate === undefined
    ? createServer(options, listener)
    : createTlsServer({ ...options, ...certificate }, listener);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('the server has no TCP port'));
    });
  });
}

/** All open sockets. Node's server does not list those that are still in the TLS handshake. */
function socketsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

function stop(server: Server, responder: Responder, sockets: ReadonlySet<Socket>): Promise<void> {
  responder.stopWatches();
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    for (const socket of sockets) socket.destroy();
  });
}
