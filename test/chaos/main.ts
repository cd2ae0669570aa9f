import { parseArgs } from 'node:util';
import { reportOf } from './report.ts';
import { runChaos } from './run.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '2' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes must be a number above 0');

const seed = values.seed ?? String(Date.now() % 1_000_000);
process.stdout.write(`chaos for ${minutes} min, seed ${seed}\n`);
const outcome = await runChaos({ seed, forMs: minutes * 60_000 });
process.stdout.write(`${reportOf(outcome, seed)}\n`);
process.exit(outcome.violations.length === 0 ? 0 : 1);
