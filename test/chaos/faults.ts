import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosWorld, Member } from './chaos-world.ts';
import type { HttpFault, HttpProxy, Seen } from './http-proxy.ts';
import { Random } from './random.ts';

/** A worker that was killed while the other one ran, and when. */
export interface Kill {
  readonly atMs: number;
}

type Kind = keyof typeof often;

/** How often each kind occurs, relative to the others. */
const often = {
  'kill -9 a worker': 5,
  'kill -9 the chat process': 2,
  'kill -9 a worker as it writes': 3,
  'kill -9 a worker as its write is committed': 3,
  'kill -9 as a card is posted': 2,
  'kill -9 as a card was posted': 2,
  'freeze a worker': 3,
  'freeze the chat process': 1.5,
  'freeze a worker as it writes': 2,
  'freeze a worker as its card is updated': 2,
  'restart Redis': 1,
  'freeze Redis': 1,
  'Redis is slow': 1.5,
  'Redis stands still': 1.5,
  'Redis connections are cut': 2,
  'Redis connections are half open': 1.5,
  'Redis refuses connections': 1,
  'the API answers 409': 1,
  'the API answers 429': 1,
  'the API answers 500': 1,
  'the API answers 503': 1,
  'the API hangs': 1.5,
  'the API resets': 1,
  'the API loses replies': 3,
  'the API is slow': 1,
  'the API takes writes late': 1,
  'a cluster does not answer': 0.5,
  'watches are cut': 1.5,
  'Slack answers 429': 1.5,
  'Slack answers 500': 1,
  'Slack answers 503': 1,
  'Slack loses replies': 2,
  'Slack hangs': 1,
  'Slack is slow': 1,
} as const;

/** Breaks one thing after the other, some at the same time, and repairs each within seconds. */
export class Faults {
  readonly #world: ChaosWorld;
  readonly #random: Random;
  readonly #breaking: Promise<void>;
  readonly #going = new Set<Promise<void>>();
  readonly #disturbed = new Set<unknown>();
  readonly counts = new Map<string, number>();
  readonly kills: Kill[] = [];
  readonly diary: string[] = [];
  #stopped = false;
  #failure: unknown;

