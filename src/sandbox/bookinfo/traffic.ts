import { type Dispatcher, request } from 'undici';

export interface Traffic {
  stop(): Promise<void>;
}

/** Short enough for a steady flow, long enough to cost almost nothing. */
const tickMs = 50;
/** Limits the open requests when answers are slow, so that on a busy machine a person's request does not wait behind many others. */
const mostInFlight = 25;

export interface Wanted {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Requests these in turn, so many in a second, until `stop`. */
export function startTraffic(wanted: readonly Wanted[], perSecond: number, dispatcher: Dispatcher): Traffic {
  const inFlight = new Set<Promise<void>>();
  const stopping = new AbortController();
  let due = 0;
  let asked = 0;
  let lastMs = performance.now();
  const ask = () => {
    const next = wanted[asked % wanted.length];
    asked += 1;
    if (next === undefined) return;
    const asking: Promise<void> = askOnce(next, dispatcher, stopping.signal).finally(() => inFlight.delete(asking));
    inFlight.add(asking);
  };
  const timer = setInterval(() => {
    const nowMs = performance.now();
    // At most one second's worth: a process that was suspended does not catch up.
    due = Math.min(due + ((nowMs - lastMs) / 1000) * perSecond, perSecond);
    lastMs = nowMs;
    for (; due >= 1; due--) if (inFlight.size < mostInFlight) ask();
  }, tickMs);
  return {
    stop: async () => {
      clearInterval(timer);
      stopping.abort();
      await Promise.all(inFlight);
    },
  };
}

/** The result shows only in the router's metrics. */
async function askOnce({ url, headers }: Wanted, dispatcher: Dispatcher, signal: AbortSignal): Promise<void> {
  try {
    const { body } = await request(url, { dispatcher, signal, headers: { 'user-agent': 'trickle', ...headers } });
    await body.dump();
  } catch {
    // the router counted it
  }
}
