import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface HttpService {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Also closes open connections. */
  stop(): Promise<void>;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Serves on the loopback interface; port 0 takes a free one. If a handler fails, only its caller notices: it gets a 500. */
export async function serve(handler: Handler, port = 0): Promise<HttpService> {
  const server = createServer((request, response) => {
    Promise.resolve(handler(request, response)).catch((error: unknown) => {
      response.headersSent ? response.destroy() : sendText(response, 500, `${String(error)}\n`);
    });
  });
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', resolve);
  await listening;
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no TCP port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

export function sendText(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' });
  response.end(text);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, JSON.stringify(value), 'application/json');
}

/** The path without the query. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/';
}
