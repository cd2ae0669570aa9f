import { readdirSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { faults } from './faults.ts';
import { arm, recorded, unended } from './step.ts';

/** A process of the bot: loads all there is, waits until it is told to begin, and then is `main.js` and nothing else. */

const point = z.object({ path: z.string(), nth: z.number() });
const namedStep = z.object({ place: z.string(), awaits: z.string(), via: z.array(z.string()).optional() });
const strike = z.object({
  at: z.union([point, namedStep]),
  fault: z.enum(faults),
  file: z.string(),
});
const order = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('begin'), environment: z.record(z.string(), z.string()) }),
  z.object({ kind: z.literal('arm'), ask: z.number(), strike: strike.optional() }),
  z.object({ kind: z.literal('unended'), ask: z.number() }),
  z.object({ kind: z.literal('recorded'), ask: z.number() }),
]);

const [program = ''] = process.argv.splice(2); // which the bot would take for an option
for (const file of readdirSync(program, { recursive: true, encoding: 'utf8' })) {
  if (file.endsWith('.js') && file !== 'main.js') await import(pathToFileURL(join(program, file)).href);
}
flushCompileCache(); // now, since processes of this kind are killed in the end, and the next one begins sooner for it
process.on('disconnect', () => process.exit(1));
process.on('message', (message) => void obey(order.parse(message)));
process.send?.({ kind: 'warm' });

async function obey(wanted: z.infer<typeof order>): Promise<void> {
  switch (wanted.kind) {
    case 'begin':
      Object.assign(process.env, wanted.environment);
      await import(pathToFileURL(join(program, 'main.js')).href);
      return;
    case 'arm':
      arm(wanted.strike);
      return answer(wanted.ask, undefined);
    case 'unended':
      return answer(wanted.ask, unended());
    case 'recorded':
      return answer(wanted.ask, recorded());
  }
}

function answer(ask: number, value: unknown): void {
  process.send?.({ kind: 'answer', ask, value });
}
