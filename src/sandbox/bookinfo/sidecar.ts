import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, request } from 'undici';
import type { Workload } from './pods.ts';
import { responseFlagsHeader, sourceHeader } from './router.ts';

export interface Reply {
  readonly status: number;
  /** Empty if a pod answered. */
  readonly flag: string;
  readonly body: string;
}

/** Calls another service through the router. Rejects when the router itself does not answer. */
export type Call = (service: string, path: string, headers: IncomingHttpHeaders) => Promise<Reply>;

/** How long a Bookinfo service waits for another one. */
const callTimeoutMs = 3_000;

/** The headers that a service copies to its own calls, so that rules for the next services can match on them. */
const passedOn = ['end-user', 'cookie', 'x-request-id', 'user-agent'];

export function sidecarOf(workload: Workload, routerUrl: string, dispatcher: Dispatcher): Call {
  return async (service, path, headers) => {
    const reply = await request(`${routerUrl}${path}`, {
      headers: { ...only(headers, passedOn), host: `${service}:9080`, [sourceHeader]: workload.name },
      signal: AbortSignal.timeout(callTimeoutMs),
      dispatcher,
    });
    return {
      status: reply.statusCode,
      flag: String(reply.headers[responseFlagsHeader] ?? ''),
      body: await reply.body.text(),
    };
  };
}

function only(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}
