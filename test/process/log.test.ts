import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/process/log.ts';
import { clientLogger } from '../../src/slack/client/web-api.ts';

const secret = 'xoxb-planted-secret';

/** A log, and the lines that it has written. */
function listening() {
  const lines: string[] = [];
  return { lines, log: createLog('trace', { write: (line) => void lines.push(line) }) };
}

/** An error as libraries make them: with the request that failed, its token and all. */
function withRequest(message: string, cause?: Error): Error {
  const request = { headers: { authorization: `Bearer ${secret}` }, body: secret };
  return Object.assign(new Error(message, { cause }), { config: request, response: { request }, options: request });
}

describe('a log line', () => {
  it('tells of an error and its causes in their own words, and nothing that a library hung on them', () => {
    const { lines, log } = listening();

    log.warn({ err: withRequest('not now', withRequest('refused', withRequest('reset'))) }, 'Slack did not answer');

    expect(lines.join()).not.toContain(secret);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      msg: 'Slack did not answer',
      err: { message: 'not now', cause: { message: 'refused', cause: { message: 'reset' } } },
    });
  });

  it("has nothing of what Slack's library says while it is debugged, which holds whole payloads", () => {
    const { lines, log } = listening();
    const logger = clientLogger(log);

    logger.debug('apiCall', { token: secret });
    logger.info('received', secret);
    logger.warn('a warning', withRequest('not now'));

    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain(secret);
  });
});