  constructor(world: ChaosWorld, seed: string) {
    this.#world = world;
    this.#random = new Random(`${seed} faults`);
    this.#breaking = this.#live().catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  /** Ends all faults. Resolves when everything runs and no fault is left. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#breaking;
    await Promise.all(this.#going);
    for (const { bot, redis, kube, second, slack } of this.#world.members) {
      for (const each of [redis, kube, second, slack]) each.calm();
      bot.thaw();
      await bot.start();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #live(): Promise<void> {
    while (!this.#stopped) {
      await sleep(this.#random.between(200, 1_800));
      const kind = this.#random.weighed(often);
      const going = this.#inject(kind)
        .catch((error: unknown) => {
          this.#failure ??= error;
        })
        .finally(() => this.#going.delete(going));
      this.#going.add(going);
    }
  }

  async #inject(kind: Kind): Promise<void> {
    const random = this.#random;
    const worker = random.pick([this.#world.members[1], this.#world.members[2]]);
    const [chat] = this.#world.members;
    const ms = random.between(500, 5_000);
    switch (kind) {
      case 'kill -9 a worker':
        return this.#alone(kind, [worker.bot], () => this.#killed(worker, random.between(0, 4_000)));
      case 'kill -9 the chat process':
        return this.#alone(kind, [chat.bot], () => this.#killed(chat, random.between(0, 2_000)));
      case 'kill -9 a worker as it writes':
      case 'kill -9 a worker as its write is committed':
        return this.#trap(kind, worker, this.#cluster(worker), isWrite, () =>
          this.#killed(worker, random.between(0, 4_000)),
        );
      case 'kill -9 as a card is posted':
      case 'kill -9 as a card was posted': {
        const member = random.pick(this.#world.members);
        return this.#trap(kind, member, member.slack, isPost, () => this.#killed(member, random.between(0, 2_000)));
      }
      case 'freeze a worker':
        return this.#alone(kind, [worker.bot], () => frozen(worker, random.between(1_000, 12_000)));
      case 'freeze the chat process':
        return this.#alone(kind, [chat.bot], () => frozen(chat, random.between(1_000, 12_000)));
      case 'freeze a worker as it writes':
        return this.#trap(kind, worker, this.#cluster(worker), isWrite, () =>
          frozen(worker, random.between(1_000, 12_000)),
        );
      case 'freeze a worker as its card is updated':
        return this.#trap(kind, worker, worker.slack, isUpdate, () => frozen(worker, random.between(1_000, 12_000)));
      case 'restart Redis':
        return this.#alone(kind, [this.#world.redis], () => this.#world.redis.restart(random.between(0, 2_000)));
      case 'freeze Redis':
        return this.#alone(kind, [this.#world.redis], async () => {
          this.#world.redis.freeze();
          await sleep(ms);
          this.#world.redis.thaw();
        });
      case 'Redis is slow':
        return this.#wires(kind, ms, (member) => member.redis.delay(random.between(20, 900)));
      case 'Redis stands still':
        return this.#wires(kind, ms, (member) => member.redis.stall());
      case 'Redis connections are cut':
        return this.#wires(kind, 0, (member) => member.redis.cut());
      case 'Redis connections are half open':
        return this.#wires(kind, 0, (member) => member.redis.halfOpen());
      case 'Redis refuses connections':
        return this.#wires(kind, ms, (member) => member.redis.refuse());
      case 'the API answers 409':
        return this.#kube(kind, ms, (seen) => (seen.method === 'PATCH' ? status(409, 'Conflict') : undefined));
      case 'the API answers 429':
        return this.#kube(kind, ms, () => status(429, 'TooManyRequests', { 'retry-after': '1' }));
      case 'the API answers 500':
        return this.#kube(kind, ms, () => status(500, 'InternalError'));
      case 'the API answers 503':
        return this.#kube(kind, ms, () => status(503, 'ServiceUnavailable'));
      case 'the API hangs':
        return this.#kube(kind, ms, ({ method }) => ({ kind: method === 'GET' ? 'hang' : 'hang-after' }));
      case 'the API resets':
        return this.#kube(kind, ms, () => ({ kind: 'reset' }));
      case 'the API loses replies':
        return this.#kube(kind, ms, ({ method }) => (method === 'PATCH' ? { kind: 'lose-reply' } : undefined));
      case 'the API is slow':
        return this.#kube(kind, ms, () => ({ kind: 'delay', ms: random.between(50, 2_000) }));
      case 'the API takes writes late':
        return this.#kube(kind, ms, ({ method }) =>
          method === 'PATCH' ? { kind: 'delay', ms: random.between(4_500, 8_000) } : undefined,
        );
      case 'a cluster does not answer': // so long that people may want to go on without it
        return this.#alone(
          kind,
          this.#world.members.map(({ second }) => second),
          async () => {
            for (const { second } of this.#world.members) second.disturb(() => ({ kind: 'reset' }));
            await sleep(random.between(16_000, 24_000));
            for (const { second } of this.#world.members) second.calm();
          },
        );
      case 'watches are cut': {
        const of = this.#inOneCluster();
        return this.#some(kind, of, 0, (member) => of(member).cutStreams());
      }
      case 'Slack answers 429':
        return this.#slack(kind, ms, () => ({
          kind: 'answer',
          status: 429,
          headers: { 'retry-after': '1' },
          body: '{"ok":false,"error":"ratelimited"}',
        }));
      case 'Slack answers 500':
        return this.#slack(kind, ms, () => ({ kind: 'answer', status: 500, body: 'upstream error' }));
      case 'Slack answers 503':
        return this.#slack(kind, ms, () => ({ kind: 'answer', status: 503, body: '' }));
      case 'Slack loses replies':
        return this.#slack(kind, ms, () => ({ kind: 'lose-reply' }));
      case 'Slack hangs':
        return this.#slack(kind, ms, () => ({ kind: random.chance(0.5) ? 'hang' : 'hang-after' }));
      case 'Slack is slow':
        return this.#slack(kind, ms, () => ({ kind: 'delay', ms: random.between(50, 3_000) }));
    }
  }

  /** One fault at a time for each thing, so that the repair of one does not end another. */
  async #alone(kind: Kind, things: readonly unknown[], fault: () => Promise<void>): Promise<void> {
    if (this.#stopped || things.some((thing) => this.#disturbed.has(thing))) return;
    for (const thing of things) this.#disturbed.add(thing);
    this.#note(kind);
    try {
      await fault();
    } finally {
      for (const thing of things) this.#disturbed.delete(thing);
    }
  }

  /** For one process, or for all. */
  #some(
    kind: Kind,
    of: (member: Member) => unknown,
    ms: number,
    disturb: (member: Member) => void,
    mend: (member: Member) => void = () => {},
  ): Promise<void> {
    const [chat, ...workers] = this.#world.members;
    const one = this.#random.pick([chat, workers[0], workers[0], workers[1], workers[1]]);
    const members = this.#random.chance(0.3) ? this.#world.members : [one];
    return this.#alone(kind, members.map(of), async () => {
      for (const member of members) disturb(member);
      await sleep(ms);
      for (const member of members) mend(member);
    });
  }

  #wires(kind: Kind, ms: number, disturb: (member: Member) => void): Promise<void> {
    return this.#some(
      kind,
      ({ redis }) => redis,
      ms,
      disturb,
      ({ redis }) => redis.calm(),
    );
  }

  #kube(kind: Kind, ms: number, fault: (seen: Seen) => HttpFault | undefined): Promise<void> {
    return this.#http(kind, ms, this.#inOneCluster(), fault);
  }

  /** Of all processes the way to the same cluster. */
  #inOneCluster(): (member: Member) => HttpProxy {
    const isSecond = this.#random.chance(0.35);
    return ({ kube, second }) => (isSecond ? second : kube);
  }

  #cluster(member: Member): HttpProxy {
    return this.#inOneCluster()(member);
  }

  #slack(kind: Kind, ms: number, fault: (seen: Seen) => HttpFault | undefined): Promise<void> {
    return this.#http(kind, ms, ({ slack }) => slack, fault);
  }

  /** For some of the requests, or for all. */
  #http(
    kind: Kind,
    ms: number,
    of: (member: Member) => HttpProxy,
    fault: (seen: Seen) => HttpFault | undefined,
  ): Promise<void> {
    const share = this.#random.pick([0.3, 0.7, 1]);
    const disturb = (member: Member) =>
      of(member).disturb((seen) => (this.#random.chance(share) ? fault(seen) : undefined));
    return this.#some(kind, of, ms, disturb, (member) => of(member).calm());
  }

  /** Fires at the next matching request, if one comes within a few seconds. */
  async #trap(
    kind: Kind,
    member: Member,
    proxy: HttpProxy,
    fits: (seen: Seen) => boolean,
    fault: () => Promise<void>,
  ): Promise<void> {
    const when = kind.includes('committed') || kind.includes('was posted') ? 'after' : 'before';
    const sprung = Promise.withResolvers<void>();
    proxy.setTrap({
      fits,
      when,
      spring: async () => {
        const done = this.#alone(kind, [member.bot], fault);
        sprung.resolve(done);
        // The request of a frozen process is held as long as it is frozen. A killed process is dead by then, and its request is dropped.
        await (kind.startsWith('freeze') ? done : sleep(100));
      },
    });
    await Promise.race([sprung.promise, sleep(4_000)]);
  }

  async #killed({ bot }: Member, downMs: number): Promise<void> {
    const [chat, ...workers] = this.#world.members;
    const hasPeer = bot !== chat.bot && workers.every((each) => each.bot === bot || each.bot.isRunning);
    if (hasPeer) this.kills.push({ atMs: Date.now() });
    await bot.kill();
    await sleep(downMs);
    await bot.start();
  }

  #note(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.diary.push(`${new Date().toISOString()} ${kind}`);
  }
}

async function frozen({ bot }: Member, ms: number): Promise<void> {
  bot.freeze();
  await sleep(ms);
  bot.thaw();
}

function status(code: number, reason: string, headers: Readonly<Record<string, string>> = {}): HttpFault {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'chaos', reason, code };
  return { kind: 'answer', status: code, headers, body: JSON.stringify(body) };
}

/** Of a routing object, and not only tried. */
const isWrite = ({ method, path }: Seen) =>
  method !== 'GET' && /\/(virtualservices|destinationrules|httproutes)\b/.test(path) && !path.includes('dryRun=');
const isPost = ({ path }: Seen) => path.endsWith('/chat.postMessage');
const isUpdate = ({ path }: Seen) => path.endsWith('/chat.update');
