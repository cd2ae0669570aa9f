import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/process/log.ts';
import { clientLogger } from '../../src/slack/client/web-api.ts';

const secret = 'xoxb-planted-secret';

/** A log, and the lines that it wrote. */
function listening() {
  const lines: string[] = [];
  return { lines, log: createLog('trace', { write: (line) => void lines.push(line) }) };
}

/** An error like those of libraries: with the request that failed, and its token. */
function withRequest(message: string, cause?: Error): Error {
  const request = { headers: { authorization: `Bearer ${secret}` }, body: secret };
  return Object.assign(new Error(message, { cause }), { config: request, response: { request }, options: request });
}

describe('a log line', () => {
  it('contains the message of an error and its causes, and nothing that a library attached to them', () => {
    const { lines, log } = listening();

    log.warn({ err: withRequest('not now', withRequest('refused', withRequest('reset'))) }, 'Slack did not answer');

    expect(lines.join()).not.toContain(secret);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      msg: 'Slack did not answer',
      err: { message: 'not now', cause: { message: 'refused', cause: { message: 'reset' } } },
    });
  });

  it("contains no debug output of Slack's library, which has whole payloads", () => {
    const { lines, log } = listening();
    const logger = clientLogger(log);

    logger.debug('apiCall', { token: secret });
    logger.info('received', secret);
    logger.warn('a warning', withRequest('not now'));

    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain(secret);
  });
});
