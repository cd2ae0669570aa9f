import { type Dispatcher, request } from 'undici';

export interface Traffic {
  stop(): Promise<void>;
}

/** Short enough for a steady flow, long enough to cost almost nothing. */
const tickMs = 50;
/** Limits the open requests when answers are slow, so that on a busy machine a person's request does not wait behind many others. */
const mostInFlight = 25;

/** Requests the page this many times a second, without signing in, until `stop`. */
export function startTraffic(url: string, perSecond: number, dispatcher: Dispatcher): Traffic {
  const inFlight = new Set<Promise<void>>();
  const stopping = new AbortController();
  let due = 0;
  let lastMs = performance.now();
  const ask = () => {
    const asking: Promise<void> = askOnce(url, dispatcher, stopping.signal).finally(() => inFlight.delete(asking));
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
async function askOnce(url: string, dispatcher: Dispatcher, signal: AbortSignal): Promise<void> {
  try {
    const { body } = await request(url, { dispatcher, signal, headers: { 'user-agent': 'trickle' } });
    await body.dump();
  } catch {
    // the router counted it
  }
}
