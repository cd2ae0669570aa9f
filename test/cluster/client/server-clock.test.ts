import { describe, expect, it } from 'vitest';
import { ServerClock } from '../../../src/cluster/client/server-clock.ts';

const noon = Date.parse('2026-11-22T12:00:00.000Z');
const aMinute = 60_000;

describe("the API server's clock", () => {
  it('is the local clock until the server answers', () => {
    const { clock } = started({ localAheadMs: -30_000 });

    expect(clock.now().getTime()).toBe(noon - 30_000);
    expect(clock.problem()).toBeUndefined();
  });

  it.each([{ minutes: 10 }, { minutes: -10 }])(
    'is right within a second even if the local clock is $minutes min off, and reports that',
    ({ minutes }) => {
      const { clock, hear, pass } = started({ localAheadMs: minutes * aMinute });

      hear();
      pass(5_250);

      expect(Math.abs(clock.now().getTime() - (noon + 5_250))).toBeLessThanOrEqual(500);
      expect(clock.problem()).toMatch(minutes > 0 ? /^Clock: .*(599|600) s ahead of/ : /^Clock: .*(600|601) s behind/);
    },
  );

  it('advances evenly when the local clock is set forward or back', () => {
    const { clock, hear, pass, setLocal } = started({ localAheadMs: 0 });
    hear();
    pass(1_000);
    const before = clock.now().getTime();

    setLocal(-600_000);
    pass(1_000);

    expect(clock.now().getTime() - before).toBe(1_000);
    expect(clock.problem()).toContain('s behind');
    setLocal(0);
    expect(clock.problem()).toBeUndefined();
  });

  it('does not jitter with the whole seconds of the header', () => {
    const { clock, hear, pass } = started({ localAheadMs: 0 });
    const startMs = clock.now().getTime();

    for (let passed = 0; passed < 60_000; passed += 137) {
      pass(137);
      hear();
    }

    expect(clock.now().getTime() - startMs).toBe(Math.ceil(60_000 / 137) * 137);
  });

  it('is not set back by an answer that is read late because the process stood still', () => {
    const { clock, ask, hear, pass } = started({ localAheadMs: 0 });
    hear();
    const read = ask();
    pass(20);
    const date = new Date(clock.now()).toUTCString();

    pass(30_000);
    read(date);

    expect(clock.now().getTime()).toBe(noon + 30_020);
  });

  it('is corrected by an answer that took long', () => {
    const { clock, ask, pass } = started({ localAheadMs: 600_000 });
    const read = ask();

    pass(4_000);
    read(new Date(noon + 3_000).toUTCString());

    expect(Math.abs(clock.now().getTime() - (noon + 4_000))).toBeLessThanOrEqual(4_000);
    expect(clock.problem()).toContain('ahead of');
  });

  it.each([undefined, '', 'yesterday', '0000', 'Sun, 99 Foo 2026 12:00:00 GMT'])('ignores the header %j', (header) => {
    const { clock } = started({ localAheadMs: 0 });

    clock.asking()(header);

    expect(clock.now().getTime()).toBe(noon);
  });
});

/** A server whose clock says noon, and a machine whose clock can be wrong. */
function started({ localAheadMs }: { localAheadMs: number }) {
  let [passedMs, aheadMs] = [0, localAheadMs];
  const clock = new ServerClock(
    () => passedMs,
    () => noon + passedMs + aheadMs,
  );
  return {
    clock,
    hear: () => clock.asking()(new Date(noon + passedMs).toUTCString()),
    ask: () => clock.asking(),
    pass: (ms: number) => {
      passedMs += ms;
    },
    setLocal: (ms: number) => {
      aheadMs = ms;
    },
  };
}
