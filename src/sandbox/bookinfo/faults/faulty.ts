import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Handler, sendJson } from '../http-service.ts';
import type { Random } from '../route-request.ts';
import type { VersionFault } from './version-faults.ts';

export interface FaultyOptions {
  /** Asked at each request. */
  readonly fault: () => VersionFault;
  readonly random: Random;
}

/** A service that fails and is slow as its fault says. It fails by itself, so the proxy sees an answer of the pod and no flag. */
export function faulty(handler: Handler, { fault, random }: FaultyOptions): Handler {
  return async (request, response) => {
    const { failPercent, status, slowPercent, delayMs } = fault();
    const hits = (percent: number) => random() * 100 < percent;
    if (hits(slowPercent) && delayMs > 0 && !(await waited(response, delayMs))) return;
    if (hits(failPercent)) return sendJson(response, status, { error: 'This failure was set on /faults.' });
    await handler(request, response);
  };
}

/** False if the caller disconnected meanwhile. */
async function waited(response: ServerResponse, ms: number): Promise<boolean> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  response.once('close', leave);
  await delay(ms, undefined, { signal: gone.signal }).catch(leave); // rejects only when aborted
  response.off('close', leave);
  return !gone.signal.aborted;
}
