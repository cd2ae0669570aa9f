import { expect } from 'vitest';
import type { Answer, Body, World } from './world.ts';

/** One request, and what a real API server answers. */
export interface AnswerCase {
  readonly name: string;
  /** Creates what the request needs, sends it, and returns the answer to check. */
  readonly ask: (world: World) => Promise<Answer>;
  readonly status: number;
  readonly reason?: string;
  readonly message?: string | RegExp;
  /** Parts of the answer's `details`. */
  readonly details?: object;
  /** Parts of the answer, where it is an object. */
  readonly body?: object;
  /** For an answer that is not JSON. */
  readonly text?: string;
  readonly warning?: string;
}

export async function judge(one: AnswerCase, world: World): Promise<void> {
  const answer = await one.ask(world);

  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: one.status });
  if (one.reason !== undefined) expect(answer.body?.reason).toBe(one.reason);
  if (one.message !== undefined) expectMessage(answer.body, one.message);
  if (one.details !== undefined) expect(answer.body).toMatchObject({ details: one.details });
  if (one.body !== undefined) expect(answer.body).toMatchObject(one.body);
  if (one.text !== undefined) expect(answer.text).toBe(one.text);
  if (one.warning !== undefined) expect([answer.headers['warning']].flat().join(', ')).toBe(one.warning);
}

function expectMessage(body: Body | undefined, message: string | RegExp): void {
  if (typeof message === 'string') expect(body?.message).toBe(message);
  else expect(body?.message).toMatch(message);
}
