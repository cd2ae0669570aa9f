import { type Dispatcher, request } from 'undici';

export interface Traffic {
  stop(): Promise<void>;
}

/** Often enough to look steady, seldom enough to cost nothing. */
const tickMs = 50;
/** Where answers are slow, so many wait at the same time and no more. */
const mostInFlight = 50;

/** Asks for the page so often a second, as people without a name would, from here on until `stop`. */
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
    // A process that stood still does not make up for it.
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

/** Whatever comes of it is seen in the router's metrics, and nowhere else. */
async function askOnce(url: string, dispatcher: Dispatcher, signal: AbortSignal): Promise<void> {
  try {
    const { body } = await request(url, { dispatcher, signal, headers: { 'user-agent': 'trickle' } });
    await body.dump();
  } catch {
    // the router counted it
  }
}
